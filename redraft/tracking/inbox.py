"""Open reviews, and the ratings that people hand in while a review waits.

The waiting task is the single truth. A review is a task without code on a queue that no agent serves; it is open while
its status is created, queued or in progress. Each writer (a person in one browser session, a spreadsheet, a stand-in)
has an artifact of its own, `ratings-<writer>`, written whole each time: two writers cannot overwrite each other.

What is handed in counts as saved only when the file arrived, was registered, and *afterwards* nobody had begun to
close the review: the closer (`redraft.tracking.closing`) reads only after it has started the task.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from redraft.errors import InputError, ReviewClosed
from redraft.jsonl import parse_jsonl
from redraft.records import Answer, Chunk, Flag, Overall, PlanItem, Presence, Question, Rating, content_id
from redraft.tracking.artifacts import artifact_urls, get_file, get_records, put_records
from redraft.tracking.endings import ENDING_FIELDS, fell_silent
from redraft.tracking.server import Refusal, call, find_tasks, project_ids

REVIEW_TAG = "redraft-review"
OPEN = ("created", "queued", "in_progress")
WAITING = ("created", "queued")
MERGED = "merged_files"  # property of a closed review: hashes of the writers' files that were merged
FILE_ID_CHARS = 12
LEASE = "closing_lease"  # property of a review that somebody began to close
WRITERS_FILES: Mapping[str, type[Any]] = {
    "ratings": Rating,
    "overalls": Overall,
    "flags": Flag,
    "presence": Presence,
    "plan": PlanItem,
}
"""What a writer leaves on a review's task: the artifact's name before the dash -> its records."""
FILE_OF: Mapping[type[Any], str] = {kind: name for name, kind in WRITERS_FILES.items()}
TASK_FIELDS = ["name", *ENDING_FIELDS, "created", "hyperparams", "parent", "execution.queue"]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenReview:
    """A review that waits for people."""

    task_id: str
    status: str
    created: str  # ISO time
    project: str
    iteration: int
    answers_task: str
    pipeline_id: str | None
    review_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """One answer that somebody is asked to rate, with what is needed to do so."""

    item: PlanItem
    question: Question
    answer: Answer
    passages: tuple[Chunk, ...]  # that the answer was made from


def open_reviews(project: str) -> list[OpenReview]:
    """The project's open reviews, oldest first; also one that the server stopped in the middle of its closing."""
    ids = project_ids(project)
    if not ids:
        return []
    found = find_tasks(project=ids, tags=[REVIEW_TAG], status=[*OPEN, "stopped"], only_fields=TASK_FIELDS)
    # a draft without its parameters was made a moment ago, or by a controller that died just then
    return [_open_review(task) for task in found if is_open(task) and parameter(task, "answers_task")]


def is_open(task: dict[str, Any]) -> bool:
    """Whether a review, as the server describes it, still has to be closed.

    A person who stops a review cancels it; the server's watchdog, in the middle of a closing, does not.
    """
    return task["status"] in OPEN or (bool(_property(task, LEASE)) and fell_silent(task))


def is_cancelled(task: dict[str, Any]) -> bool:
    """Whether a review was stopped, with its run or instead of one that asks about other answers: nothing is merged."""
    return task["status"] in ("stopped", "failed") and not is_open(task)


def parameter(task: dict[str, Any], name: str) -> str:
    """A parameter of a task as the server describes it; empty when it has none of that name."""
    return str(((task.get("hyperparams") or {}).get("Args") or {}).get(name, {}).get("value") or "")


def _property(task: dict[str, Any], name: str) -> str:
    return str(((task.get("hyperparams") or {}).get("properties") or {}).get(name, {}).get("value") or "")


def planned(review: OpenReview) -> tuple[PlanItem, ...]:
    """The review's plan, and what was added to it since: artifacts `plan-<writer>` of the waiting task."""
    plan = get_records(review.answers_task, "plan", PlanItem)
    names = [name for name in artifact_urls(review.task_id) if name.startswith("plan-")]
    added = (item for name in sorted(names) for item in get_records(review.task_id, name, PlanItem))
    return tuple(dict.fromkeys((*plan, *added)))


def assignments(review: OpenReview) -> list[Assignment]:
    """What there is to rate, by slot and position; answers of earlier reviews that are rated again among it."""
    answers = {answer.id: answer for answer in get_records(review.answers_task, "answers", Answer)}
    questions = {question.id: question for question in get_records(review.answers_task, "questions", Question)}
    chunks = {chunk.id: chunk for chunk in get_records(review.answers_task, "passages", Chunk)}
    ordered = sorted(planned(review), key=lambda item: (item.reviewer_slot, item.position))
    return [
        Assignment(
            item=item,
            question=questions[answer.question_id],
            answer=answer,
            passages=tuple(chunks[chunk_id] for chunk_id in answer.chunk_ids),
        )
        for item in ordered
        for answer in [answers[item.answer_id]]
    ]


