"""What an iteration costs beside models and people: the wall time of each step, with trivial work.

    python benchmarks/iteration.py --json figures.json        about a minute and a half on a quiet machine

Starts the stand-ins and the two agents of `redraft demo` in a folder of its own: two short pages, three questions, four
ratings, which stand-in reviewers give at once. Three runs: an iteration with everything to do, the next one (docs and
index come from the cache), and that one again (all from the cache).

    overhead_per_step_s   of the first run: wall time less that of model calls and of people, over the five steps
    iteration_s           the first run's wall time less people's, from its launch to its end
    next_iteration_s      the same of the second run
    cached_iteration_s    the same of the third run
    steps                 of the first run, by step, in seconds:
        waits   from the draft to its start: an agent takes it, and starts Python
        runs    from there to its end, model calls included
        models  wall time of its model calls
        cpu     CPU time of its process: hardly depends on what else the machine does
        gap     from the end of the step before to its draft
    controller            before the first step, after the last one, and CPU time, in seconds
    load                  processes that wanted a CPU before the first run: above 1.5 the figures are no figures
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psutil

from redraft.cli.connect import await_agents
from redraft.cli.demo import review_as_stand_ins
from redraft.cli.follow import follow_run
from redraft.cli.local import LocalServices
from redraft.config import ROOT, load_config
from redraft.jsonl import write_jsonl
from redraft.records import LlmCall, Question, content_id
from redraft.settings import Config
from redraft.tracking.artifacts import artifact_urls, get_records
from redraft.tracking.inbox import OpenReview
from redraft.tracking.queues import default_queues
from redraft.tracking.runs import start_run, steps_of
from redraft.tracking.server import call, unix_time
from redraft.tracking.templates import ensure_template

PROJECT = "overhead"
STEPS = ("version_docs", "build_index", "write_prompts", "answer_questions", "score_prompts")
PAGES = {
    "keys.md": "# Keys\n\nRotate a key with `tool keys rotate`. Keys last 30 days.\n",
    "regions.md": "# Regions\n\nData is stored in Oslo. Choose another place with --region.\n",
}
QUESTIONS = (("How do I rotate a key?", "dev"), ("Where is data stored?", "dev"), ("How long do keys last?", "val"))


def main() -> None:
    """Make the three runs and print their figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        services = LocalServices(Path(folder) / "state", _environ(Path(folder)))
        with services:
            os.environ.update(services.environ)
            services.start_agents(default_queues())
            await_agents(services)
            config = _config(Path(folder))
            meter = CpuMeter([process.pid for process in services.processes.values()])
            meter.start()
            ensure_template(PROJECT)  # as `redraft install` does, once for many runs
            first = _run(services, config)
            following = _run(services, config)
            again = _run(
                services, load_config(ROOT / "configs" / "demo.yaml", _given(Path(folder)) | {"run.iteration": 2})
            )
            meter.stop()
            result = _figures(first, following, again, meter.seconds) | {"load": round(load, 2)}
    sys.stdout.write(json.dumps(result, indent=2) + "\n")
    if options.json:
        options.json.write_text(json.dumps(result, indent=2) + "\n")


class CpuMeter:
    """CPU seconds by ClearML task, of everything that some processes start; looks ten times a second."""

    def __init__(self, pids: Iterable[int]) -> None:
        self.seconds: dict[str, float] = {}
        self._roots = list(pids)
        self._by_process: dict[int, tuple[str, float]] = {}
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._measure, daemon=True)

    def start(self) -> None:
        """Start looking."""
        self._thread.start()

    def stop(self) -> None:
        """Stop, and add up by task."""
        self._stop.set()
        self._thread.join()
        for task, seconds in self._by_process.values():
            self.seconds[task] = self.seconds.get(task, 0.0) + seconds

    def _measure(self) -> None:
        while not self._stop.wait(0.1):
            for root in self._roots:
                try:
                    for process in psutil.Process(root).children(recursive=True):
                        self._look(process)
                except psutil.Error:
                    continue

    def _look(self, process: psutil.Process) -> None:
        try:
            task = process.environ().get("CLEARML_TASK_ID")
            if task:
                times = process.cpu_times()
                self._by_process[process.pid] = (task, times.user + times.system)
        except psutil.Error:
            return


