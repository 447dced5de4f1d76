"""What lies in ClearML's archive, and how an iteration comes out of it when it is run again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from redraft.errors import InputError
from redraft.tracking.server import call, find_tasks


def is_archived(task: Mapping[str, Any]) -> bool:
    """Whether a task is hidden in the web interface, and from the SDK's look-up of finished steps."""
    return "archived" in (task.get("system_tags") or [])


def bring_back(runs: Iterable[Mapping[str, Any]], iteration: int) -> int:
    """Take an iteration that is about to be run again out of the archive, so that its finished steps are found.

    Args:
        runs: All runs of the pipeline, from `redraft.tracking.prepare.runs_of`.
        iteration: Its number.

    Returns:
        How many tasks were brought back.
    """
    archived = [run["id"] for run in runs if run["iteration"] == iteration and is_archived(run)]
    wanted = {*archived, *(step for run in archived for step in steps_if_known(run))}
    found = list(find_tasks(id=sorted(wanted), only_fields=["system_tags"])) if wanted else []
    hidden = [task["id"] for task in found if is_archived(task)]
    if hidden:
        call("tasks.unarchive_many", ids=hidden, status_message=f"iteration {iteration} is run again")
    return len(hidden)


def steps_if_known(run: str) -> list[str]:
    """Ids of a run's steps, those from the cache too; none if it ended before its controller kept them."""
    from redraft.tracking.runs import steps_of

    try:
        return [step for step in steps_of(run).values() if step]
    except (InputError, ValueError):
        return []
