"""Estimates a run from its project's history before it starts, and refuses one that would go over a limit.

What is estimated how: `redraft.tracking.expected_calls`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from redraft.errors import BudgetSpent
from redraft.llm import cost_usd
from redraft.records import LlmCall, Question
from redraft.settings import BudgetSettings, Config
from redraft.tracking.artifacts import artifact_urls, get_records
from redraft.tracking.docs_to_embed import chars_to_embed
from redraft.tracking.expected_calls import Estimate, Extent, Tokens, make_estimate, mean_tokens
from redraft.tracking.given import QUESTIONS
from redraft.tracking.history import find_sources, load_history
from redraft.tracking.prepare import effective_config, runs_of
from redraft.tracking.server import find_tasks
from redraft.tracking.spending import NONE, given_ratings, spent_by_project, spent_by_run
from redraft.tracking.templates import pipeline_project

PAID_STEPS = ("build_index", "write_prompts", "answer_questions")


def estimate_run(project: str, config: Config, questions: Sequence[Question], *, run: str = "") -> Estimate:
    """Estimate a run from the project's history.

    Args:
        project: ClearML project of the runs.
        config: Of the run.
        questions: Of the run.
        run: Id of the run's task, if there is one already.
    """
    project_id = pipeline_project(project)
    runs = runs_of(project_id) if project_id else []
    done = [known for known in runs if known["status"] in ("completed", "published")]
    means, basis = _history_means(done[-1]) if done else ({}, "tokens a call by default")
    finished = _finished(runs, run, config.run.iteration)
    extent = Extent(
        questions=len(questions),
        dev_questions=sum(question.split == "dev" for question in questions),
        rated=len({rating.answer_id for rating in load_history(find_sources(project)).ratings}) if done else 0,
        docs_chars=0 if "build_index" in finished else chars_to_embed(project, config),
        finished=finished,
    )
    return make_estimate(config, extent, means, basis=basis)


def estimated(project: str, config: Config, questions: Sequence[Question], *, run: str = "") -> str:
    """Estimate a run, and say it; see `estimate_run` and `check_budget`."""
    estimate = estimate_run(project, config, questions, run=run)
    check_budget(project, config, estimate, run=run)
    return estimate.sentence


def estimated_resume(project: str, run: str) -> str:
    """Estimate what is left of a run; empty: it ended before it knew its questions."""
    from clearml import Task

    if QUESTIONS not in artifact_urls(run):
        return ""
    config = effective_config(Task.get_task(task_id=run))
    return estimated(project, config, get_records(run, QUESTIONS, Question), run=run)


def check_budget(project: str, config: Config, estimate: Estimate, *, run: str = "") -> None:
    """Refuse a run that would go over a limit.

    Raises:
        BudgetSpent: Which limit, the estimate, and what to do; or a limit on money, and a model without a price.
    """
    settings, project_id = config.budget, pipeline_project(project)
    _check_prices(config)
    own = spent_by_run(project_id).get(run, NONE) if project_id and run else NONE
    limited = settings.project_tokens or settings.project_usd
    others = spent_by_project(project_id) if project_id and limited else NONE
    rated = given_ratings(project) if project_id and settings.project_ratings else 0
    for key, spent, more in (
        ("run_tokens", own.tokens, estimate.tokens),
        ("run_usd", own.usd, estimate.usd),
        ("run_ratings", 0, estimate.ratings),
        ("project_tokens", others.tokens, estimate.tokens),
        ("project_usd", others.usd, estimate.usd),
        ("project_ratings", rated, estimate.ratings),
    ):
        _check(settings, key, spent or 0, more or 0)


def _check(settings: BudgetSettings, key: str, spent: float, more: float) -> None:
    most = getattr(settings, key)
    if most <= 0 or spent + more <= most:
        return
    whose, _, unit = key.partition("_")
    words = {"usd": "USD"}.get(unit, unit)
    before = f", beside the {_figure(spent)} that the {whose} has spent" if spent else ""
    fewer = "run.ratings" if unit == "ratings" else "run.candidates, write.smoke_questions or run.ratings"
    raise BudgetSpent(
        f"this run is estimated at {_figure(more)} {words}{before}; budget.{key} allows {_figure(most)}",
        remedy=f"raise the limit (--set budget.{key}=...), or lower {fewer}",
    )


def _check_prices(config: Config) -> None:
    keys = [key for key in ("run_usd", "project_usd") if getattr(config.budget, key)]
    named = (config.run.chat_model, config.write.writer_model or config.run.chat_model, config.run.embedding_model)
    unknown = [model for model in dict.fromkeys(named) if cost_usd(model, 0, 0) is None]
    if keys and unknown:
        raise BudgetSpent(
            f"budget.{keys[0]} cannot be kept: redraft/prices.yaml has no price of {', '.join(unknown)}",
            remedy="add the price there, or limit tokens instead (budget.run_tokens)",
        )


def _figure(value: float) -> str:
    """Write a number of tokens, ratings or dollars.

    >>> _figure(152000), _figure(1.5), _figure(0.0712)
    ('152,000', '1.50', '0.07')
    """
    return f"{value:,.0f}" if value == int(value) else f"{value:,.2f}" if value >= 0.01 else f"{value:.2g}"


def _history_means(run: Mapping[str, Any]) -> tuple[dict[str, Tokens], str]:
    """Mean tokens a call of a finished run, from the steps that it did not take from the cache."""
    steps = find_tasks(parent=run["id"], status=["completed"], only_fields=["name"])
    paid = [step["id"] for step in steps if step["name"] in PAID_STEPS and "calls" in artifact_urls(step["id"])]
    means = mean_tokens(call for step in paid for call in get_records(step, "calls", LlmCall))
    return means, f"tokens a call as in iteration {run['iteration']}" if means else "tokens a call by default"


def _finished(runs: Sequence[Mapping[str, Any]], run: str, iteration: int) -> frozenset[str]:
    """Steps that runs of this iteration have finished."""
    same = [known["id"] for known in runs if known["id"] == run or (iteration and known["iteration"] == iteration)]
    found = [find_tasks(parent=known, status=["completed"], only_fields=["name"]) for known in same]
    return frozenset(task["name"] for tasks in found for task in tasks)
