"""Archiving old iterations: their runs, steps and reviews are hidden in ClearML, and nothing that is read is lost.

    plan_archive -> a snapshot of their records -> the tasks are archived -> (if asked) their index files are deleted

What archiving is, on the server: the system tag `archived`. Task lists of the web interface leave such tasks out, and
so does the SDK's look-up of finished steps; asked for by id they are found, and our own look-ups list them too. So the
history stays the same. The snapshot is for the case that somebody deletes what lies in the archive: all rows of the
records are in it.
"""

from __future__ import annotations

from collections.abc import Callable

from redraft.learning.history import make_history
from redraft.learning.words import counted
from redraft.tracking.archive_plan import ArchivePlan
from redraft.tracking.history import Event, find_sources, records_in
from redraft.tracking.results import kept_results, load_results
from redraft.tracking.server import call
from redraft.tracking.snapshots import record_snapshot
from redraft.tracking.stored_indexes import delete_index

AT_ONCE = 200  # tasks in one call


def archive(
    plan: ArchivePlan, *, delete_indexes: bool = False, between: Callable[[str], None] = lambda _step: None
) -> str | None:
    """Do it; a second call after a broken one does the rest.

    Args:
        plan: From `plan_archive`, a moment ago.
        delete_indexes: Also delete the index files of steps that go. Whoever runs such an iteration again has the
            index made anew, the same by content.
        between: Called with the name of each step that was done; tests stop here.

    Returns:
        Id of the snapshot; `None` when nothing that goes holds records that are not in one already.
    """
    ids = [str(task["id"]) for task in plan.tasks]
    snapshot = _snapshot(plan, set(ids))
    between("snapshot")
    for start in range(0, len(ids), AT_ONCE):
        call("tasks.archive", tasks=ids[start : start + AT_ONCE], status_message="redraft archive")
        between("archived")
    for task in plan.indexes if delete_indexes else ():
        delete_index(task)
        between("index")
    return snapshot


def _snapshot(plan: ArchivePlan, going: set[str]) -> str | None:
    sources = [source for source in find_sources(plan.project) if source in going]
    runs = {run.run_id for run in plan.going}
    kept = {result.task_id for result in kept_results(plan.project)}
    results = [result for result in load_results(plan.project) if result.task_id in runs - kept]
    if not sources and not results:
        return None
    records = list(records_in(sources))
    said = f"{counted(len(make_history(records).ratings), 'rating')} of {counted(len(runs), 'archived run')}"
    event = Event(name="snapshot of archived iterations", tag="", summary=f"{len(records)} records, {said}")
    return record_snapshot(plan.project, event, records, results, covers=sources)
