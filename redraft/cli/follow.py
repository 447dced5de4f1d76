"""Follows a run from the outside: says what its steps do, and calls back when its review waits for people."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from redraft.errors import RunError
from redraft.tracking.followed_docs import property_of
from redraft.tracking.inbox import WAITING, OpenReview, open_reviews
from redraft.tracking.prepare import runs_of
from redraft.tracking.runs import AFTER, steps_of
from redraft.tracking.server import call, find_tasks
from redraft.tracking.step import why_ended

POLL_S = 0.5
STEPS = ("version_docs", "build_index", "write_prompts", "answer_questions", "review", "score_prompts")
ENDED = ("completed", "published", "failed", "stopped", "closed")


def follow_run(
    run: str,
    project: str,
    *,
    say: Callable[[str], None],
    on_review: Callable[[OpenReview], None],
    check: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """Wait for a run to end well; return its task.

    Args:
        run: Id of the run's task.
        project: ClearML project.
        say: Takes a line of progress.
        on_review: Called once for each review of this run that waits for people.
        check: Called at every look; raises to give up (an agent died).

    Raises:
        RunError: It failed or was stopped; the cause is named.
    """
    told: dict[str, str] = {}
    reviews: set[str] = set()
    number = 0
    while True:
        check()
        task = call("tasks.get_by_id", task=run)["task"]
        iteration = int(((task.get("hyperparams") or {}).get("Args") or {}).get("iteration", {}).get("value") or 0)
        if iteration and iteration != number:
            number = iteration
            say(f"iteration {number}: run {run}")
        _tell_steps(run, task, told, say)
        if "review" in told and told["review"] in WAITING:
            for review in open_reviews(project):
                if review.pipeline_id == run and review.task_id not in reviews and review.status == "queued":
                    reviews.add(review.task_id)
                    on_review(review)
        if task["status"] in ENDED:
            break
        time.sleep(POLL_S)
    if task["status"] not in ("completed", "published"):
        why = _why(run, task)
        remedy = "" if "redraft resume" in why else "`redraft resume` continues it"
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


def _tell_steps(run: str, task: dict[str, Any], told: dict[str, str], say: Callable[[str], None]) -> None:
    fields = ["name", "status", "started", "completed", "active_duration", "status_message"]
    found = {step["name"]: step for step in find_tasks(parent=run, project=[task["project"]], only_fields=fields)}
    if task["status"] in ENDED:
        for name, task_id in steps_of(run).items():
            if name not in found and task_id:
                found[name] = {"status": "from the cache"}
    for name in STEPS:
        status = found.get(name, {}).get("status")
        if status and told.get(name) != status:
            told[name] = status
            if status not in ("created", "queued") or name == "review":
                say(f"  {name:<17} {_words(name, found[name])}")


def _words(name: str, step: dict[str, Any]) -> str:
    status = step["status"]
    if name == "review":
        return {"created": "opening", "queued": "waits for people", "in_progress": "closing"}.get(
            str(status), str(status)
        )
    if status == "completed" and step.get("active_duration") is not None:
        return f"done ({step['active_duration']} s)"
    return {"in_progress": "running", "completed": "done"}.get(str(status), str(status))
