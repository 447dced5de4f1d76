"""Runs a small pipeline that breaks in one way, and writes down what `execute` says.

    python tests/tracking/broken_runs.py FOLDER PROJECT CASE

Its steps are worked off by a thread that plays the
agent: a step whose name begins with `bad` fails, one that begins with `gone` is stopped, `killed` is killed the first
time, all others complete.
"""

from __future__ import annotations

import json
import sys
import threading
from pathlib import Path
from typing import Any, NoReturn

from clearml import PipelineController

from redraft.config import load_config
from redraft.errors import InputError, RunError
from redraft.tracking.drafts import step_draft
from redraft.tracking.execution import execute
from redraft.tracking.lost_steps import launch_again
from redraft.tracking.prepare import RunFacts
from redraft.tracking.queues import queue_ids
from redraft.tracking.server import call

CASES = ("factory", "our_error", "callback", "reference", "failed", "stopped", "no_queue", "removed_queue")


def work_off(queue: str, done: threading.Event) -> None:
    killed: set[str] = set()
    while not done.wait(0.1):
        entry = call("queues.get_next_task", queue=queue_ids()[queue]).get("entry")
        if not entry:
            continue
        task = call("tasks.get_by_id", task=entry["task"])["task"]
        call("tasks.started", task=task["id"])
        if task["name"].startswith("bad"):
            call("tasks.failed", task=task["id"], status_message="the model is gone")
        elif task["name"] == "killed" and task["id"] not in killed:
            killed.add(task["id"])
            call("tasks.failed", task=task["id"], status_reason="worker execution exit code -9")
        elif task["name"].startswith("gone"):
            call("tasks.stopped", task=task["id"], status_message="stopped by Ann")
        else:
            call("tasks.completed", task=task["id"])


def remove(queue: str, done: threading.Event) -> None:
    """Remove a queue as soon as somebody waits in it."""
    queue_id = call("queues.create", name=queue)["id"]
    while not call("queues.get_by_id", queue=queue_id)["queue"]["entries"]:
        if done.wait(0.1):
            return
    call("queues.delete", queue=queue_id, force=True)


def broken(error: Exception) -> Any:
    def make(*_arguments: object) -> NoReturn:
        raise error

    return make


def build(case: str, project: str) -> PipelineController:
    pipe = PipelineController(name="improve prompt", project=f"{project}-{case}", version="1", pool_frequency=0.005)

    def step(name: str, factory: Any = None, parents: list[str] | None = None, **options: Any) -> None:
        pipe.add_step(
            name=name,
            base_task_factory=factory or step_draft(pipe, "steps/version_docs.py", "training"),
            execution_queue=options.pop("queue", f"{project}-{case}"),
            parents=parents,
            cache_executed_step=True,
            **{"parameter_override": {"Args/kind": name}, **options},
        )

    step("one", post_execute_callback=broken(KeyError("callback")) if case == "callback" else None)
    if case == "factory":
        step("two", broken(ValueError("no such draft")), ["one"])
    if case == "our_error":
        step("two", broken(InputError("this is wrong", remedy="mend it")), ["one"])
    if case == "reference":
        step("two", parents=["one"], parameter_override={"Args/file": "${one.artifacts.nothing.url}"})
    if case == "failed":
        step("bad", parents=["one"])
        step("three", parents=["bad"])
    if case.endswith("queue"):
        step("two", parents=["one"], queue=f"{project}-{case}-two")
    if case == "killed":
        step("killed", parents=["one"], retry_on_failure=launch_again)
        step("three", parents=["killed"])
    if case == "stopped":
        step("gone", parents=["one"])
    return pipe


def run(case: str, project: str, folder: Path) -> None:
    call("queues.create", name=f"{project}-{case}")
    pipe, done = build(case, project), threading.Event()
    threading.Thread(target=work_off, args=(f"{project}-{case}", done), daemon=True).start()
    if case == "removed_queue":
        threading.Thread(target=remove, args=(f"{project}-{case}-two", done), daemon=True).start()
    said = "ended well"
    try:
        execute(pipe, load_config(), RunFacts(iteration=1))
    except RunError as error:
        said = str(error)
    except KeyError as error:  # `report_run` finds no step of a real pipeline: all of these were well
        said = f"all steps were well: {error}"
    done.set()
    found = {"said": said, "status": pipe.task.get_status()}
    (folder / f"{case}.json").write_text(json.dumps(found))


if __name__ == "__main__":
    run(sys.argv[3], sys.argv[2], Path(sys.argv[1]))