def _run(services: LocalServices, config: Config) -> dict[str, Any]:
    """Make one run; its id, wall time and people's time."""
    people = 0.0

    def rate(review: OpenReview) -> None:
        nonlocal people
        begun = time.time()
        opened = unix_time(call("tasks.get_by_id", task=review.task_id)["task"].get("status_changed"))
        review_as_stand_ins(review, lambda _line: None)
        people += time.time() - min(begun, opened or begun)

    begun = time.time()
    run = start_run(PROJECT, config)
    task = follow_run(run, PROJECT, say=lambda _line: None, on_review=rate, check=services.check)
    sys.stderr.write(f"run {run} is done\n")
    ended = unix_time(task["completed"])
    return {"run": run, "begun": begun, "ended": ended, "wall": ended - begun, "people": people}


def _figures(
    first: dict[str, Any], following: dict[str, Any], again: dict[str, Any], cpu: dict[str, float]
) -> dict[str, Any]:
    ids = steps_of(first["run"])
    steps, before, opened = {}, 0.0, 0.0
    for name in (*STEPS[:4], "review", STEPS[4]):
        task = call("tasks.get_by_id", task=ids[name])["task"]
        created, started, completed = (unix_time(task.get(key)) for key in ("created", "started", "completed"))
        opened = opened or created
        if name in STEPS:
            steps[name] = {
                "waits": started - created,
                "runs": completed - started,
                "models": _model_s(ids[name]),
                "cpu": cpu.get(ids[name], 0.0),
                "gap": created - before if before else 0.0,
            }
        before = completed
    models = sum(step["models"] for step in steps.values())
    return {
        "overhead_per_step_s": round((first["wall"] - first["people"] - models) / len(STEPS), 2),
        "iteration_s": round(first["wall"] - first["people"], 1),
        "next_iteration_s": round(following["wall"] - following["people"], 1),
        "cached_iteration_s": round(again["wall"] - again["people"], 1),
        "models_s": round(models, 2),
        "people_s": round(first["people"], 2),
        "controller": {
            "before": round(opened - first["begun"], 2),
            "after": round(first["ended"] - before, 2),
            "cpu": round(cpu.get(first["run"], 0.0), 2),
        },
        "steps": {name: {key: round(value, 2) for key, value in step.items()} for name, step in steps.items()},
    }


def _model_s(task_id: str) -> float:
    """Wall time in which at least one model call of a step was under way."""
    if "calls" not in artifact_urls(task_id):
        return 0.0
    made = sorted((c.created, c.created + c.latency_s) for c in get_records(task_id, "calls", LlmCall) if not c.kept)
    seconds, until = 0.0, 0.0
    for begin, end in made:
        seconds += max(0.0, end - max(begin, until))
        until = max(until, end)
    return seconds


def _given(folder: Path) -> dict[str, Any]:
    return {
        "run.docs": str(folder / "docs"),
        "run.questions": str(folder / "questions.jsonl"),
        "run.candidates": 2,
        "run.ratings": 4,
        "write.smoke_questions": 1,
        "run.continue": "ask",
    }


def _config(folder: Path) -> Config:
    (folder / "docs").mkdir()
    for name, text in PAGES.items():
        (folder / "docs" / name).write_text(text, encoding="utf-8")
    questions = [Question(id=content_id("q", text), text=text, split=split) for text, split in QUESTIONS]
    write_jsonl(folder / "questions.jsonl", Question, questions)
    return load_config(ROOT / "configs" / "demo.yaml", _given(folder))


def _environ(folder: Path) -> dict[str, str]:
    """Nothing configured: the stand-ins are used."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith(("CLEARML_", "OPENAI_", "REDRAFT_"))}
    return {**kept, "REDRAFT_HOME": str(folder / "state")}


if __name__ == "__main__":
    main()
