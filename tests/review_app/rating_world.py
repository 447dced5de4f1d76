"""An open review of two variants' answers to three questions, as ClearML tasks: what the page Review is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import judged_project as made
from clearml import Task
from queue_names import REVIEW_QUEUE

from redraft.records import Answer, Checks, Chunk, Extract, Flag, PlanItem, Prompt, Question, Rating, Variant
from redraft.tracking.history import find_sources, load_history
from redraft.tracking.inbox import REVIEW_TAG, OpenReview, handed_in, open_reviews
from redraft.tracking.queues import ensure_queues
from redraft.tracking.server import call
from redraft.tracking.step import RECORDS_TAG
from redraft.tracking.watching import Watch, read_contents

KEY = "r-page"
NASTY = "<script>alert(1)</script> ![x](http://evil.example/a.png) [y](javascript:alert(2)) :red[z]"
QUESTIONS = made.QUESTIONS[:3]
QUOTED = Chunk(
    id="c-quoted", document_path="guide.md", heading_path="Guide > Keys", text="Set the key first.", ordinal=0
)
OTHER = Chunk(id="c-other", document_path="evil.md", heading_path="Evil", text=f"Nothing. {NASTY}", ordinal=1)
LETTERS = {"A": made.SEED, "B": made.B}
Records = dict[str, tuple[type[Any], list[Any]]]
"""Artifacts of the step that made the answers, by name: the kind of their records, and these."""


def answer_of(variant: Variant, question: Question) -> Answer:
    """The answer that a variant gave to a question."""
    (plain,) = [answer for answer in made.answers_of(variant) if answer.question_id == question.id]
    return replace(
        plain,
        text=f"{plain.text} by {variant.id}. {NASTY}",
        chunk_ids=(QUOTED.id, OTHER.id),
        extracts=(Extract(chunk_id=QUOTED.id, text="the key"),),
        sources=(QUOTED.document_path,),
        checks=Checks(words=7),
    )


def plan_of(slots: int) -> list[PlanItem]:
    """Both answers to each question, one question after another, for each slot."""
    rows = [(question, letter) for question in QUESTIONS for letter in LETTERS]
    return [
        PlanItem(
            review_key=KEY,
            answer_id=answer_of(LETTERS[letter], question).id,
            letter=letter,
            reviewer_slot=slot,
            position=place,
            role="current" if letter == "A" else "new",
        )
        for slot in range(slots)
        for place, (question, letter) in enumerate(rows)
    ]


def plan_with_earlier_prompts() -> list[PlanItem]:
    """The plan for one person, but the last two answers are earlier ones, rated again."""
    *others, last, very_last = plan_of(1)
    again = [replace(last, letter="C", role="anchor"), replace(very_last, letter="D", role="anchor")]
    return [*others, *again]


def open_review(
    project: str,
    *,
    slots: int = 1,
    iteration: int = 1,
    plan: Sequence[PlanItem] | None = None,
    records: Records | None = None,
) -> OpenReview:
    """Open a review of six answers, each to be rated by `slots` people, or as a plan says; or of other records."""
    ensure_queues()
    records = records or {
        "prompts": (Prompt, [made.EXTRACT, made.SEED_PROMPT, made.B_PROMPT]),
        "variants": (Variant, [made.SEED, made.B]),
        "plan": (PlanItem, list(plan or plan_of(slots))),
        "answers": (Answer, [answer_of(variant, question) for question in QUESTIONS for variant in LETTERS.values()]),
        "questions": (Question, list(QUESTIONS)),
        "passages": (Chunk, [QUOTED, OTHER]),
    }
    answers = made.with_records(project, "answer_questions", records)
    task = Task.create(project_name=project, task_name="review", task_type="qc")
    given = {"kind": "review", "project": project, "iteration": iteration, "answers_task": answers, "review_key": KEY}
    task.set_parameters({f"Args/{name}": str(value) for name, value in given.items()})
    task.set_tags([RECORDS_TAG, REVIEW_TAG])
    Task.enqueue(task, queue_name=REVIEW_QUEUE)
    return next(review for review in open_reviews(project) if review.task_id == task.id)


def run_at(project: str, steps: Mapping[str, str]) -> Task:
    """A run of iteration 1 that is in progress.

    Args:
        project: ClearML project.
        steps: What it has launched, by name: `in_progress` or `completed`.
    """
    name = f"{project}/.pipelines/improve prompt"
    run = Task.create(project_name=name, task_name="improve prompt #1", task_type="controller")
    run.set_parameter("Args/iteration", 1)
    call("tasks.started", task=run.id)
    for step, status in steps.items():
        task = Task.create(project_name=name, task_name=step, task_type="inference")
        call("tasks.edit", task=task.id, parent=run.id)
        call("tasks.started", task=task.id)
        if status == "completed":
            call("tasks.completed", task=task.id)
    return run


def rated(review: OpenReview) -> dict[str, Rating]:
    """The last rating of each answer that reached the server, by answer."""
    rows = sorted(handed_in(review.task_id).ratings, key=lambda rating: rating.created)
    return {rating.answer_id: rating for rating in rows}


def flags(review: OpenReview) -> tuple[Flag, ...]:
    """What reached the server of questions that are called bad."""
    return Watch(read_contents(review)).look().flags


def in_history(project: str) -> list[Rating]:
    """What the next iteration would learn from."""
    return sorted(load_history(find_sources(project)).ratings, key=lambda rating: rating.created)
