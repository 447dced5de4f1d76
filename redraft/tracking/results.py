"""What the finished iterations of a project came to: rows of the table that compares them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from redraft.records import IterationResult
from redraft.tracking.artifacts import get_records
from redraft.tracking.history import ENDED
from redraft.tracking.prepare import runs_of
from redraft.tracking.server import Refusal, find_tasks, project_ids
from redraft.tracking.snapshot_covers import KEPT, SNAPSHOT_TAG
from redraft.tracking.templates import pipeline_project


def result_of(run: str) -> Sequence[IterationResult]:
    """The result of a finished run, which never changes."""
    return get_records(run, "iteration", IterationResult)


def load_results(
    project: str,
    read: Callable[[str], Sequence[IterationResult]] = result_of,
    *,
    in_progress: bool = False,
) -> list[IterationResult]:
    """Results of the project's finished iterations, by number; of one that was run again, the last.

    Args:
        project: ClearML project of the runs.
        read: Reads a run's result; one who asks often gives one that remembers.
        in_progress: Those of runs, too, that have their result and are about to end.
    """
    project_id = pipeline_project(project)
    results = {result.iteration: result for result in kept_results(project)}
    for run in runs_of(project_id) if project_id else []:
        if run["status"] in ENDED:
            results.update({result.iteration: result for result in read(run["id"])})
        elif in_progress and run["status"] == "in_progress":
            results.update({result.iteration: result for result in _if_there(read, run["id"])})
    return [results[number] for number in sorted(results)]


def kept_results(project: str) -> Iterator[IterationResult]:
    """Results of iterations whose runs may be gone: those that snapshots and restored backups hold."""
    ids = project_ids(project)
    fields = ["execution.artifacts"]
    for task in find_tasks(project=ids, tags=[SNAPSHOT_TAG], status=list(ENDED), only_fields=fields) if ids else ():
        if any(item["key"] == KEPT for item in (task.get("execution") or {}).get("artifacts") or []):
            yield from get_records(task["id"], KEPT, IterationResult)


def _if_there(read: Callable[[str], Sequence[IterationResult]], run: str) -> Sequence[IterationResult]:
    try:
        return read(run)
    except Refusal:  # it has none yet
        return ()
