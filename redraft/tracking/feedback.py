"""What people think of the answers that they got when they asked: kept as events, and never counted as ratings."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from redraft.errors import InputError
from redraft.records import Feedback, content_id
from redraft.tracking.asking import Answered
from redraft.tracking.history import ENDED, Event, load_history, record_event
from redraft.tracking.server import check_server, find_tasks, project_ids

FEEDBACK_TAG = "redraft-feedback"
ARTIFACT = "feedback"
MAX_COMMENT_CHARS = 10_000

Thumb = Literal["up", "down"]


def feedback_on(
    answered: Answered,
    *,
    reviewer: str,
    now: float,
    thumb: Thumb | None = None,
    comment: str | None = None,
    preferred_to: Answered | None = None,
) -> Feedback:
    """Say what somebody thinks of an answer.

    Args:
        answered: The answer; the preferred one of two.
        reviewer: Who asked.
        now: Unix time, seconds.
        thumb: None takes an earlier thumb back.
        comment: In their words, of at most `MAX_COMMENT_CHARS` characters.
        preferred_to: The other answer, when two were shown side by side and blind and this one is the better.

    Raises:
        InputError: The comment is too long.
    """
    said = (comment or "").strip()
    if len(said) > MAX_COMMENT_CHARS:
        raise InputError(
            f"the comment has {len(said):,} characters, {MAX_COMMENT_CHARS:,} are the most", remedy="shorten it"
        )
    variant, question = answered.choice.variant, answered.question
    return Feedback(
        id=content_id("f", variant.id, question, reviewer, now),
        question=question,
        answer=answered.text,
        variant_id=variant.id,
        reviewer=reviewer,
        thumb=thumb,
        comment=said or None,
        preferred_to=preferred_to.choice.variant.id if preferred_to else None,
        sources=answered.answer.sources,
        dataset_id=answered.answer.dataset_id or None,
        index_id=answered.answer.index_id,
        created=now,
    )


def record_feedback(project: str, feedback: Feedback) -> str:
    """Append feedback to the history; return the id of its task.

    Raises:
        ServerError: The server is away or refuses: nothing was recorded.
    """
    check_server()  # says within seconds what the SDK would try again and again for minutes
    said = feedback.thumb or ("preferred" if feedback.preferred_to else "comment")
    event = Event(
        name=f"feedback {said}",
        tag=FEEDBACK_TAG,
        summary=f"{feedback.reviewer} on {feedback.variant_id}: {feedback.comment or said}",
    )
    return record_event(project, event, {ARTIFACT: [feedback]})


def load_feedback(project: str) -> tuple[Feedback, ...]:
    """Read all feedback, in the order in which it was given: a fraction of the history."""
    ids = project_ids(project)
    found = find_tasks(project=ids, tags=[FEEDBACK_TAG], only_fields=["status"], status=list(ENDED)) if ids else ()
    return load_history([task["id"] for task in found]).feedback


def last_words(feedback: Iterable[Feedback]) -> tuple[Feedback, ...]:
    """Keep what each person said last of each answer, and of each pair; earlier rows are minds changed since.

    Args:
        feedback: Ordered by time, as a history holds it.
    """
    last: dict[tuple[object, ...], Feedback] = {}
    for row in feedback:
        if row.preferred_to is None:
            key: tuple[object, ...] = (row.reviewer, row.question, row.variant_id, row.answer)
        else:
            key = (row.reviewer, row.question, frozenset((row.variant_id, row.preferred_to)))
        last.pop(key, None)
        last[key] = row
    return tuple(row for row in last.values() if row.thumb or row.comment or row.preferred_to)
