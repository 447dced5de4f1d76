"""What the finished iterations of a project came to: rows of the table that compares them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from redraft.records import IterationResult
from redraft.tracking.artifacts import get_records
from redraft.tracking.prepare import runs_of
from redraft.tracking.runs import pipeline_project


def result_of(run: str) -> Sequence[IterationResult]:
    """The result of a finished run, which never changes."""
    return get_records(run, "iteration", IterationResult)


def load_results(project: str, read: Callable[[str], Sequence[IterationResult]] = result_of) -> list[IterationResult]:
    """Results of the project's finished iterations, by number; of one that was run again, the last.

    Args:
        project: ClearML project of the runs.
        read: Reads a run's result; one who asks often gives one that remembers.
    """
    project_id = pipeline_project(project)
    results: dict[int, IterationResult] = {}
    for run in runs_of(project_id) if project_id else []:
        if run["status"] in ("completed", "published"):
            results.update({result.iteration: result for result in read(run["id"])})
    return [results[number] for number in sorted(results)]
