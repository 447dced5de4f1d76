"""Answering in shards: 4 on two agents against none, the same answers, and what a killed shard costs.

    python benchmarks/shards.py --json figures.json        about six minutes

Starts the stand-in server, the stand-in model with a latency, two agents for steps and one for controllers, in a folder
of its own. Each case is a run in a project of its own, from the docs to the open review; what is measured is the task
`answer_questions`: from its start to its end as the server has them, and the model calls that reached the endpoint.

    one              the step alone, `--in-flight` calls in flight
    two              2 shards, as many calls in flight in all: each shard has half of them
    four             4 shards, the same: each has a quarter, and two agents work on two of them at a time
    four, each       4 shards, each with as many calls in flight as the step alone has: the endpoint allows more
    four, one killed as `four`; one shard's process is killed with -9 in the middle
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import requests

from redraft.cli.child import end_tree
from redraft.cli.local import LocalServices
from redraft.config import ROOT, load_config
from redraft.jsonl import write_jsonl
from redraft.records import Answer, LlmCall, Question, content_id
from redraft.settings import Config
from redraft.tracking.artifacts import get_records
from redraft.tracking.queues import check_queues, default_queues, ensure_queues
from redraft.tracking.runs import start_run
from redraft.tracking.server import call, find_tasks, unix_time
from redraft.tracking.templates import pipeline_project

SHARDS = 4
DEADLINE_S = 400.0
STEP = "answer_questions"


def main() -> None:
    """Run the cases and print their figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--latency-ms", type=int, default=500)
    parser.add_argument("--in-flight", type=int, default=4)
    parser.add_argument("--questions", type=int, default=120)
    parser.add_argument("--only", nargs="*", default=["one", "two", "four", "four, each", "four, one killed"])
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, _world(Path(folder), options.latency_ms) as model_url:
        config = _config(Path(folder), options.in_flight, options.questions)
        four = {"scale.answer_shards": SHARDS}
        cases: dict[str, dict[str, Any]] = {
            "one": {},
            "two": {"scale.answer_shards": 2},
            "four": four,
            "four, each": four | {"answer.max_concurrency": SHARDS * options.in_flight},
            "four, one killed": four,
        }
        figures = {name: _case(name, config(cases[name]), model_url, kill="killed" in name) for name in options.only}
    answers = [case.pop("answers") for case in figures.values()]
    result = {"same_answers": all(given == answers[0] for given in answers), "cases": figures}
    sys.stdout.write(json.dumps(result, indent=2) + "\n")
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n")


def _config(folder: Path, in_flight: int, count: int) -> Any:
    questions, docs = folder / "questions.jsonl", folder / "docs"
    shutil.copytree(ROOT / "data" / "docs", docs)  # somebody may edit them meanwhile
    write_jsonl(questions, Question, _questions(docs, count))

    def make(changes: dict[str, Any]) -> Config:
        own = {
            "run.questions": str(questions),
            "run.docs": str(docs),
            "run.ratings": 2 * count,
            "run.candidates": 2,
            "plan.current_share": 0.5,
            "plan.anchor_share": 0.0,
            "plan.second_share": 0.0,
            "write.smoke_questions": 0,
            "write.judge_answers": 0,
            "answer.max_concurrency": in_flight,
        }
        return load_config(ROOT / "configs" / "demo.yaml", own | changes)

    return make


def _questions(docs: Path, count: int) -> list[Question]:
    """One question a heading of Redraft's own documentation."""
    pages = sorted(docs.rglob("*.md"))
    lines = [(page.stem, line) for page in pages for line in page.read_text(encoding="utf-8").splitlines()]
    texts = [
        f"What do the docs on {page} say about {line.strip('# ').lower()}?" for page, line in lines if "## " in line
    ]
    wanted = dict.fromkeys(texts)
    return [
        Question(id=content_id("q", text), text=text, split="val" if number % 4 == 0 else "dev")
        for number, text in enumerate(list(wanted)[:count])
    ]


