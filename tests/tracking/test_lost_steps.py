"""A controller does not wait for a step whose agent is dead."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest
from clearml import Task
from review_world import make_run, status_of

from redraft.tracking.endings import WATCHDOG
from redraft.tracking.lost_steps import LEFT_S, QUEUED_S, SILENT_S, UNSERVED_S, LostSteps, launch_again
from redraft.tracking.server import call


@dataclass
class Clock:
    """A clock that tests set."""

    now: float = 0.0

    def __call__(self) -> float:
        """Give the time."""
        return self.now


@dataclass
class Job:
    """What `launch_again` looks at in the SDK's job."""

    id: str

    def task_id(self) -> str:
        """As the SDK's."""
        return self.id


@dataclass
class Node:
    """What `launch_again` looks at in the SDK's node."""

    job: Job = field(kw_only=True)


def running(run: Task, *, name: str = "answer_questions", kind: str = "inference") -> Task:
    task = Task.create(project_name=run.get_project_name(), task_name=name, task_type=kind)
    task.set_parent(run.id)
    call("tasks.started", task=task.id)
    return task


def at_work(worker: str, task: str) -> None:
    """Let an agent say what it is at."""
    call("workers.status_report", worker=worker, timestamp=1, task=task, machine_stats={})


def test_a_step_that_nobody_is_at_and_nobody_hears_of_is_failed(project: str) -> None:
    """It once hung the run: the SDK takes a step that the server stopped for its silence for running, too."""
    run, clock = make_run(project), Clock()
    step, review = running(run), running(run, name="review", kind="qc")
    steps = LostSteps(run.id, clock)
    assert steps.look() == []
    clock.now = LEFT_S - 1
    assert steps.look() == []
    clock.now = LEFT_S + 1
    assert steps.look() == ["answer_questions"]
    assert (status_of(step.id), status_of(review.id)) == ("failed", "in_progress")
    assert launch_again(None, Node(job=Job(step.id)), 0)


def test_a_step_that_is_heard_of_lives(project: str) -> None:
    run, clock = make_run(project), Clock()
    step = running(run)
    steps = LostSteps(run.id, clock)
    for _ in range(5):
        assert steps.look() == []
        clock.now += LEFT_S - 1
        call("tasks.ping", task=step.id)
    assert steps.look() == []


def test_a_dead_agent_that_the_server_still_lists_is_given_longer(project: str) -> None:
    run, clock = make_run(project), Clock()
    step = running(run)
    call("workers.register", worker=f"dead-{project}", queues=[], timeout=600)
    at_work(f"dead-{project}", step.id)
    steps = LostSteps(run.id, clock)
    steps.look()
    clock.now = LEFT_S + 1
    assert steps.look() == []
    clock.now = SILENT_S + 1
    assert steps.look() == ["answer_questions"]
    call("workers.unregister", worker=f"dead-{project}")


def test_a_step_that_the_server_stopped_for_its_silence_is_failed_but_not_one_that_a_person_stopped(
    project: str,
) -> None:
    run = make_run(project)
    silent, stopped = running(run), running(run, name="build_index")
    call("tasks.stopped", task=silent.id, status_message=WATCHDOG, status_reason=WATCHDOG)
    call("tasks.stopped", task=stopped.id, status_message="stopped by Ann")
    assert LostSteps(run.id, Clock()).look() == ["answer_questions"]
    assert status_of(stopped.id) == "stopped"


@pytest.mark.parametrize(
    ("reason", "retries", "again"),
    [
        ("worker execution exit code -9", 0, True),
        ("worker execution exit code 137", 1, True),
        ("worker execution exit code -9", 2, False),
        ("worker execution exit code 1", 0, False),
        ("the model refused the key", 0, False),
    ],
)
def test_what_was_killed_is_launched_again_twice_and_what_failed_is_not(
    project: str, reason: str, retries: int, again: bool
) -> None:
    step = running(make_run(project))
    call("tasks.failed", task=step.id, status_reason=reason)
    assert launch_again(None, Node(job=Job(step.id)), retries) is again


def queued(run: Task, queue: str) -> Task:
    task = Task.create(project_name=run.get_project_name(), task_name="build_index", task_type="data_processing")
    task.set_parent(run.id)
    call("tasks.enqueue", task=task.id, queue=queue)
    return task


def entries(queue: str) -> list[str]:
    return [entry["task"] for entry in call("queues.get_by_id", queue=queue)["queue"]["entries"]]


@pytest.mark.parametrize("at", ["nothing there", "a run"])
def test_a_step_that_no_agent_will_take_is_failed_after_half_an_hour_and_never_started_late(
    project: str, at: str
) -> None:
    """A run started from the UI where nobody serves the steps, or where all agents are at runs, waited for ever."""
    run, clock = make_run(project), Clock()
    queue = str(call("queues.create", name=project)["id"])
    step = queued(run, queue)
    if at == "a run":
        call("workers.register", worker=f"agent-{project}", queues=[queue], timeout=600)
        at_work(f"agent-{project}", run.id)
    steps = LostSteps(run.id, clock)
    steps.look()
    clock.now = QUEUED_S
    assert steps.look() == []
    clock.now = QUEUED_S + UNSERVED_S - 1
    assert (steps.look(), status_of(step.id)) == ([], "queued")
    clock.now = QUEUED_S + UNSERVED_S
    assert (steps.look(), entries(queue)) == (["build_index"], [])
    message = call("tasks.get_by_id", task=step.id)["task"]["status_message"]
    assert message.startswith(f"it waited for 30 minutes: waits in queue {project}")
    assert not launch_again(None, Node(job=Job(step.id)), 0)
    if at == "a run":
        call("workers.unregister", worker=f"agent-{project}")


@pytest.mark.parametrize("at", ["nothing", "another step"])
def test_a_step_whose_agent_is_only_busy_waits_as_long_as_it_takes(project: str, at: str) -> None:
    run, clock = make_run(project), Clock()
    queue = str(call("queues.create", name=project)["id"])
    step = queued(run, queue)
    call("workers.register", worker=f"agent-{project}", queues=[queue], timeout=600)
    if at == "another step":
        at_work(f"agent-{project}", running(make_run(project)).id)
    steps = LostSteps(run.id, clock)
    for clock.now in (0.0, QUEUED_S, QUEUED_S + 2 * UNSERVED_S):
        assert steps.look() == []
    assert status_of(step.id) == "queued"
    call("workers.unregister", worker=f"agent-{project}")
