"""Puts an iteration's result together from its steps' artifacts, and on its pipeline task."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

from redraft.records import (
    Answer,
    Decision,
    IterationResult,
    LlmCall,
    PlanItem,
    Prompt,
    Question,
    Rating,
    Variant,
    VariantScore,
)
from redraft.tracking.artifacts import get_records, put_records
from redraft.tracking.reports import IterationReport, summary, write_report
from redraft.tracking.server import call
from redraft.tracking.step import results_of


def report_run(task: Any, steps: Mapping[str, str], iteration: int) -> IterationResult:
    """Report an iteration on its pipeline task; return its figures.

    Args:
        task: The pipeline task, still in progress.
        steps: Step names and the ids of the tasks that hold their results.
        iteration: The iteration's number.
    """
    report = read_report(steps, iteration)
    write_report(task, report)
    result = make_result(report, task_id=task.id, seconds=_seconds(task.id))
    put_records(task.id, "iteration", IterationResult, [result])
    return result


def read_report(steps: Mapping[str, str], iteration: int) -> IterationReport:
    """Read an iteration's report from its steps' artifacts."""
    written, answered, reviewed, scored = (
        steps[name] for name in ("write_prompts", "answer_questions", "review", "score_prompts")
    )
    answers = {answer.id: answer for answer in get_records(answered, "answers", Answer)}
    prompts = {prompt.id: prompt.text for prompt in get_records(written, "prompts", Prompt)}
    variants = {variant.id: variant for variant in get_records(written, "variants", Variant)}
    scores = {score.variant_id: score for score in get_records(scored, "scores", VariantScore)}
    current_id = results_of(written)["current_id"]
    new_ids = results_of(written)["new_ids"].split()
    plan = get_records(answered, "plan", PlanItem)
    return IterationReport(
        iteration=iteration,
        score=scores[(new_ids or [current_id])[0]],
        current=scores.get(current_id),
        decision=get_records(scored, "decisions", Decision)[0],
        answers=tuple(answers.values()),
        ratings=tuple(get_records(reviewed, "ratings", Rating)),
        questions={question.id: question for question in get_records(answered, "questions", Question)},
        variants=variants,
        prompts={variant.id: prompts[variant.answer_prompt_id] for variant in variants.values()},
        calls=tuple(call for step in (steps["build_index"], written, answered) for call in _calls(step)),
        letters={answers[item.answer_id].variant_id: item.letter for item in plan if item.answer_id in answers},
    )


def make_result(report: IterationReport, *, task_id: str, seconds: float) -> IterationResult:
    """Sum an iteration up in one row."""
    values = summary(report)
    promoted = report.decision.kind in ("promote", "rollback")
    return IterationResult(
        iteration=report.iteration,
        variant_id=report.score.variant_id,
        mean=report.score.mean,
        low=report.score.low,
        high=report.score.high,
        n_ratings=report.score.n_ratings,
        citations_valid=values.get("citations valid"),
        refusals_right=values.get("refusals right"),
        tokens=int(values.get("tokens", 0)),
        seconds=seconds,
        task_id=task_id,
        decision=report.decision.evidence,
        published_id=report.decision.variant_id if promoted else report.decision.current_id,
        prompt=report.prompts[report.score.variant_id],
    )


def _calls(step: str) -> list[LlmCall]:
    return get_records(step, "calls", LlmCall)


def _seconds(task_id: str) -> float:
    started = call("tasks.get_by_id", task=task_id)["task"].get("started")
    if not started:
        return 0.0
    began = datetime.datetime.fromisoformat(started)
    return round((datetime.datetime.now(tz=began.tzinfo or datetime.UTC) - began).total_seconds(), 1)
