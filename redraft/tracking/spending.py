"""The budget of a run and of its project: what was spent, what may be, and what raises a limit.

Every step keeps on its own task what its model calls took (section `Spent`), failed and stopped ones too. So the sum
over a run's steps is what the run paid, and a step that came from the cache counts where it was paid. The limits are
read from the run, not from a step's section: they change no result, so no finished step is repeated when one is raised.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from redraft.config import over_defaults, parse_yaml, to_tree
from redraft.errors import InputError
from redraft.llm.budget import Budget, Limit, Spent
from redraft.records import IterationResult, Rating
from redraft.settings import BudgetSettings, Config
from redraft.tracking.artifacts import get_records
from redraft.tracking.history import find_sources, load_history
from redraft.tracking.server import Refusal, call, find_tasks
from redraft.tracking.step import CONFIG_OBJECT, Step, configuration_text

SECTION = "Spent"
RAISED = "budget."  # how the properties of a run begin that raise its limits
NONE = Spent()


def run_settings(run: str) -> Config:
    """The configuration that a run was started with, under the limits that hold now."""
    try:
        tree = parse_yaml(configuration_text(run, CONFIG_OBJECT), name=f"configuration object {CONFIG_OBJECT}")
    except InputError:  # a step run by hand for a task that is no run of ours
        tree = {}
    layers: list[tuple[str, Mapping[str, Any]]] = [(f"configuration object {CONFIG_OBJECT} of task {run}", tree)]
    return over_defaults([*layers, *raised_limits(run)])


def raised_limits(run: str) -> list[tuple[str, Mapping[str, Any]]]:
    """Differences of configuration that `raise_limits` left on a run."""
    properties = (call("tasks.get_by_id", task=run)["task"].get("hyperparams") or {}).get("properties") or {}
    given = {name: item["value"] for name, item in properties.items() if name.startswith(RAISED)}
    tree = {name.removeprefix(RAISED): value for name, value in given.items()}
    return [("raised limits", {"budget": tree})] if tree else []


def raise_limits(run: str, settings: Mapping[str, str]) -> None:
    """Give a run other limits, whatever its status is; they hold from its next step on.

    Raises:
        InputError: A setting is no limit, or its value is wrong.
    """
    wrong = [key for key in settings if not key.startswith(RAISED)]
    if wrong:
        raise InputError(
            f"{wrong[0]} cannot be changed for a run that was started: only limits can ({RAISED}...)",
            remedy="start another run with `redraft run`",
        )
    over_defaults([("--set", {"budget": {key.removeprefix(RAISED): value for key, value in settings.items()}})])
    items = [{"section": "properties", "name": key, "value": str(value)} for key, value in settings.items()]
    # properties may be written in every status, other sections only before a task runs
    call("tasks.edit_hyper_params", task=run, hyperparams=items, replace_hyperparams="none")


def spent_by_run(project_id: str) -> dict[str, Spent]:
    """What each run of a pipeline's project spent on model calls, by the run's id."""
    found: dict[str, Spent] = {}
    for task in find_tasks(project=[project_id], only_fields=["parent", f"hyperparams.{SECTION}"]):
        said = (task.get("hyperparams") or {}).get(SECTION)
        if said and task.get("parent"):
            found[task["parent"]] = found.get(task["parent"], NONE) + _read(said)
    return found


def spent_by_project(project_id: str) -> Spent:
    """What all runs of a pipeline's project spent; of runs by a Redraft that did not count, what their report says."""
    by_run = spent_by_run(project_id)
    total = sum(by_run.values(), NONE)
    for run in find_tasks(project=[project_id], type=["controller"], status=["completed"], only_fields=["name"]):
        if run["id"] not in by_run:
            total += _reported(run["id"])
    return total


def given_ratings(project: str) -> int:
    """How many answers people of a project have rated, each person's once."""
    ratings: Sequence[Rating] = load_history(find_sources(project)).ratings
    return len({(rating.reviewer, rating.answer_id) for rating in ratings})