def _case(name: str, config: Config, model_url: str, *, kill: bool) -> dict[str, Any]:
    """Run until the review waits; the figures of the step that answers."""
    project = "shards " + name.replace(",", "")
    run = start_run(project, config)
    deadline, killed, at_step = time.monotonic() + DEADLINE_S, "", 0
    while True:
        tasks = _tasks(project, run)
        if at_step == 0 and STEP in tasks:
            at_step = _calls_at(model_url)
        if kill and not killed and tasks.get(STEP, {}).get("status") == "in_progress":
            killed = _kill_one(tasks)
        if tasks.get("review", {}).get("status") == "queued":
            break
        ended = call("tasks.get_by_id", task=run)["task"]
        if ended["status"] in ("failed", "stopped") or time.monotonic() > deadline:
            raise SystemExit(f"{name}: run {run} is {ended['status']}: {ended.get('status_message')}")
        time.sleep(0.1)
    step = tasks[STEP]
    answers = get_records(step["id"], "answers", Answer)
    paid = [made for made in get_records(step["id"], "calls", LlmCall) if not made.kept and made.kind != "embed"]
    log = _log(step["id"])
    call("tasks.stopped", task=run, force=True)
    sys.stderr.write(f"{name}: done\n")
    return {
        "seconds": round(unix_time(step["completed"]) - unix_time(step["started"]), 1),
        "chat_calls_at_endpoint": _calls_at(model_url) - at_step,
        "chat_calls_in_log": len(paid),
        "shards_of_others": sorted(
            n for n, t in tasks.items() if n.startswith(f"{STEP}, ") and t["status"] == "completed"
        ),
        "shards_taken_back": sorted(
            n for n, t in tasks.items() if n.startswith(f"{STEP}, ") and t["status"] == "stopped"
        ),
        "killed": killed,
        "repeated": [line for line in log.splitlines() if "is repeated" in line],
        "errors": sum(answer.error is not None for answer in answers),
        "answers": {answer.id: (answer.text, answer.sources) for answer in answers},
    }


def _kill_one(tasks: dict[str, dict[str, Any]]) -> str:
    """Kill the process of a shard that is at work for a moment, with the wrapper that its agent has around it."""
    for name, task in tasks.items():
        begun = unix_time(task.get("started"))
        if name.startswith(f"{STEP}, ") and task["status"] == "in_progress" and _has_kept(task["id"]):
            for process in psutil.process_iter(["environ", "cmdline"]):
                environ, words = process.info["environ"] or {}, process.info["cmdline"] or []
                if environ.get("CLEARML_TASK_ID") == task["id"] and any(STEP in word for word in words) and begun:
                    process.kill()
            return name
    return ""


def _has_kept(task: str) -> bool:
    execution = call("tasks.get_by_id", task=task)["task"].get("execution") or {}
    return any(item["key"].startswith("kept-") for item in execution.get("artifacts") or [])


def _tasks(project: str, run: str) -> dict[str, dict[str, Any]]:
    fields = ["name", "status", "started", "completed"]
    found = find_tasks(project=[pipeline_project(project)], parent=run, only_fields=fields)
    return {task["name"]: task for task in found}


def _log(task: str) -> str:
    events: Sequence[dict[str, Any]] = call("events.get_task_log", task=task, batch_size=1000)["events"]
    return "\n".join(event["msg"] for event in reversed(events))


def _calls_at(model_url: str) -> int:
    stats = requests.get(f"{model_url.removesuffix('/v1')}/stats", timeout=30).json()
    return int(sum(stats["chat"].values()))


@contextmanager
def _world(folder: Path, latency_ms: int) -> Iterator[str]:
    """Server, model with a latency, and agents; gives the model's address."""
    (folder / "model").mkdir()
    command = [sys.executable, "-m", "redraft.standins.openai_server", "--dir", str(folder / "model")]
    command += ["--latency-ms", str(latency_ms), "--exit-with-parent", str(os.getpid())]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as model:
        wait_until_it_listens = model.stdout.readline if model.stdout is not None else str
        wait_until_it_listens()
        url = json.loads((folder / "model" / "server.json").read_text())["base_url"]
        environ = {
            **os.environ,
            "REDRAFT_HOME": str(folder / "state"),
            "OPENAI_BASE_URL": url,
            "OPENAI_API_KEY": "none",
        }
        for name in [name for name in environ if name.startswith("CLEARML_")]:
            del environ[name]
        services = LocalServices(folder / "state", environ, model=False)
        try:
            with services:
                os.environ.update(services.environ)
                ensure_queues()  # without its queue an agent ends
                services.start_agents(default_queues())
                with _second_agent(services):
                    _await_agents()
                    yield str(url)
        finally:
            model.terminate()


def _await_agents() -> None:
    deadline = time.monotonic() + 60
    while len(call("workers.get_all")["workers"]) < 3:
        if time.monotonic() > deadline:
            raise SystemExit("the agents do not report")
        time.sleep(0.2)
    check_queues()


@contextmanager
def _second_agent(services: LocalServices) -> Iterator[None]:
    agent = [sys.executable, "-m", "clearml_agent", "daemon", "--queue", "redraft-steps", "--foreground"]
    child = [sys.executable, "-m", "redraft.cli.child", "--parent", str(os.getpid())]
    log = services.folder / "logs" / "agent-second.log"
    environ = {
        **services.environ,
        "CLEARML_AGENT_SKIP_PYTHON_ENV_INSTALL": "1",
        "CLEARML_AGENT_FORCE_CODE_DIR": str(ROOT),
        "CLEARML_AGENT_QUEUE_POLL_FREQ_SEC": "1",
        "CLEARML_WORKER_ID": "local:second",
    }
    with subprocess.Popen([*child, "--log", str(log), "--", *agent], env=environ) as process:
        try:
            yield
        finally:
            end_tree(process.pid)


if __name__ == "__main__":
    main()
