"""Snapshots: one small task that holds the records of many, for archived runs and restored backups.

A snapshot holds every row as it was, superseded ones too, so that the union of the history with it is the same as
without it. It names the tasks that it covers: the history is then read from it instead of from them, which keeps
reading fast, and loses nothing when somebody deletes what was archived.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from redraft.learning.history import Record
from redraft.records import IterationResult
from redraft.tracking.artifacts import put_records
from redraft.tracking.history import KINDS, Event, record_event
from redraft.tracking.server import call
from redraft.tracking.snapshot_covers import COVERS_OBJECT, KEPT, LAST_ITERATION, SNAPSHOT_TAG


def record_snapshot(
    project: str,
    event: Event,
    records: Iterable[Record],
    results: Sequence[IterationResult] = (),
    *,
    covers: Iterable[str] = (),
    meanwhile: Callable[[str], None] = lambda _task: None,
) -> str:
    """Record a snapshot, which counts once it is complete; return its task's id.

    Args:
        project: ClearML project.
        event: How it is shown.
        records: What it holds.
        results: Of iterations whose runs may be gone.
        covers: Ids of the tasks that `records` are all of.
        meanwhile: Called with the task's id while it is in progress, for what belongs to it.

    Raises:
        RedraftError: Nothing was recorded.
    """
    covered = sorted(set(covers))

    def write_rest(task_id: str) -> None:
        if covered:
            item = {"name": COVERS_OBJECT, "value": json.dumps(covered), "type": "json"}
            call(
                "tasks.edit_configuration", task=task_id, configuration=[item], replace_configuration=False, force=True
            )
        if results:
            put_records(task_id, KEPT, IterationResult, results)
            number = str(max(result.iteration for result in results))
            item = {"section": "properties", "name": LAST_ITERATION, "value": number, "type": "str"}
            call("tasks.edit_hyper_params", task=task_id, hyperparams=[item], replace_hyperparams="none")
        meanwhile(task_id)

    tagged = Event(name=event.name, tag=SNAPSHOT_TAG, summary=event.summary)
    return record_event(project, tagged, by_artifact(records), meanwhile=write_rest)


def by_artifact(records: Iterable[Any]) -> dict[str, list[Any]]:
    """Sort records by the name of their artifact, each different row once, in a fixed order."""
    names: Mapping[type[Any], str] = {kind: name for name, kind in KINDS.items()}
    found: dict[str, dict[Any, None]] = {}
    for record in records:
        found.setdefault(names[type(record)], {})[record] = None
    return {name: list(found[name]) for name in KINDS if name in found}
