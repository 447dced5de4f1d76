"""A project with three judged variants, two finished iterations and texts that would run if a page let them."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

import judged_project as made
from clearml import Task

from redraft.records import Answer, IterationResult, PlanItem, Prompt, Question, Rating, Theme, Variant
from redraft.tracking.artifacts import put_records
from redraft.tracking.server import call
from redraft.tracking.templates import PIPELINE

NASTY = "<img src=x onerror=alert(1)> ![x](http://evil.example/a.png) [y](javascript:alert(2))"
WAITING = made.decision("keep", made.B, 1.0, current=made.SEED, evidence=f"B is better {NASTY}; waits for your yes.")


def store(project: str, *, runs: Mapping[str, str] = MappingProxyType({})) -> None:
    """B, better than the seed variant, waits for a yes; C is no better than it.

    Args:
        project: A project of its own.
        runs: The runs that made answers, by variant; of others the id is made up.
    """
    records = made.records_of({made.SEED: 2, made.B: 4, made.C: 2})
    ratings = [_said(rating) for rating in records["ratings"][1]]
    themes = [Theme(id=made.THEME.id, text=f"too long {NASTY}", comment_ids=(ratings[0].id,))]
    questions = [dataclasses.replace(made.QUESTIONS[0], text=f"How? {NASTY}"), *made.QUESTIONS[1:]]
    answers = [
        dataclasses.replace(a, run_id=runs.get(a.variant_id, f"run-{a.variant_id}"), text=f"{a.text} {NASTY}")
        for a in records["answers"][1]
    ]
    plan = [
        PlanItem(review_key="r-1", answer_id=answer.id, letter="A", reviewer_slot=0, position=place, role="new")
        for place, answer in enumerate(answers)
        if answer.variant_id != made.SEED.id
    ]
    made.with_records(
        project,
        "judged",
        {
            "prompts": (Prompt, records["prompts"][1]),
            "variants": (Variant, records["variants"][1]),
            "questions": (Question, questions),
            "themes": (Theme, themes),
            "answers": (Answer, answers),
            "ratings": (Rating, ratings),
            "plan": (PlanItem, plan),
        },
    )
    made.decide(project, WAITING)


def finished_run(project: str, number: int, variant: Variant, prompt: Prompt) -> str:
    """A completed run with its result, whose controller kept its steps; its id."""
    task = Task.create(
        project_name=f"{project}/.pipelines/{PIPELINE}", task_name=f"run {number}", task_type="controller"
    )
    task.set_parameter("Args/iteration", number)
    dag = {name: {"executed": f"task-of-{name}"} for name in ("answer_questions", "build_index", "review")}
    task.set_configuration_object("Pipeline", config_text=json.dumps(dag), config_type="dictionary")
    call("tasks.started", task=task.id)
    put_records(task.id, "iteration", IterationResult, [_result(number, variant, prompt, str(task.id))])
    call("tasks.completed", task=task.id)
    return str(task.id)


def _result(number: int, variant: Variant, prompt: Prompt, run: str) -> IterationResult:
    given: dict[str, Any] = {"mean": 3.0, "low": 2.5, "high": 3.5, "n_ratings": 12, "tokens": 1000 * number}
    return IterationResult(
        iteration=number,
        variant_id=variant.id,
        citations_valid=0.75,
        refusals_right=None,
        seconds=60.0,
        task_id=run,
        decision=f"decided on {number}",
        published_id=None,
        prompt=prompt.text,
        minutes=7.0,
        **given,
    )


def _said(rating: Rating) -> Rating:
    comment = f"Make it shorter. {NASTY}" if rating.score < 4 else None
    return dataclasses.replace(rating, comment=comment, seconds=30.0, tags=("too long",) if comment else ())
