"""Runs whose review has ended: looked at until it is seen that they have gone on."""

from __future__ import annotations

import logging
from collections.abc import Iterable

from redraft.errors import RedraftError
from redraft.tracking.keeping.waking import has_crashed
from redraft.tracking.server import call
from redraft.tracking.settling import wake_run

log = logging.getLogger("redraft")


class ReviewedRuns:
    """Puts back runs whose controller died while people rated: of one that died with its agent, only silence tells."""

    def __init__(self) -> None:
        self._runs: set[str] = set()

    def look(self, ended: Iterable[str | None] = ()) -> None:
        """Look at all of them.

        Args:
            ended: Runs whose review has ended since the last look.
        """
        self._runs |= {run for run in ended if run}
        for run in tuple(self._runs):
            try:
                task = call("tasks.get_by_id", task=run)["task"]
                under_way = task["status"] in ("created", "queued", "in_progress")
                # what failed for a reason of its own would fail again
                if not (under_way or has_crashed(task)) or wake_run(run):
                    self._runs.discard(run)
            except RedraftError as error:  # no agent serves its queue now
                log.warning("run %s cannot be put back on its queue: %s", run, error)
