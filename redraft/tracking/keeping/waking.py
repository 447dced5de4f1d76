"""Puts runs whose controller died back on their queue.

One that a person stopped stays stopped, and one that failed for a reason of its own (a wrong value, a refusing model)
would fail again.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from redraft.errors import RedraftError
from redraft.tracking.endings import fell_silent, was_killed
from redraft.tracking.server import call
from redraft.tracking.settling import wake_run

log = logging.getLogger("redraft")

MOST_WAKES = 3  # of one run


def has_crashed(run: Mapping[str, Any]) -> bool:
    """Whether a run, as the server describes it, ended because its process or that of a step was killed.

    >>> has_crashed({"status": "failed", "status_reason": "worker execution exit code -9"})
    True
    >>> has_crashed({"status": "failed", "status_reason": "worker execution exit code 1"})
    False
    >>> has_crashed({"status": "stopped", "status_message": "Forced stop (non-responsive)"})
    True
    """
    said = " ".join(str(run.get(name) or "") for name in ("status_reason", "status_message", "comment"))
    return fell_silent(run) or (run["status"] == "failed" and was_killed(said))


def wake_crashed(
    runs: Sequence[Mapping[str, Any]], reviewed: Collection[str | None], wakes: Mapping[str, int]
) -> dict[str, int]:
    """Put back what crashed; return how often each run was put back by now.

    Args:
        runs: The project's runs, oldest first, as the server describes them.
        reviewed: Ids of the runs whose review is open.
        wakes: How often each was put back before.
    """
    now = dict(wakes)
    for run in runs:
        wanted = run["id"] == runs[-1]["id"] or run["id"] in reviewed  # others were left behind for a newer one
        ended = wanted and run["status"] in ("failed", "stopped")
        if now.get(run["id"], 0) >= MOST_WAKES or not (ended or run["status"] == "in_progress"):
            continue
        if ended and not has_crashed(call("tasks.get_by_id", task=run["id"])["task"]):
            continue
        try:
            woken = wake_run(str(run["id"]))
        except RedraftError as error:
            log.warning("run %s cannot be put back on its queue: %s", run["id"], error)
            continue
        if woken:
            now[run["id"]] = now.get(run["id"], 0) + 1
            log.info("run %s is put back on its queue: its controller died", run["id"])
    return {run: n for run, n in now.items() if run in {str(found["id"]) for found in runs}}
