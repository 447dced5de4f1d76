"""The leaderboard: one task a project that shows how the rating went over all iterations.

It is written anew as a whole, from the results that the runs hold, at the end of each iteration; whoever writes looks
afterwards whether a result came in meanwhile, so that of two at once none loses the other's row.

Between two writes the task is completed: the server stops what is in progress and silent for two hours, and events are
sure to be taken only by a task in progress. One whose writer died is stopped by it; the next writer starts it again.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Any

import pandas as pd

from redraft.errors import RedraftError
from redraft.records import IterationResult
from redraft.tracking.results import load_results
from redraft.tracking.server import call, find_tasks, project_ids
from redraft.tracking.tables import report_table, rounded

log = logging.getLogger("redraft")

TAG = "redraft-leaderboard"
NAME = "leaderboard"
TRIES = 5  # of writing, while other iterations end
COLUMNS = ("iteration", "variant", "rating", "low", "high", "ratings", "citations valid", "refusals right",
           "people minutes", "tokens", "cost usd", "current after it", "decision", "run")  # fmt: skip


def keep_leaderboard(project: str) -> None:
    """Write the leaderboard if that is possible now; an iteration does not fail because it is not."""
    try:
        write_leaderboard(project)
    except RedraftError as error:
        log.warning("the leaderboard was not written: %s; the next iteration writes all of it", error)


def write_leaderboard(project: str, *, between: Callable[[str], None] = lambda _step: None) -> str:
    """Write the leaderboard of all iterations that have a result; return its task's id.

    Args:
        project: ClearML project of the runs.
        between: Called with the name of each step that was done; tests do there what somebody else might.

    Raises:
        RedraftError: The server is away or refuses.
    """
    task_id = leaderboard_of(project)
    if task_id is None:
        between("looked")
        task_id = _make(project)
    for _ in range(TRIES):
        results = load_results(project, in_progress=True)
        between("read")
        call("tasks.started", task=task_id)
        _report(task_id, results)
        between("reported")
        others = call("tasks.get_by_id", task=task_id)["task"]["status"] != "in_progress"  # ended it under our hands
        if not others:
            call("tasks.completed", task=task_id, status_message=sentence(results))
        if not others and load_results(project, in_progress=True) == results:
            break
    return task_id


def leaderboard_of(project: str) -> str | None:
    """Id of a project's leaderboard; `None` before the first iteration."""
    ids = project_ids(project)
    found = find_tasks(project=ids, tags=[TAG], only_fields=["created"]) if ids else iter(())
    return next((str(task["id"]) for task in found), None)


def sentence(results: Sequence[IterationResult]) -> str:
    """What the leaderboard says, in a sentence.

    >>> sentence([])
    'No iteration has a result yet.'
    """
    best, current = best_of(results), current_of(results)
    if best is None:
        return "No iteration has a result yet."
    said = f"Best of {len(results)} iterations: {_figures(best)}"
    return f"{said}; current: {_figures(current)}." if current else f"{said}; none was promoted yet."


def best_of(results: Sequence[IterationResult]) -> IterationResult | None:
    """The iteration whose new prompt people rated best; of equal ones, the first."""
    return max((one for one in results if one.mean is not None), key=lambda one: one.mean or 0.0, default=None)


def current_of(results: Sequence[IterationResult]) -> IterationResult | None:
    """The last iteration that judged, as its new one, the prompt that is current after the last iteration."""
    current = results[-1].published_id if results else None
    return next((one for one in reversed(results) if current is not None and one.variant_id == current), None)


def iterations_table(results: Sequence[IterationResult]) -> pd.DataFrame:
    """One row an iteration."""
    rows = [
        (one.iteration, one.variant_id, rounded(one.mean), rounded(one.low), rounded(one.high), one.n_ratings,
         rounded(one.citations_valid), rounded(one.refusals_right), rounded(one.minutes), one.tokens, one.cost_usd,
         one.published_id, one.decision, one.task_id)
        for one in results
    ]  # fmt: skip
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _figures(one: IterationResult) -> str:
    interval = f" ({one.low:.2f} to {one.high:.2f})" if one.low is not None and one.high is not None else ""
    return f"{one.mean:.2f}{interval} in iteration {one.iteration}"


def _make(project: str) -> str:
    """Make the task; of two that make it at once, both take the older."""
    from clearml import Task

    made = Task.create(project_name=project, task_name=NAME, task_type=Task.TaskTypes.monitor)
    made.set_tags([TAG])
    kept = leaderboard_of(project) or str(made.id)
    if kept != made.id:
        call("tasks.delete", task=made.id, force=True)
    return kept


def _report(task_id: str, results: Sequence[IterationResult]) -> None:
    from clearml import Task

    task = Task.get_task(task_id=task_id)
    logger = task.get_logger()
    for one in results:
        for series, value in (("mean", one.mean), ("low", one.low), ("high", one.high)):
            if value is not None:
                logger.report_scalar("rating", series, value, iteration=one.iteration)
    logger.report_plotly("rating by iteration", "new prompt", iteration=0, figure=_trend(results))
    report_table(task, "iterations", iterations_table(results))
    for name, shown in (("best", best_of(results)), ("current", current_of(results))):
        if shown is not None and shown.mean is not None:
            logger.report_single_value(f"{name} rating", shown.mean)
            logger.report_single_value(f"{name} iteration", shown.iteration)
    logger.report_single_value("iterations", len(results))
    task.flush(wait_for_uploads=True)


def _trend(results: Sequence[IterationResult]) -> dict[str, Any]:
    """Mean rating of each iteration's new prompt with its interval, as plotly takes it."""
    known = [(one.iteration, one.mean, one.low, one.high) for one in results if one.mean is not None]
    points = {
        "type": "scatter",
        "mode": "lines+markers",
        "name": "new prompt",
        "x": [iteration for iteration, *_ in known],
        "y": [mean for _, mean, *_ in known],
        "error_y": {
            "type": "data",
            "symmetric": False,
            "array": [(high if high is not None else mean) - mean for _, mean, _, high in known],
            "arrayminus": [mean - (low if low is not None else mean) for _, mean, low, _ in known],
        },
    }
    axes = {"xaxis": {"title": "iteration", "dtick": 1}, "yaxis": {"title": "mean rating, 1 to 5", "range": [1, 5]}}
    return {"data": [points], "layout": axes}
