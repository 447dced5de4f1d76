"""Closing a review: from the queue, through `started`, to `completed` with the merged ratings.

    lease -> queues.remove_task -> tasks.started -> read every writer -> upload the merged files -> tasks.completed

`queues.remove_task` is the lock: it succeeds for one closer only, the others are told 400/703. A closer may die between
any two of these calls. What it leaves is a review that is still listed as open, with a lease on it; whoever closes next
takes over when the lease has expired, puts the review back in its queue, where the lock is, and repeats from the start,
for every step may be done twice. A closer that slept through its lease looks whether somebody took over before it
writes anything. A completed review is never started again, since `tasks.started` would reopen it.
"""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from redraft.errors import ReviewClosed
from redraft.records import Overall, Rating
from redraft.tracking.artifacts import artifact_urls, put_records
from redraft.tracking.inbox import LEASE, MERGED, OPEN, HandedIn, OpenReview, handed_in, review_status
from redraft.tracking.queues import queue_id, queues_of_run, remove_from_queue
from redraft.tracking.server import Refusal, call

LEASE_S = 60.0
DECISION = "review_decision"
TOO_LATE = (110, 121)  # the task's status does not allow it, or changed at that moment
ALREADY_QUEUED = 706


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """Who is closing, until when, and how: for whoever finishes what they may leave half done."""

    owner: str
    expires: float  # Unix time, seconds
    rejected: str = ""  # the reason, if the iteration is to be stopped


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
    name = f"{owner or 'redraft'} {uuid.uuid4().hex[:8]}"
    mine = Lease(owner=name, expires=clock() + LEASE_S, rejected=rejected)
    takes_over = _take_lease(review, mine, clock())
    between("lease")

    def check() -> None:
        if clock() >= mine.expires:
            _hold(review, mine)

    try:
        if not _leave_queue(review, mine, takes_over=takes_over):
            raise ReviewClosed(
                f"somebody else is closing the review of iteration {review.iteration}, or the pipeline takes it up "
                "again",
                remedy="try again in a moment if it is still open",
            )
        _write_lease(review, mine)  # who got it out of the queue closes, whoever wrote the lease last
        if rejected or takes_over:
            _set_property(review.task_id, DECISION, f"reject: {rejected}" if rejected else "")
        between("remove_task")
        return _close(review, mine.owner.rpartition(" ")[0], rejected, between, check)
    except Refusal as error:
        if error.subcode not in TOO_LATE:
            raise
        raise ReviewClosed(
            f"the review of iteration {review.iteration} was closed or stopped by somebody else meanwhile"
        ) from None


def _close(
    review: OpenReview, owner: str, rejected: str, between: Callable[[str], None], check: Callable[[], None]
) -> Closed:
    """Close a review that this closer took out of its queue; `check` raises when another took over."""
    check()
    if review_status(review.task_id) != "queued":
        raise ReviewClosed(f"the review of iteration {review.iteration} was closed by somebody else meanwhile")
    call("tasks.started", task=review.task_id, status_message=f"closed by {owner}")
    between("started")
    found = handed_in(review.task_id)
    between("read")
    check()
    files = {"ratings": put_records(review.task_id, "ratings", Rating, found.ratings)}
    # after the file: of two closers who take turns, it never names more than the file that stays holds
    _set_property(review.task_id, MERGED, " ".join(found.files))
    between("ratings")
    check()
    files["overalls"] = put_records(review.task_id, "overalls", Overall, found.overalls)
    between("overalls")
    check()
    message = f"{len(found.ratings)} ratings" + (f"; rejected: {rejected}" if rejected else "")
    call("tasks.completed", task=review.task_id, status_message=message)
    between("completed")
    _have_last_word(review.task_id, files, found)
    return Closed(ratings=found.ratings, overalls=found.overalls)


def _have_last_word(task_id: str, files: Mapping[str, str], found: HandedIn) -> None:
    """Put this closer's files back if another one, asleep between its look at the lease and its writing, was later.

    That one may have read less. From now on it is refused.
    """
    now = artifact_urls(task_id)
    if now["ratings"] != files["ratings"]:
        put_records(task_id, "ratings", Rating, found.ratings, force=True)
    if now["overalls"] != files["overalls"]:
        put_records(task_id, "overalls", Overall, found.overalls, force=True)


def lease_of(task: dict[str, Any]) -> Lease | None:
    """The closing lease of a review task as the server describes it, expired or not."""
    text = ((task.get("hyperparams") or {}).get("properties") or {}).get(LEASE, {}).get("value")
    return Lease(**json.loads(text)) if text else None


def rejection(task_id: str) -> str | None:
    """Why a review was rejected, or is about to be; `None` when it is not."""
    task = call("tasks.get_by_id", task=task_id)["task"]
    value = ((task.get("hyperparams") or {}).get("properties") or {}).get(DECISION, {}).get("value") or ""
    return value.removeprefix("reject: ") if value else None


def _take_lease(review: OpenReview, mine: Lease, now: float) -> bool:
    """Write our lease; say whether an earlier closer's is taken over."""
    task = call("tasks.get_by_id", task=review.task_id)["task"]
    lease = lease_of(task)
    # stopped by the server's watchdog in the middle of a closing: finished, not cancelled
    interrupted = task["status"] == "stopped" and lease is not None
    if task["status"] not in OPEN and not interrupted:
        raise ReviewClosed(f"the review of iteration {review.iteration} is {task['status']} already")
    if lease is not None and lease.expires > now:
        raise ReviewClosed(
            f"{lease.owner.rpartition(' ')[0]} is closing the review of iteration {review.iteration}",
            remedy=f"if it is still open in {lease.expires - now:.0f} s, try again",
        )
    _write_lease(review, mine)
    return lease is not None


def _write_lease(review: OpenReview, lease: Lease) -> None:
    _set_property(review.task_id, LEASE, json.dumps(asdict(lease)))


def _hold(review: OpenReview, mine: Lease) -> None:
    """Of two who take over at once, the later has the lease."""
    lease = lease_of(call("tasks.get_by_id", task=review.task_id)["task"])
    if lease is None or lease.owner != mine.owner:
        raise ReviewClosed(f"somebody else is closing the review of iteration {review.iteration}")


def _leave_queue(review: OpenReview, mine: Lease, *, takes_over: bool) -> bool:
    """Take the review out of its queue; `False` when somebody else did.

    One that is not in it (on its way there, or left by a closer that died) is put there first, for the queue is the
    lock.
    """
    task = call("tasks.get_by_id", task=review.task_id)["task"]
    queue = (task.get("execution") or {}).get("queue") or queue_id(queues_of_run(task.get("parent") or "").review)
    if task["status"] == "queued" and remove_from_queue(queue, review.task_id):
        return True
    if takes_over:
        _hold(review, mine)
        if task["status"] in ("queued", "in_progress"):
            call("tasks.dequeue", task=review.task_id)
    elif task["status"] != "created":
        return False
    try:
        call("tasks.enqueue", task=review.task_id, queue=queue)
    except Refusal as error:
        if error.subcode not in (*TOO_LATE, ALREADY_QUEUED):
            raise
    return remove_from_queue(queue, review.task_id)


def _set_property(task_id: str, name: str, value: str) -> None:
    item = {"section": "properties", "name": name, "value": value, "type": "str"}
    call("tasks.edit_hyper_params", task=task_id, hyperparams=[item], replace_hyperparams="none")