def writer_key(reviewer: str, session: str) -> str:
    """Name a writer's artifacts: by letters that every storage takes, and without the reviewer's name.

    Whoever knows both name and session could find the key, so it must not be all that hides a name: when somebody is
    forgotten (`redraft.tracking.forgetting`), their artifacts get another one.

    >>> writer_key("Ann / QA", "1") == writer_key("Ann / QA", "1") != writer_key("Ann / QA", "2")
    True
    """
    if not reviewer.strip():
        raise InputError("a reviewer needs a name")
    return content_id("w", reviewer, session)


def hand_in(review: OpenReview, writer: str, ratings: Sequence[Rating], overalls: Sequence[Overall] = ()) -> None:
    """Save all that a writer has rated so far in this review.

    Args:
        review: The review.
        writer: From `writer_key`.
        ratings: Every row of this writer, superseded ones included.
        overalls: The writer's overall scores.

    Raises:
        InputError: A rating of an answer that is not in this review, or a score outside 1 to 5.
        ReviewClosed: The review is being closed or was; nothing of this call counts as saved.
    """
    check_ratings(ratings, {item.answer_id for item in get_records(review.answers_task, "plan", PlanItem)})
    put_files(review, writer, {"ratings": ratings, **({"overalls": overalls} if overalls else {})})


def put_files(review: OpenReview, writer: str, files: Mapping[str, Sequence[Any]]) -> None:
    """Write a writer's files, each whole; it returns only if whoever closes the review will read them.

    Args:
        review: The review.
        writer: From `writer_key`.
        files: Records by kind, one of `WRITERS_FILES`.

    Raises:
        ReviewClosed: The review is being closed or was; nothing of this call counts as saved.
    """
    try:
        for kind, records in files.items():
            put_records(review.task_id, f"{kind}-{writer}", WRITERS_FILES[kind], records)
    except Refusal as error:
        if error.subcode != 110:
            raise
    if review_status(review.task_id) not in WAITING:  # asked *after* all is registered
        rows = sum(len(records) for records in files.values())
        raise ReviewClosed(
            f"the review of iteration {review.iteration} was closed before this was saved: {rows} ratings of "
            "this writer were not taken",
            remedy="they may go into the next review",
        )


def check_ratings(ratings: Iterable[Rating], known: set[str]) -> None:
    """Refuse scores outside 1 to 5 and ratings of answers that are not in the review."""
    for rating in ratings:
        if not 1 <= rating.score <= 5:
            raise InputError(
                f"rating of {rating.answer_id} by {rating.reviewer}: score must be 1 to 5, got {rating.score}"
            )
        if rating.answer_id not in known:
            raise InputError(f"rating by {rating.reviewer}: answer {rating.answer_id!r} is not in this review")


def review_status(task_id: str) -> str:
    """The review task's status, asked now."""
    return str(call("tasks.get_by_id", task=task_id)["task"]["status"])


@dataclass(frozen=True, slots=True, kw_only=True)
class HandedIn:
    """All that was handed in so far, every writer's rows, each once."""

    ratings: tuple[Rating, ...]
    overalls: tuple[Overall, ...]
    files: tuple[str, ...]  # which files this is: hash of each


def handed_in(task_id: str) -> HandedIn:
    """Read every writer's files."""
    execution = call("tasks.get_by_id", task=task_id)["task"].get("execution") or {}
    ratings: dict[str, Rating] = {}
    overalls: dict[Overall, None] = {}
    files: list[str] = []
    for item in sorted(execution.get("artifacts") or [], key=lambda item: str(item["key"])):
        kind, _, writer = item["key"].partition("-")
        if not writer or kind not in ("ratings", "overalls"):
            continue
        text = get_file(item["uri"]).read_text(encoding="utf-8")
        files.append(str(item.get("hash") or "")[:FILE_ID_CHARS])
        if kind == "ratings":
            ratings |= {rating.id: rating for rating in parse_jsonl(Rating, text, name=item["key"])}
        else:
            overalls |= dict.fromkeys(parse_jsonl(Overall, text, name=item["key"]))
    return HandedIn(ratings=tuple(ratings.values()), overalls=tuple(overalls), files=tuple(files))


def merged_files(task: dict[str, Any]) -> frozenset[str]:
    """Which writers' files a closed review's merged files hold; empty: not known, so all that there were."""
    return frozenset(_property(task, MERGED).split())


def _open_review(task: dict[str, Any]) -> OpenReview:
    return OpenReview(
        task_id=task["id"],
        status=task["status"],
        created=str(task.get("created") or ""),
        project=parameter(task, "project"),
        iteration=int(parameter(task, "iteration") or 0),
        answers_task=parameter(task, "answers_task"),
        pipeline_id=task.get("parent"),
        review_key=parameter(task, "review_key"),
    )
