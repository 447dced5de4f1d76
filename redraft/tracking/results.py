"""What the finished iterations of a project came to: rows of the table that compares them."""

from __future__ import annotations

from redraft.records import IterationResult
from redraft.tracking.artifacts import get_records
from redraft.tracking.prepare import runs_of
from redraft.tracking.runs import pipeline_project


def load_results(project: str) -> list[IterationResult]:
    """Results of the project's finished iterations, by number; of one that was run again, the last."""
    project_id = pipeline_project(project)
    results: dict[int, IterationResult] = {}
    for run in runs_of(project_id) if project_id else []:
        if run["status"] in ("completed", "published"):
            for result in get_records(run["id"], "iteration", IterationResult):
                results[result.iteration] = result
    return [results[number] for number in sorted(results)]
