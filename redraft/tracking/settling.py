"""When a review is complete, and what is done then: it is closed, and its run is put back on its feet if it fell."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from redraft.errors import RedraftError, ReviewClosed
from redraft.records import PlanItem
from redraft.tracking.closing import Closed, Lease, close_review, lease_of, rejection
from redraft.tracking.endings import fell_silent
from redraft.tracking.inbox import OpenReview
from redraft.tracking.queues import busy_tasks
from redraft.tracking.runs import resume_run
from redraft.tracking.server import call, unix_time
from redraft.tracking.watching import Contents, Look

log = logging.getLogger("redraft")

SILENT_S = 180.0  # a living controller reports how it is twice a minute


@dataclass(frozen=True, slots=True, kw_only=True)
class Deadline:
    """When a review is closed although ratings are missing."""

    after_s: float  # since it was made
    ratings: int  # at least so many must be there


def missing_ratings(contents: Contents, look: Look) -> list[PlanItem]:
    """Planned ratings that nobody has given; a bad question's answers need none."""
    bad = {flag.question_id for flag in look.flags}
    question_of = contents.question_of
    given = Counter(answer_id for _, answer_id in look.last_ratings())
    missing = []
    for item in (*contents.plan, *look.added):
        if given[item.answer_id]:
            given[item.answer_id] -= 1
        elif question_of[item.answer_id] not in bad:
            missing.append(item)
    return missing


def may_close(contents: Contents, look: Look, *, settle_s: float, now: float) -> bool:
    """Whether a review may be closed without asking: all is rated, and everybody has finished or says nothing more."""
    if not look.ratings or missing_ratings(contents, look):
        return False
    raters = {rating.reviewer for rating in look.ratings}
    finished = {presence.reviewer for presence in look.presences if presence.finished}
    return raters <= finished or now - max(look.last_heard().values()) >= settle_s


def is_late(contents: Contents, look: Look, deadline: Deadline, *, now: float) -> bool:
    """Whether a review's time is up, and there are ratings enough to close it."""
    age = now - unix_time(contents.review.created)
    return age >= deadline.after_s and len(look.last_ratings()) >= max(1, deadline.ratings)


def close_and_go_on(
    review: OpenReview, *, owner: str, rejected: str = "", clock: Callable[[], float] = time.time
) -> Closed:
    """Close a review; if its run's controller died meanwhile, put that back on its queue.

    Raises:
        ReviewClosed: It is closed already, or somebody else is at it.
    """
    closed = close_review(review, owner=owner, rejected=rejected, clock=clock)
    try:
        wake_run(review.pipeline_id)
    except RedraftError as error:  # the ratings are safe; `redraft resume` does what could not be done now
        log.warning("%s", error)
    return closed


def wake_run(run: str | None) -> bool:
    """Put a run whose controller died back on its queue; `False` when there is nothing to do.

    A run that a person stopped stays stopped. A controller that is in progress, but neither at an agent nor heard of
    for minutes, is taken for dead.

    Raises:
        RedraftError: It cannot be resumed now (no agent serves the queue).
    """
    if not run:
        return False
    task = call("tasks.get_by_id", task=run)["task"]
    status = task["status"]
    crashed = status == "failed" or fell_silent(task)
    if not crashed and not (status == "in_progress" and is_silent(task) and run not in busy_tasks()):
        return False
    resume_run(run)
    return True


def settle(
    contents: Contents,
    look: Look,
    *,
    settle_s: float,
    now: float,
    owner: str = "redraft",
    deadline: Deadline | None = None,
) -> Sequence[object] | None:
    """Close a review that is complete, late, or half closed; `None` when it is none of these, or somebody else did.

    One whose closer died is closed as that one meant to: rejected, if it was to be.
    """
    lease = lease_of(call("tasks.get_by_id", task=contents.review.task_id)["task"])
    if lease is not None:
        return _finish(contents.review, lease, owner=owner, now=now)
    late = deadline is not None and is_late(contents, look, deadline, now=now)
    if not late and not may_close(contents, look, settle_s=settle_s, now=now):
        return None
    try:
        return close_and_go_on(contents.review, owner=owner).ratings
    except ReviewClosed:
        return None


def _finish(review: OpenReview, lease: Lease, *, owner: str, now: float) -> Sequence[object] | None:
    if lease.expires > now:  # its closer is at it
        return None
    meant, started = lease.rejected or rejection(review.task_id) or "", time.monotonic()
    try:
        closed = close_and_go_on(review, owner=owner, rejected=meant, clock=lambda: now + time.monotonic() - started)
    except ReviewClosed:
        return None
    log.info("the half-closed review of iteration %d is closed with %d ratings", review.iteration, len(closed.ratings))
    return closed.ratings


def is_silent(task: dict[str, object]) -> bool:
    """Whether nothing was heard of a task for minutes, by the server's clock."""
    heard = task.get("last_update") or task.get("status_changed")
    if not heard:
        return False
    server = call("tasks.get_by_id", task=task["id"])["task"]  # asked again: it may have reported meanwhile
    return time.time() - unix_time(str(server.get("last_update") or heard)) > SILENT_S
