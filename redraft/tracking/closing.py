"""Closing a review: from the queue, through `started`, to `completed` with the merged ratings.

    lease -> queues.remove_task -> tasks.started -> read every writer -> upload the merged files -> tasks.completed

A closer may die between any two of these calls. What it leaves is a review that is still listed as open; whoever closes
next takes over when the lease has expired, and repeats from the start: every step may be done twice. `queues.remove_task`
succeeds for one closer only, the others are told 400/703; a completed review is never started again, since `tasks.started`
would reopen it.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from redraft.errors import ReviewClosed
from redraft.records import Overall, Rating
from redraft.tracking.artifacts import put_records
from redraft.tracking.inbox import OPEN, OpenReview, handed_in
from redraft.tracking.server import Refusal, call

LEASE_S = 60.0
LEASE = "closing_lease"
DECISION = "review_decision"
NOT_IN_QUEUE = 703
WRONG_STATUS = 110


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """Who is closing, until when."""

    owner: str
    expires: float  # Unix time, seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Closed:
    """What a closed review holds."""

    ratings: tuple[Rating, ...]
    overalls: tuple[Overall, ...]


def close_review(
    review: OpenReview,
    *,
    owner: str = "",
    rejected: str = "",
    clock: Callable[[], float] = time.time,
    between: Callable[[str], None] = lambda _step: None,
) -> Closed:
    """Close a review so that its pipeline goes on.

    Args:
        review: An open review; one that another closer left half closed may be finished.
        owner: Who closes, shown to others meanwhile.
        rejected: The reason, if the iteration is to be stopped rather than scored.
        clock: The time, in Unix seconds.
        between: Called with the name of each step that was done; tests stop here.

    Raises:
        ReviewClosed: It is closed already, or another closer is at it.
    """
    mine = Lease(owner=f"{owner or 'redraft'} {uuid.uuid4().hex[:8]}", expires=clock() + LEASE_S)
    _take_lease(review, mine, clock())
    between("lease")
    _leave_queue(review)
    between("remove_task")
    call("tasks.started", task=review.task_id, status_message=f"closed by {owner or 'redraft'}")
    between("started")
    _hold(review, mine)
    ratings, overalls = handed_in(review.task_id)
    between("read")
    put_records(review.task_id, "ratings", Rating, ratings)
    between("ratings")
    put_records(review.task_id, "overalls", Overall, overalls)
    between("overalls")
    if rejected:
        _set_property(review.task_id, DECISION, f"reject: {rejected}")
    message = f"{len(ratings)} ratings" + (f"; rejected: {rejected}" if rejected else "")
    call("tasks.completed", task=review.task_id, status_message=message)
    between("completed")
    return Closed(ratings=tuple(ratings), overalls=tuple(overalls))


def lease_of(task: dict[str, Any]) -> Lease | None:
    """The closing lease of a review task as the server describes it, expired or not."""
    text = ((task.get("hyperparams") or {}).get("properties") or {}).get(LEASE, {}).get("value")
    return Lease(**json.loads(text)) if text else None


def rejection(task_id: str) -> str | None:
    """Why a completed review was rejected; `None` when it was not."""
    task = call("tasks.get_by_id", task=task_id)["task"]
    value = ((task.get("hyperparams") or {}).get("properties") or {}).get(DECISION, {}).get("value") or ""
    return value.removeprefix("reject: ") if value else None


def _take_lease(review: OpenReview, mine: Lease, now: float) -> None:
    task = call("tasks.get_by_id", task=review.task_id)["task"]
    # stopped by the server's watchdog in the middle of a closing: finished, not cancelled
    interrupted = task["status"] == "stopped" and lease_of(task) is not None
    if task["status"] not in OPEN and not interrupted:
        raise ReviewClosed(f"the review of iteration {review.iteration} is {task['status']} already")
    lease = lease_of(task)
    if lease is not None and lease.expires > now and lease.owner != mine.owner:
        raise ReviewClosed(
            f"{lease.owner.rsplit(' ', 1)[0]} is closing the review of iteration {review.iteration}",
            remedy=f"wait {lease.expires - now:.0f} s, then try again if it is still open",
        )
    _set_property(review.task_id, LEASE, json.dumps({"owner": mine.owner, "expires": mine.expires}))
    _hold(review, mine)


def _hold(review: OpenReview, mine: Lease) -> None:
    """Make sure that the lease is still ours: the later of two who took it at once has it."""
    lease = lease_of(call("tasks.get_by_id", task=review.task_id)["task"])
    if lease is None or lease.owner != mine.owner:
        raise ReviewClosed(f"somebody else is closing the review of iteration {review.iteration}")


def _leave_queue(review: OpenReview) -> None:
    task = call("tasks.get_by_id", task=review.task_id)["task"]
    if task["status"] in ("completed", "published"):
        raise ReviewClosed(f"the review of iteration {review.iteration} is closed already")
    queue = (task.get("execution") or {}).get("queue")
    if task["status"] != "queued" or not queue:
        return  # created: it was on its way to the queue; in progress or stopped: a closer died here
    try:
        call("queues.remove_task", queue=queue, task=review.task_id)
    except Refusal as error:
        # the entry is gone though the task says queued: a closer died between the two calls, and its lease expired
        if error.subcode != NOT_IN_QUEUE:
            raise


def _set_property(task_id: str, name: str, value: str) -> None:
    item = {"section": "properties", "name": name, "value": value, "type": "str"}
    call("tasks.edit_hyper_params", task=task_id, hyperparams=[item], replace_hyperparams="none")
