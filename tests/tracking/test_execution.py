"""A run is green only if every step is; what is broken is named."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from broken_runs import CASES
from clearml import Task
from clearml_stand_in import RunningServer
from queue_names import STEPS_QUEUE
from review_world import make_run, status_of

from redraft.config import ROOT
from redraft.tracking.execution import abort_steps, await_own_steps, outcome
from redraft.tracking.queues import ensure_queues
from redraft.tracking.server import call

EXPECTED: Mapping[str, tuple[str, ...]] = {
    "factory": ("the controller failed: ValueError: no such draft", "step two was never run"),
    "our_error": ("the controller failed: this is wrong. Mend it.", "step two was never run"),
    "callback": ("the controller failed: KeyError: 'callback'",),
    "reference": ("the controller failed:", "nothing", "step two was never run"),
    "failed": ("step bad (", "is failed: the model is gone", "step three was never run"),
    "stopped": ("step gone (", "is stopped: stopped by Ann"),
    "no_queue": (
        "step two cannot be put on the queue",
        "no_queue-two': there is no such queue",
    ),
    "removed_queue": ("step two (", "is failed: the queue that it waited in was removed"),
}


@dataclass
class Broken:
    """Runs the broken pipelines, each in a fresh process."""

    folder: Path
    environment: dict[str, str]

    def of(self, case: str) -> dict[str, Any]:
        """What one of them said."""
        script = ROOT / "tests" / "tracking" / "broken_runs.py"
        done = subprocess.run(
            [sys.executable, str(script), str(self.folder), self.folder.name, case],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=200,
        )
        path = self.folder / f"{case}.json"
        assert path.exists(), (done.stdout + done.stderr)[-3000:]
        return dict(json.loads(path.read_text()))


@pytest.fixture(scope="module")
def broken(clearml_server: RunningServer, tmp_path_factory: pytest.TempPathFactory) -> Broken:
    return Broken(tmp_path_factory.mktemp("broken"), {**clearml_server.environment(), "PYTHONPATH": str(ROOT)})


@pytest.mark.parametrize("case", CASES)
def test_a_run_that_breaks_is_not_green_and_says_why(broken: Broken, case: str) -> None:
    """In a factory, a callback, a reference, a queue; a step that fails or is stopped."""
    said = broken.of(case)["said"]
    for words in EXPECTED[case]:
        assert words in said, said
    assert "`redraft resume`" in said


def test_a_step_that_was_killed_is_launched_again_and_the_run_goes_on(broken: Broken) -> None:
    """The SDK, which looks more often than it asks, took what was launched again for failed at its next look."""
    assert broken.of("killed")["said"].startswith("all steps were well")


@dataclass
class Node:
    """What `outcome` looks at in a node of the SDK's."""

    executed: str | None
    job: Any = None


@dataclass
class Pipe:
    """A controller whose thread has ended."""

    nodes: Mapping[str, Node]

    def get_pipeline_dag(self) -> Mapping[str, Node]:
        """As the SDK's."""
        return self.nodes


@pytest.mark.parametrize("status", ["completed", "failed", "stopped", "in_progress", "created"])
def test_steps_are_good_exactly_if_their_tasks_completed(project: str, status: str) -> None:
    problems = outcome(Pipe({"one": Node(make_run(project, status=status).id)}))
    assert [f"is {status}" in problem for problem in problems] == ([] if status == "completed" else [True])


def test_a_published_step_is_good(project: str) -> None:
    step = make_run(project, status="completed")
    call("tasks.publish", task=step.id)
    assert outcome(Pipe({"one": Node(step.id)})) == []


def test_a_step_that_was_never_launched_is_a_problem() -> None:
    assert outcome(Pipe({"one": Node(None)})) == ["step one was never run"]


def step_of(run: Task, *, kind: str = "training", name: str = "build_index") -> Task:
    step = Task.create(project_name=run.get_project_name(), task_name=name, task_type=kind)
    step.set_parent(run.id)
    return step


def test_what_a_failed_run_still_has_running_is_stopped_but_not_its_review(project: str) -> None:
    ensure_queues()
    run = make_run(project)
    queued, running, review, done = (step_of(run), step_of(run), step_of(run, kind="qc", name="review"), step_of(run))
    foreign = step_of(make_run(project))
    Task.enqueue(queued, queue_name=STEPS_QUEUE)
    for task in (running, review, done, foreign):
        call("tasks.started", task=task.id)
    call("tasks.completed", task=done.id)
    abort_steps(run)
    found = [status_of(task.id) for task in (queued, running, review, done, foreign)]
    assert found == ["stopped", "stopped", "in_progress", "completed", "in_progress"]


def test_after_a_restart_queued_steps_of_the_first_attempt_are_stopped_and_the_review_is_left(project: str) -> None:
    ensure_queues()
    run = make_run(project)
    queued, review = step_of(run), step_of(run, kind="qc", name="review")
    Task.enqueue(queued, queue_name=STEPS_QUEUE)
    Task.enqueue(review, queue_name=STEPS_QUEUE)
    await_own_steps(run)
    assert [status_of(task.id) for task in (queued, review)] == ["stopped", "queued"]
    call("tasks.dequeue", task=review.id)


def test_after_a_restart_without_steps_nothing_is_waited_for(project: str) -> None:
    await_own_steps(make_run(project))
