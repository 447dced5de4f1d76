"""Which tasks' records a snapshot holds (`redraft.tracking.snapshots`), and what is read when such a task is gone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from redraft.errors import ServerRefused
from redraft.tracking.server import call, find_tasks, project_ids

SNAPSHOT_TAG = "redraft-snapshot"
COVERS_OBJECT = "covers"  # configuration object of a snapshot: ids of the tasks whose records it holds
KEPT = "iterations"  # its artifact: results of iterations whose runs may be gone
LAST_ITERATION = "last_iteration"  # its property: the highest number among them
AT_ONCE = 500  # ids in one question


def covers_of(snapshots: Iterable[str]) -> dict[str, frozenset[str]]:
    """Ids of the tasks that each snapshot holds the records of."""
    ids = list(snapshots)
    found = call("tasks.get_configurations", tasks=ids, names=[COVERS_OBJECT])["configurations"] if ids else []
    return {
        one["task"]: frozenset(i for item in one["configuration"] for i in json.loads(item["value"])) for one in found
    }


def tasks_or_snapshots(ids: Sequence[str], *, only_fields: list[str]) -> list[dict[str, Any]]:
    """The tasks with these ids, in that order; for those that were deleted, the snapshots that hold their records.

    Args:
        ids: Of tasks; each counts once.
        only_fields: As in `find_tasks`.

    Raises:
        ServerRefused: One is gone, and no snapshot holds it, or none that holds nothing else.
    """
    wanted = list(dict.fromkeys(ids))
    found: dict[str, dict[str, Any]] = {}
    for start in range(0, len(wanted), AT_ONCE):
        some = wanted[start : start + AT_ONCE]
        found.update({task["id"]: task for task in find_tasks(id=some, only_fields=only_fields)})
    gone = [task_id for task_id in wanted if task_id not in found]
    if gone:
        instead = _instead_of(gone, frozenset(wanted))
        found.update({task["id"]: task for task in find_tasks(id=instead, only_fields=only_fields)})
        wanted += [task_id for task_id in instead if task_id not in wanted]
    return [found[task_id] for task_id in wanted if task_id in found]


def last_iteration(project: str) -> int:
    """The highest number of an iteration that a snapshot of the project holds the result of; 0: none does."""
    ids = project_ids(project)
    found = find_tasks(project=ids, tags=[SNAPSHOT_TAG], only_fields=["hyperparams.properties"]) if ids else ()
    properties = [(task.get("hyperparams") or {}).get("properties") or {} for task in found]
    return max((int(one[LAST_ITERATION]["value"]) for one in properties if LAST_ITERATION in one), default=0)


def _instead_of(gone: Sequence[str], wanted: frozenset[str]) -> list[str]:
    """Ids of snapshots that hold what is gone; one that holds more than what is wanted would tell too much."""
    snapshots = find_tasks(tags=[SNAPSHOT_TAG], status=["completed", "published"], only_fields=["status"])
    held = {s: covers for s, covers in covers_of(task["id"] for task in snapshots).items() if covers <= wanted}
    for task_id in gone:
        if not any(task_id in covers for covers in held.values()):
            raise ServerRefused(
                f"task {task_id} was deleted: its records are part of the history that is asked for",
                remedy="restore the server's backup, or start an iteration, which reads what is there",
            )
    return sorted(s for s, covers in held.items() if covers & set(gone))
