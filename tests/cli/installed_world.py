"""An installed Redraft with real agents on the stand-in server, used from outside as ClearML's web pages use it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from redraft.cli.child import end_tree
from redraft.cli.local import LocalServices
from redraft.config import ROOT, load_config

PROJECT = "installed"
DEADLINE_S = 180.0
ENDED = ("completed", "published", "failed", "stopped")
RATE = """
from redraft.cli.demo import review_as_stand_ins
from redraft.tracking.inbox import open_reviews
import sys
for review in open_reviews(sys.argv[1]):
    review_as_stand_ins(review, print)
"""


@dataclass(frozen=True, kw_only=True)
class World:
    """A server with agents, and the profile that everything is installed from."""

    services: LocalServices
    folder: Path
    token: str

    @property
    def environ(self) -> Mapping[str, str]:
        """What configures a client of it."""
        return self.services.environ

    def ask(self, action: str, **fields: Any) -> dict[str, Any]:
        """Call the server's API."""
        url = f"{self.environ['CLEARML_API_HOST']}/v2.23/{action}"
        reply = requests.post(url, json=fields, headers={"Authorization": f"Bearer {self.token}"}, timeout=30).json()
        assert reply["meta"]["result_code"] == 200, reply["meta"]
        return dict(reply["data"])

    def task(self, task_id: str) -> dict[str, Any]:
        """A task as it is now."""
        return dict(self.ask("tasks.get_by_id", task=task_id)["task"])

    def new_run(self, template: str, *, queue: str = "redraft-services", **args: object) -> str:
        """Press NEW RUN."""
        queue = self.ask("queues.get_all", name=f"^{queue}$")["queues"][0]["id"]
        items = [{"name": name, "value": str(value)} for name, value in args.items()]
        started = self.ask(
            "pipelines.start_pipeline", task=template, queue=queue, args=items, verify_watched_queue=True
        )
        return str(started["pipeline"])

    def steps(self, run: str) -> list[tuple[str, str]]:
        """Names and statuses of the tasks that a run made, in order."""
        found = self.ask("tasks.get_all", parent=run, order_by=["created"], search_hidden=True)["tasks"]
        return [(task["name"], task["status"]) for task in found]

    def log(self, task_id: str) -> str:
        """The end of a task's console."""
        events = self.ask("events.get_task_log", task=task_id, batch_size=1000)["events"]
        return "\n".join(event["msg"] for event in reversed(events))[-3000:]

    def wait_for(self, run: str, holds: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait until something holds of a run's task; that task."""
        deadline = time.monotonic() + DEADLINE_S
        while not holds(task := self.task(run)):
            assert time.monotonic() < deadline, f"{task['name']} is {task['status']}: {self.steps(run)}"
            time.sleep(0.2)
        return task

    def wait_for_worker(self, name: str) -> None:
        """Wait until an agent has reported."""
        deadline = time.monotonic() + DEADLINE_S
        while name not in [worker["id"] for worker in self.ask("workers.get_all")["workers"]]:
            assert time.monotonic() < deadline, f"{name} does not report"
            time.sleep(0.2)

    def ended(self, run: str) -> dict[str, Any]:
        """Wait until a run has ended; its task."""
        return self.wait_for(run, lambda task: task["status"] in ENDED)

    def review_waits(self, run: str) -> None:
        """Wait until a run's review waits for people."""

        def waits(task: dict[str, Any]) -> bool:
            assert task["status"] not in ENDED, self.log(run)
            return ("review", "queued") in self.steps(run)

        self.wait_for(run, waits)

    def models_are(self, faults: Mapping[str, float]) -> None:
        """Let the model's stand-in be faulty, or well again."""
        url = self.environ["OPENAI_BASE_URL"].removesuffix("/v1")
        requests.put(f"{url}/faults", json=dict(faults), timeout=30).raise_for_status()

    def command(self, *arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
        """Run the command line, with a changed environment."""
        return self._run("-m", "redraft.cli", *arguments, **environ)

    def rate(self) -> str:
        """Let the stand-in reviewers rate and close every open review."""
        done = self._run("-c", RATE, PROJECT)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def _run(self, *words: str, **environ: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *words],
            cwd=self.folder,
            env={**self.environ, **environ},
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
            stdin=subprocess.DEVNULL,
        )


@contextmanager
def installed_world(folder: Path) -> Iterator[World]:
    """Start server, model, two agents for controllers (two runs at once) and one for their steps."""
    (folder / "docs").mkdir(parents=True)
    (folder / "docs" / "keys.md").write_text("# Keys\n\nRotate a key with `tool keys rotate`. Keys last 30 days.\n")
    (folder / "docs" / "regions.md").write_text("# Regions\n\nData is stored in Oslo. Choose another with --region.\n")
    questions = [("How do I rotate a key?", "dev"), ("Where is data stored?", "dev"), ("How long do keys last?", "val")]
    rows = [json.dumps({"text": text, "split": split}) for text, split in questions]
    (folder / "questions.jsonl").write_text("\n".join(rows) + "\n")
    (folder / "profile.yaml").write_text(
        f"run: {{docs: {folder / 'docs'}, questions: {folder / 'questions.jsonl'}, chat_model: demo-chat, "
        "embedding_model: demo-embed, candidates: 2, ratings: 4}\nwrite: {smoke_questions: 1}\n"
    )
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(ROOT)}
    services = LocalServices(folder / "state", {**environ, "REDRAFT_HOME": str(folder / "state")})
    with services:
        services.start_agents(load_config().queues)
        with running_agent(services, "redraft-services", "second"):
            keys = (services.environ["CLEARML_API_ACCESS_KEY"], services.environ["CLEARML_API_SECRET_KEY"])
            login = requests.post(f"{services.environ['CLEARML_API_HOST']}/v2.23/auth.login", auth=keys, timeout=30)
            world = World(services=services, folder=folder, token=login.json()["data"]["token"])
            for name in ("local:services", "local:second", "local:steps"):
                world.wait_for_worker(name)
            yield world
    for process in services.processes.values():
        process.wait(10)


@contextmanager
def running_agent(services: LocalServices, queue: str, name: str, **more: str) -> Iterator[None]:
    """One more agent on a queue, with a changed environment."""
    agent = [sys.executable, "-m", "clearml_agent", "daemon", "--queue", queue, "--create-queue", "--foreground"]
    child = [sys.executable, "-m", "redraft.cli.child", "--parent", str(os.getpid())]
    environ = {
        **services.environ,
        "CLEARML_AGENT_SKIP_PYTHON_ENV_INSTALL": "1",
        "CLEARML_AGENT_FORCE_CODE_DIR": str(ROOT),
        "CLEARML_AGENT_QUEUE_POLL_FREQ_SEC": "1",
        "CLEARML_WORKER_ID": f"local:{name}",
        **more,
    }
    log = services.folder / "logs" / f"agent-{name}.log"
    with subprocess.Popen([*child, "--log", str(log), "--", *agent], env=environ) as process:
        try:
            yield
        finally:
            end_tree(process.pid)
