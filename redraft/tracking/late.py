"""What came too late for a review: what it does not hold is recorded as an event of its own, and nothing is lost."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from redraft.errors import ReviewClosed
from redraft.learning.words import counted
from redraft.records import Overall, PlanItem, Presence, Rating
from redraft.tracking.artifacts import artifact_urls, get_records
from redraft.tracking.history import Event, record_event
from redraft.tracking.inbox import FILE_OF, OPEN, OpenReview, is_cancelled
from redraft.tracking.journal import Said
from redraft.tracking.server import call

CLOSED = "The review was closed; all that you said is in it."
CANCELLED = (
    "This review was stopped, and nobody waits for it any more. What you have said is kept, and counts from the next "
    "iteration on. If its run is continued, a new review asks for the same answers from the beginning."
)
OF_NO_USE = (Presence, PlanItem)  # once the review is over


def was_cancelled(task_id: str) -> bool:
    """Whether a review was stopped rather than closed, asked now.

    Raises:
        ServerError: It cannot be asked, or there is no such review.
    """
    return is_cancelled(call("tasks.get_by_id", task=task_id)["task"])


def files_of(said: Sequence[Said], confirmed: int = 0) -> dict[str, list[Any]]:
    """Every row of the kinds of which something is not confirmed yet; the plan's order is the order of saying."""
    kinds = {type(row) for row in said[confirmed:]}
    return {FILE_OF[kind]: [row for row in said if type(row) is kind] for kind in FILE_OF if kind in kinds}


def record_late(review: OpenReview, reviewer: str, said: Sequence[Said]) -> str:
    """Record what a closed or stopped review does not hold; say so in a sentence, empty when it holds all.

    Raises:
        ReviewClosed: It is still being closed: whether it holds what was said is known in a moment.
    """
    task = call("tasks.get_by_id", task=review.task_id)["task"]
    if task["status"] in OPEN:
        raise ReviewClosed(f"the review of iteration {review.iteration} is being closed")
    held = _held(review.task_id)
    files = files_of([row for row in said if type(row) not in OF_NO_USE and row not in held])
    if not files:
        return ""
    n = len(files.get("ratings", ()))
    end = "stopped" if is_cancelled(task) else "closed"
    words = f"The review of iteration {review.iteration} was {end} before {counted(n, 'rating')} of {reviewer} arrived"
    record_event(review.project, Event(name="late ratings", tag="redraft-late-ratings", summary=words), files)
    return f"{words}: kept all the same, and counted from the next iteration on."


def _held(task_id: str) -> set[object]:
    """What a review's merged files hold."""
    merged = artifact_urls(task_id)
    kinds: dict[str, type[Any]] = {"ratings": Rating, "overalls": Overall}
    return {row for name, kind in kinds.items() if name in merged for row in get_records(task_id, name, kind)}
