"""Short ways to make what the tracking tests are about: a run, its answers, an open review, people's ratings."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable, Sequence
from typing import Any

from clearml import Task
from queue_names import REVIEW_QUEUE

from redraft.errors import ReviewClosed
from redraft.records import Answer, Chunk, Overall, PlanItem, Question, Rating, answer_id, content_id
from redraft.tracking.artifacts import artifact_urls, get_records, put_records
from redraft.tracking.inbox import REVIEW_TAG, OpenReview, hand_in, open_reviews, writer_key
from redraft.tracking.queues import ensure_queues
from redraft.tracking.server import call
from redraft.tracking.step import RECORDS_TAG

KEY = "r-1"
QUESTIONS = tuple(Question(id=content_id("q", text), text=text) for text in ("How?", "Why?", "When?"))
ANSWERS = tuple(
    Answer(
        id=answer_id("v-1", question.id, "i-1", 0),
        run_id="run",
        variant_id="v-1",
        question_id=question.id,
        dataset_id="d",
        index_id="i-1",
        sample=0,
        text=f"Answer to {question.text}",
        chunk_ids=("c-1",),
    )
    for question in QUESTIONS
)


class Died(BaseException):
    """A process ended here; nothing in it handles that."""


def die_after(step: str) -> Callable[[str], None]:
    """Make a `between` hook that ends the closer after a step."""

    def between(done: str) -> None:
        if done == step:
            raise Died(done)

    return between


@functools.cache
def shared_answers() -> str:
    """A finished `answer_questions` task that nobody changes; its id."""
    return make_answers("answers of all tests")


def make_answers(project: str, answers: Sequence[Answer] = ANSWERS) -> str:
    """Make a finished `answer_questions` task, each answer to be rated by two people; its id."""
    task = Task.create(project_name=project, task_name="answer_questions", task_type="inference")
    call("tasks.started", task=task.id)
    plan = [
        PlanItem(review_key=KEY, answer_id=answer.id, letter="A", reviewer_slot=slot, position=position, role="new")
        for slot in (0, 1)
        for position, answer in enumerate(answers)
    ]
    chunk = Chunk(id="c-1", document_path="page.md", heading_path="Page", text="Text.", ordinal=0)
    put_records(task.id, "plan", PlanItem, plan)
    put_records(task.id, "answers", Answer, answers)
    put_records(task.id, "questions", Question, QUESTIONS)
    put_records(task.id, "passages", Chunk, [chunk])
    call("tasks.completed", task=task.id)
    return str(task.id)


def make_run(project: str, *, status: str = "in_progress") -> Task:
    """Make a run's pipeline task."""
    task = Task.create(project_name=project, task_name="improve prompt #1", task_type="controller")
    if status != "created":
        call("tasks.started", task=task.id)
    if status not in ("created", "in_progress"):
        call(f"tasks.{status}", task=task.id)
    return task


def parameters(project: str, answers_task: str, *, iteration: int = 1, key: str = KEY) -> dict[str, str]:
    """Parameters of a review."""
    return {
        "Args/kind": "review",
        "Args/project": project,
        "Args/iteration": str(iteration),
        "Args/answers_task": answers_task,
        "Args/review_key": key,
    }


def make_review(
    project: str, *, answers_task: str = "", parent: str = "", iteration: int = 1, key: str = KEY
) -> OpenReview:
    """Make a review that waits in its queue, as the pipeline makes it."""
    ensure_queues()
    answers_task = answers_task or shared_answers()
    task = Task.create(project_name=project, task_name="review", task_type="qc")
    task.set_parameters(parameters(project, answers_task, iteration=iteration, key=key))
    task.set_tags([RECORDS_TAG, REVIEW_TAG])
    if parent:
        task.set_parent(parent)
    Task.enqueue(task, queue_name=REVIEW_QUEUE)
    return next(review for review in open_reviews(project) if review.task_id == task.id)


def ratings_by(reviewer: str, *scores: int, session: str = "1") -> list[Rating]:
    """Rate the first answers, one score each."""
    return [
        Rating(
            id=content_id("rt", KEY, answer.id, reviewer, session),
            review_key=KEY,
            answer_id=answer.id,
            reviewer=reviewer,
            score=score,
            created=float(number),
        )
        for number, (answer, score) in enumerate(zip(ANSWERS, scores, strict=False))
    ]


def rate(review: OpenReview, reviewer: str, *scores: int, session: str = "1") -> list[Rating]:
    """Hand in a reviewer's ratings; return them."""
    ratings = ratings_by(reviewer, *scores, session=session)
    hand_in(review, writer_key(reviewer, session), ratings)
    return ratings


def overall_by(reviewer: str, score: int) -> Overall:
    """Rate letter A as a whole."""
    return Overall(review_key=KEY, letter="A", reviewer=reviewer, score=score)


def merged(task_id: str) -> list[Rating]:
    """What a closed review holds."""
    return get_records(task_id, "ratings", Rating)


def by_id(ratings: list[Rating] | tuple[Rating, ...]) -> list[Rating]:
    """Ratings in an order that two lists of the same share."""
    return sorted(ratings, key=lambda rating: rating.id)


def server_task(task_id: str) -> dict[str, Any]:
    """A task as the server has it now."""
    return dict(call("tasks.get_by_id", task=task_id)["task"])


def status_of(task_id: str) -> str:
    """A task's status now."""
    return str(server_task(task_id)["status"])


def queue_entries(task_id: str) -> int:
    """How many times a task stands in the queue of reviews."""
    queues = call("queues.get_all", name=f"^{REVIEW_QUEUE}$", only_fields=["id", "entries"])["queues"]
    return sum(entry["task"] == task_id for queue in queues for entry in queue["entries"])


def snapshot(task_id: str) -> tuple[str, dict[str, str]]:
    """What must not change once a review is closed."""
    return status_of(task_id), artifact_urls(task_id)


def attempt(action: Callable[[], object]) -> str:
    """Run something that may be refused: `done` or `refused`."""
    try:
        action()
    except ReviewClosed:
        return "refused"
    return "done"


def eventually(check: Callable[[], object], *, timeout_s: float = 20.0) -> None:
    """Wait for the threads that send."""
    deadline = time.monotonic() + timeout_s
    while not check():
        assert time.monotonic() < deadline
        time.sleep(0.01)
