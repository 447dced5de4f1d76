"""Steps that were killed are launched again; those that nobody will finish are found to be so.

That is: their agent died, their queue was removed, or no agent has served it for half an hour.

The SDK's controller waits for a step that is in progress, whatever happened to its agent, and goes on waiting when the
server has stopped the step for its silence. An agent says once a minute that its task lives (its setting
`task_ping_interval_sec`), so a step that nobody says anything of is dead. It is sent to its queue again: same task,
with the model replies that it kept.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Collection, Mapping
from typing import Any

from redraft.errors import RedraftError
from redraft.tracking.endings import ENDING_FIELDS, fell_silent
from redraft.tracking.keeping.waking import has_crashed
from redraft.tracking.queues import busy_tasks, queue_ids, remove_from_queue
from redraft.tracking.server import call, find_tasks
from redraft.tracking.waiting import waiting

log = logging.getLogger("redraft")

LEFT_S = 75.0  # of silence, when no agent is at the step: it was started anew, or lost its place
SILENT_S = 180.0  # of silence, whatever the server knows of agents: a dead one is listed for ten minutes
LOOK_S = 5.0
NO_QUEUE = "the queue that it waited in was removed"
QUEUED_S = 20.0  # in its queue, before it is asked what a step waits for
UNSERVED_S = 1800.0  # a machine may have to be started for it first
MOST_LAUNCHES = 3  # of one step
LOST = "its agent was not heard of any more (worker execution exit code -9 is assumed)"


def launch_again(_pipe: Any, node: Any, retries: int) -> bool:
    """Whether a failed step is to be launched again: if it was killed. What failed for a reason would fail again."""
    task = call("tasks.get_by_id", task=node.job.task_id())["task"]
    return retries + 1 < MOST_LAUNCHES and has_crashed(task)


class LostSteps:
    """Fails steps whose agent died; a context manager that looks in a thread of its own.

    Args:
        pipeline_id: Id of the run.
        clock: Seconds, from anywhere.
    """

    def __init__(self, pipeline_id: str, clock: Callable[[], float] = time.monotonic) -> None:
        self._pipeline_id, self._clock = pipeline_id, clock
        self._heard: dict[str, tuple[str, float]] = {}  # task -> what the server heard last, since when that is so
        self._queued: dict[str, float] = {}  # task -> since when it waits in its queue
        self._unserved: dict[str, float] = {}  # task -> since when no agent would take it
        self._ended = threading.Event()

    def __enter__(self) -> LostSteps:
        threading.Thread(target=self._look_on, name="lost-steps", daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()

    def look(self) -> list[str]:
        """Fail the steps that nobody will finish; their names.

        Raises:
            ServerError: The server is away.
        """
        fields = ["name", "type", *ENDING_FIELDS, "last_update", "execution.queue"]
        statuses = ["queued", "in_progress", "stopped"]
        found = find_tasks(parent=self._pipeline_id, status=statuses, only_fields=fields)
        steps = [task for task in found if task.get("type") not in ("qc", "controller")]  # qc: the review
        busy, queues, lost = busy_tasks(), set(queue_ids().values()), []
        for task in steps:
            why = self._why_lost(task, busy, queues)
            if why:
                log.warning("step %s (%s) is lost: %s", task["name"], task["id"], why)
                call("tasks.failed", task=task["id"], force=True, status_reason=why, status_message=why)
                lost.append(str(task["name"]))
        return lost

    def _why_lost(self, task: Mapping[str, Any], busy: Mapping[str, str], queues: Collection[str]) -> str:
        if task["status"] == "queued":
            queue = (task.get("execution") or {}).get("queue")
            return self._why_unserved(task, str(queue)) if queue in queues else NO_QUEUE
        self._queued.pop(task["id"], None)
        if task["status"] == "stopped":
            return LOST if fell_silent(task) else ""
        said, now = str(task.get("last_update") or ""), self._clock()
        if self._heard.get(task["id"], ("", 0.0))[0] != said:
            self._heard[task["id"]] = (said, now)
        silent_s = now - self._heard[task["id"]][1]
        return LOST if silent_s > SILENT_S or (silent_s > LEFT_S and task["id"] not in busy) else ""

    def _why_unserved(self, task: Mapping[str, Any], queue: str) -> str:
        """Why a queued step is given up; it is out of its queue then, or an agent that came late would start it."""
        now, step = self._clock(), task["id"]
        if now - self._queued.setdefault(step, now) < QUEUED_S:
            return ""
        found = waiting(task)
        if not found.for_ever:
            self._unserved.pop(step, None)
            return ""
        if step not in self._unserved:
            log.warning("step %s (%s) %s", task["name"], step, found.words)
        if now - self._unserved.setdefault(step, now) < UNSERVED_S or not remove_from_queue(queue, step):
            return ""
        return f"it waited for {UNSERVED_S / 60:.0f} minutes: {found.words}"

    def _look_on(self) -> None:
        while not self._ended.wait(LOOK_S):
            try:
                self.look()
            except RedraftError as error:  # nobody was heard of while the server was away
                log.warning("%s", error)
                self._heard.clear()
