"""Puts an iteration's result together from its steps' artifacts, and on its pipeline task."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Mapping
from typing import Any

from redraft.config import to_tree
from redraft.learning.history import make_history
from redraft.records import (
    Answer,
    Chunk,
    Decision,
    EditEffect,
    IterationResult,
    LlmCall,
    PlanItem,
    Prompt,
    Question,
    Rating,
    Theme,
    Variant,
    VariantScore,
)
from redraft.tracking.artifacts import artifact_urls, get_records, put_records
from redraft.tracking.call_report import report_samples
from redraft.tracking.comparison import report_comparison
from redraft.tracking.edit_report import edits_table, themes_table
from redraft.tracking.leaderboard import keep_leaderboard
from redraft.tracking.registry import synchronise_labels
from redraft.tracking.reports import IterationReport, summary, write_report
from redraft.tracking.runs import project_of
from redraft.tracking.server import call, find_tasks
from redraft.tracking.spending import (
    NONE,
    budget_sentence,
    given_ratings,
    run_settings,
    spent_by_project,
    spent_by_run,
)
from redraft.tracking.step import results_of
from redraft.tracking.tables import report_table


def report_run(task: Any, steps: Mapping[str, str], iteration: int) -> IterationResult:
    """Report an iteration on its pipeline task; return its figures.

    Args:
        task: The pipeline task, still in progress.
        steps: Step names and the ids of the tasks that hold their results.
        iteration: The iteration's number.
    """
    from clearml import Task

    # the SDK's controller has closed its own object by now, and what that is told goes nowhere
    task = Task.get_task(task_id=task.id)
    report = dataclasses.replace(read_report(steps, iteration), budget=_spent_of_limits(task))
    write_report(task, report)
    report_comparison(task, report, steps)
    _report_samples(task, report, steps["answer_questions"])
    _report_edits(task, steps)
    result = make_result(report, task_id=task.id, seconds=_seconds(task.id))
    put_records(task.id, "iteration", IterationResult, [result])
    task.flush(wait_for_uploads=True)
    project = project_of(task.id)
    synchronise_labels(project)  # a score step that died after its decision, or came from the cache
    keep_leaderboard(project)
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
    compared_ids = results_of(written)["compared_ids"].split()
    plan = get_records(answered, "plan", PlanItem)
    decisions = get_records(scored, "decisions", Decision)
    return IterationReport(
        iteration=iteration,
        score=scores[(compared_ids or [current_id])[0]],
        current_id=current_id,
        decision=next(decision for decision in decisions if decision.kind != "stop"),
        stopped=next((decision.evidence for decision in decisions if decision.kind == "stop"), None),
        answers=tuple(answers.values()),
        anchors=frozenset(item.answer_id for item in plan if item.role == "anchor"),
        ratings=tuple(get_records(reviewed, "ratings", Rating)),
        questions={question.id: question for question in get_records(answered, "questions", Question)},
        variants=variants,
        prompts=prompts,
        calls=tuple(call for step in _paid_steps(steps, iteration) for call in get_records(step, "calls", LlmCall)),
        letters={answers[item.answer_id].variant_id: item.letter for item in plan if item.answer_id in answers},
    )


def _spent_of_limits(task: Any) -> str:
    """What this run and its project have spent of their limits; empty: there are none."""
    settings = run_settings(task.id).budget
    if not any(to_tree(settings).values()):
        return ""
    by_run = spent_by_run(task.project)
    return budget_sentence(
        settings,
        by_run.get(task.id, NONE),
        spent_by_project(task.project),
        given_ratings(project_of(task.id)) if settings.project_ratings else 0,
    )


def _report_samples(task: Any, report: IterationReport, answered: str) -> None:
    """Put the answers of both sides beside their passages, question by question."""
    stored = get_records(answered, "passages", Chunk) if "passages" in artifact_urls(answered) else []
    sides = {"new": report.score.variant_id, "current": report.current_id}
    answers = {
        role: [answer for answer in report.own_answers if answer.variant_id == variant_id]
        for role, variant_id in sides.items()
    }
    report_samples(task, answers, list(report.questions.values()), {chunk.id: chunk for chunk in stored})


def _report_edits(task: Any, steps: Mapping[str, str]) -> None:
    """Report what people asked for, and what each edit that answers it did, for this iteration's new variants."""
    written, scored = steps["write_prompts"], steps["score_prompts"]
    themes, new_ids = get_records(written, "themes", Theme), results_of(written)["new_ids"].split()
    effects = [effect for effect in get_records(scored, "effects", EditEffect) if effect.variant_id in new_ids]
    named = make_history([*themes, *get_records(steps["answer_questions"], "questions", Question)])
    report_table(task, "themes", themes_table(themes))
    report_table(task, "edits", edits_table(effects, named))


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
        tokens=int(values["tokens"]),
        seconds=seconds,
        task_id=task_id,
        decision=report.decision.evidence,
        published_id=report.decision.variant_id if promoted else report.decision.current_id,
        prompt=report.prompt,
        minutes=values.get("people minutes"),
        cost_usd=values.get("cost usd"),
        cost=report.spent,
    )


def _paid_steps(steps: Mapping[str, str], iteration: int) -> list[str]:
    """Ids of the steps whose model calls this iteration paid for: an index from the cache was another one's."""
    own = [steps["write_prompts"], steps["answer_questions"]]
    maker = call("tasks.get_by_id", task=steps["build_index"])["task"].get("parent")
    runs = find_tasks(id=[maker], only_fields=["hyperparams"]) if maker else ()
    numbers = {((run.get("hyperparams") or {}).get("Args") or {}).get("iteration", {}).get("value") for run in runs}
    return [steps["build_index"], *own] if not maker or str(iteration) in numbers else own


def _seconds(task_id: str) -> float:
    started = call("tasks.get_by_id", task=task_id)["task"].get("started")
    if not started:
        return 0.0
    began = datetime.datetime.fromisoformat(started)
    return round((datetime.datetime.now(tz=began.tzinfo or datetime.UTC) - began).total_seconds(), 1)
