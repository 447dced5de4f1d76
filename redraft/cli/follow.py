"""Follows a run from the outside: says what its steps do, and calls back when its review waits for people."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from redraft.errors import RunError
from redraft.tracking.followed_docs import property_of
from redraft.tracking.inbox import WAITING, OpenReview, open_reviews
from redraft.tracking.next_run import AFTER
from redraft.tracking.prepare import runs_of
from redraft.tracking.runs import steps_of
from redraft.tracking.server import call, find_tasks
from redraft.tracking.step import WRONG_INPUT, why_ended
from redraft.tracking.waiting import waiting

POLL_S = 0.5
QUEUED_S = 10.0  # in its queue, before it is said what a run waits for
AGAIN_S = 300.0  # until that is said again
STEPS = ("version_docs", "build_index", "write_prompts", "answer_questions", "review", "score_prompts")
ENDED = ("completed", "published", "failed", "stopped", "closed")


def follow_run(
    run: str,
    project: str,
    *,
    say: Callable[[str], None],
    on_review: Callable[[OpenReview], None],
    check: Callable[[], None] = lambda: None,
    resume: str = "redraft resume",
) -> dict[str, Any]:
    """Wait for a run to end well; return its task.

    Args:
        run: Id of the run's task.
        project: ClearML project.
        say: Takes a line of progress.
        on_review: Called once for each review of this run that waits for people.
        check: Called at every look; raises to give up (an agent died).
        resume: The command that continues a run of this project.

    Raises:
        RunError: It failed or was stopped; the cause is named.
    """
    told: dict[str, str] = {}
    reviews: set[str] = set()
    number, patient_until = 0, time.monotonic() + QUEUED_S
    while True:
        check()
        task = call("tasks.get_by_id", task=run)["task"]
        iteration = int(((task.get("hyperparams") or {}).get("Args") or {}).get("iteration", {}).get("value") or 0)
        if iteration and iteration != number:
            number = iteration
            say(f"iteration {number}: run {run}")
        queued = [task] if task["status"] == "queued" else _tell_steps(run, task, told, say)
        patient_until = _tell_waiting(queued, patient_until, say)
        if "review" in told and told["review"] in WAITING:
            for review in open_reviews(project):
                if review.pipeline_id == run and review.task_id not in reviews and review.status == "queued":
                    reviews.add(review.task_id)
                    on_review(review)
        if task["status"] in ENDED:
            break
        time.sleep(POLL_S)
    if task["status"] not in ("completed", "published"):
        why = _why(run, task).replace("`redraft resume`", f"`{resume}`")
        if str(task.get("status_reason")) == WRONG_INPUT:
            remedy = "start another one with the right values: `redraft run`, or NEW RUN"
        else:
            remedy = "" if resume in why else f"`{resume}` continues it"
        raise RunError(f"run {run} is {task['status']}: {why}", remedy=remedy)
    return dict(task)


def next_run(run: str, project_id: str) -> str | None:
    """Id of the run that this one started, if it did."""
    for other in runs_of(project_id):
        if property_of(other, AFTER) == run:
            return str(other["id"])
    return None


def _why(run: str, task: dict[str, Any]) -> str:
    """Why a run ended: the SDK's controller says that a step failed, a moment before our own words name it."""
    fields = ["name", "status", "status_message", "status_reason", "comment", "started"]
    newest = {step["name"]: step for step in find_tasks(parent=run, project=[task["project"]], only_fields=fields)}
    since = str(task.get("started") or "")  # what failed in an earlier attempt is not why this one did
    ended = [step for step in newest.values() if step["status"] in ("failed", "stopped")]
    bad = [step for step in ended if str(step.get("started") or since) >= since]
    said = [f"step {step['name']} is {step['status']}: {why_ended(step)}" for step in bad]
    return "; ".join(said) or why_ended(task)


def _tell_steps(
    run: str, task: dict[str, Any], told: dict[str, str], say: Callable[[str], None]
) -> list[dict[str, Any]]:
    """Say what has become of the steps since the last time; those that wait for an agent."""
    fields = ["name", "type", "status", "active_duration", "execution.queue"]
    found = {step["name"]: step for step in find_tasks(parent=run, project=[task["project"]], only_fields=fields)}
    cached = {name for name, task_id in steps_of(run).items() if task_id} if task["status"] in ENDED else set()
    begun = max((STEPS.index(name) for name in found if name in STEPS), default=0)
    for name in cached.union(STEPS[:begun]) - found.keys():  # whose successor has begun, it was not run by this one
        found[name] = {"status": "from the cache"}
    for name in STEPS:
        status = found.get(name, {}).get("status")
        if status and told.get(name) != status:
            told[name] = status
            if status not in ("created", "queued") or name == "review":
                say(f"  {name:<17} {_words(name, found[name])}")
    return [step for name, step in found.items() if step["status"] == "queued" and name != "review"]


def _tell_waiting(queued: Sequence[dict[str, Any]], patient_until: float, say: Callable[[str], None]) -> float:
    """Say what waits for an agent, if it does so for long; until when nothing more is to be said."""
    if not queued:
        return time.monotonic() + QUEUED_S
    if time.monotonic() <= patient_until:
        return patient_until
    step = queued[0]
    say(f"  {waiting(step).words}" if step.get("type") == "controller" else f"  {step['name']} {waiting(step).words}")
    return time.monotonic() + AGAIN_S


def _words(name: str, step: dict[str, Any]) -> str:
    status = step["status"]
    if name == "review":
        return {"created": "opening", "queued": "waits for people", "in_progress": "closing"}.get(
            str(status), str(status)
        )
    if status == "completed" and step.get("active_duration") is not None:
        return f"done ({step['active_duration']} s)"
    return {"in_progress": "running", "completed": "done"}.get(str(status), str(status))