def ratings_left(run: str, project: str, planned: int) -> int | None:
    """How many ratings a run may still ask for, when it has asked for so many; None: any number."""
    settings, left = run_settings(run).budget, list[int]()
    if settings.run_ratings:
        left.append(settings.run_ratings - planned)
    if settings.project_ratings:
        left.append(settings.project_ratings - given_ratings(project) - planned)
    return max(0, min(left)) if left else None


def open_budget(step: Step, settings: BudgetSettings, shares: int = 1) -> Budget:
    """The budget of a step, less what the run's and the project's other steps have spent; of a shard, its part."""
    pipeline = call("tasks.get_by_id", task=step.pipeline_id)["task"]
    own = _read((call("tasks.get_by_id", task=step.id)["task"].get("hyperparams") or {}).get(SECTION) or {})
    runs = spent_by_run(pipeline["project"]).get(step.pipeline_id, NONE) if _any(settings) else NONE
    everything = spent_by_project(pipeline["project"]) if _any(settings, "project_") else NONE
    # a step that an agent takes up again keeps what its first attempt spent
    return Budget(limits(settings, runs, everything), shares=shares, keep=lambda spent: keep_spent(step, own + spent))


def keep_spent(step: Step, spent: Spent) -> None:
    """Keep on a step's task what it has spent so far."""
    usd = "" if spent.usd is None else repr(spent.usd)
    step.task.update_parameters({f"{SECTION}/tokens": str(spent.tokens), f"{SECTION}/usd": usd})


def limits(settings: BudgetSettings, run: Spent, project: Spent) -> list[Limit]:
    """The limits on model calls that are set, each with what was spent of it.

    >>> from redraft.config import load_config
    >>> [limit.key for limit in limits(load_config(None, {"budget.run_usd": 2}).budget, NONE, NONE)]
    ['budget.run_usd']
    """
    found = [
        Limit(key="budget.run_tokens", unit="tokens", most=settings.run_tokens, before=run.tokens),
        Limit(key="budget.run_usd", unit="usd", most=settings.run_usd, before=run.usd or 0.0),
        Limit(key="budget.project_tokens", unit="tokens", most=settings.project_tokens, before=project.tokens),
        Limit(key="budget.project_usd", unit="usd", most=settings.project_usd, before=project.usd or 0.0),
    ]
    return [limit for limit in found if limit.most > 0]


def budget_sentence(settings: BudgetSettings, run: Spent, project: Spent, ratings: int) -> str:
    """Say what was spent of each limit that is set; empty: none is.

    Args:
        settings: The limits.
        run: What the run spent.
        project: What all runs of the project spent.
        ratings: That people of the project have given. What a run asks for is limited before it starts.
    """
    parts = [_part(limit.key, limit.before, limit.most, limit.unit) for limit in limits(settings, run, project)]
    if settings.project_ratings:
        parts.append(_part("budget.project_ratings", ratings, settings.project_ratings, "ratings"))
    return f"Budget: {'; '.join(parts)}." if parts else ""


def _part(key: str, spent: float, most: float, unit: str) -> str:
    """Say how much of a limit is spent.

    >>> _part("budget.run_tokens", 81230, 100000, "tokens"), _part("budget.run_usd", 0.0712, 1, "usd")
    ('81,230 of 100,000 tokens (budget.run_tokens)', '0.07 of 1.00 USD (budget.run_usd)')
    """
    if unit == "usd":
        return f"{spent:.2f} of {most:.2f} USD ({key})"
    return f"{spent:,.0f} of {most:,.0f} {unit} ({key})"


def _any(settings: BudgetSettings, start: str = "") -> bool:
    return any(value for key, value in to_tree(settings).items() if key.startswith(start))


def _read(section: Mapping[str, Any]) -> Spent:
    values = {name: str(item["value"]) for name, item in section.items()}
    usd = values.get("usd", "0")
    return Spent(tokens=int(values.get("tokens") or 0), usd=float(usd) if usd else None)


def _reported(run: str) -> Spent:
    try:
        results = get_records(run, "iteration", IterationResult)
    except Refusal:
        return NONE
    return sum((Spent(tokens=result.tokens, usd=result.cost_usd) for result in results), NONE)
