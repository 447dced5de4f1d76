r"""Spreads the work of one step over agents: shards are tasks of their own on the queue that the step came from.

    answer_questions                 works on shard 1, then on whatever nobody else has begun; merges by id
    answer_questions, shard 2 of 4   the same script and parameters, and `Args/shard = 2 of 4`
    answer_questions, shard 3 of 4   ...

Why it cannot deadlock: the step never waits for a shard that nobody has begun. It takes it out of the queue
(`queues.remove_task` is the lock) and does the work itself; with one agent it does all of it. It waits only for shards
that an agent has taken, and for none of them for ever: one that is not begun (a pod without a machine) is taken back
after minutes; one that fails, is killed, or is silent for minutes is put back on the queue by itself, twice at most.
What it had paid for is kept (`redraft.tracking.kept_replies`).

Every shard finds out from the step's own parameters what there is to do and takes its part by number, so that nothing
but a number is handed over. A shard is a clone of the step's task, so it runs the same commit. It ends by itself when
its step does. Shards that an earlier attempt at the same step completed are taken as they are: same code, parameters
and settings, same number of shards (`shard_key`); those that are under way when the step's own task is launched again
go on. The number of shards is no part of the step's own key.

Each shard gets its part of the limits: calls in flight, calls a minute, budget. So the endpoint never sees more than
is configured, and more shards than agents leave a part of it unused.
"""

from __future__ import annotations

import itertools
import logging
import time
from collections.abc import Iterator
from typing import Any

from redraft.call_log import CallLog
from redraft.errors import RedraftError, RunError
from redraft.records import LlmCall
from redraft.tracking.artifacts import get_records
from redraft.tracking.endings import lost_its_agent
from redraft.tracking.kept_replies import replies_on
from redraft.tracking.queues import busy_tasks, queue_id, queues_of_run, remove_from_queue, send_off
from redraft.tracking.server import Refusal, call, find_tasks, unix_time
from redraft.tracking.shard import SPENT_UP, TAKEN_BACK, shard_key
from redraft.tracking.step import Step, results_of, why_ended

log = logging.getLogger("redraft")

SHARD_TAG = "redraft-shard"
DONE = ("completed", "published")
LIVE = ("queued", "in_progress")
POLL_S = 1.0
RETRIES = 2
PENDING_S = 300.0  # so long a shard that an agent took may not be begun
SILENT_S = 180.0  # a living process reports how it is twice a minute
MOST_LOOKED_AT = 500


class Shards:
    """The shards of a step at work. Use it as a context manager: what is left of them ends with it.

    Args:
        step: The step.
        calls: Its call log, which takes in what the shards paid for.
        count: How many shards there are, the step's own among them.
    """

    def __init__(self, step: Step, calls: CallLog, count: int) -> None:
        self._step, self._calls, self._count = step, calls, count
        self._queue = queue_id(queues_of_run(step.pipeline_id).steps) if count > 1 else ""
        self._key = shard_key(step)
        self._live: dict[int, str] = {}  # number -> task id
        self._tries: dict[int, int] = {}
        self._pending_since: dict[int, float] = {}
        self.completed: list[str] = []  # ids of the shards that others completed

    def __enter__(self) -> Shards:
        known = _known_shards(self._step, self._key, self._count) if self._count > 1 else {}
        for number in range(2, self._count + 1):
            shard, status = known.get(number, ("", ""))
            if status in DONE:
                log.info("shard %d of %d was completed by an earlier attempt: %s", number, self._count, shard)
                self.completed.append(shard)
            else:
                self._live[number] = shard or self._make(number)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop what is left, which is something only after an error; one that is completed meanwhile stays so."""
        for number, shard in self._live.items():
            try:
                remove_from_queue(self._queue, shard)
                call("tasks.stopped", task=shard, status_message="its step has ended")
            except RedraftError as error:
                log.info("shard %d of %d is not stopped: %s", number, self._count, error)

    def own(self) -> Iterator[int]:
        """Numbers of the shards that the step itself has to work on, one after the other; ends when all are done.

        Raises:
            RunError: A shard failed again and again, or a person stopped it.
        """
        yield 1
        while self._live:
            waiting = [number for number, shard in list(self._live.items()) if self._look(number, shard)]
            taken = next((number for number in reversed(waiting) if self._take_back(number)), None)
            if taken is not None:
                yield taken
            elif self._live:
                time.sleep(POLL_S)
        self._calls.join([made for shard in self.completed for made in _calls_of(shard)])

    def _make(self, number: int) -> str:
        """Make a shard and send it to the queue."""
        name = f"{self._step.name}, shard {number} of {self._count}"
        own = call("tasks.get_by_id", task=self._step.id)["task"]
        given = {"shard": f"{number} of {self._count}", "shard_of": self._step.id, "shard_key": self._key}
        args = {**own["hyperparams"]["Args"], **{key: _parameter(key, value) for key, value in given.items()}}
        made = call("tasks.clone", task=self._step.id, new_task_name=name, new_task_parent=self._step.pipeline_id)
        shard = str(made["id"])
        # without the step's results and what it spent, nor the hash by which ClearML would find the step's result
        call("tasks.edit", task=shard, tags=[SHARD_TAG], hyperparams={"Args": args}, runtime={}, comment="")
        send_off(shard, self._queue)
        return shard

    def _look(self, number: int, shard: str) -> bool:
        """Follow one shard; whether it waits for somebody to begin it."""
        task = call("tasks.get_by_id", task=shard)["task"]
        status = task["status"]
        if status in DONE:
            del self._live[number]
            self.completed.append(shard)
        elif status == "in_progress" and _is_dead(task):
            self._again(number, shard, "nothing was heard of it for minutes")
        elif status == "failed" and results_of(shard).get(SPENT_UP):
            del self._live[number]  # its part of the budget is spent: the step makes what is missing, if it still may
            self.completed.append(shard)
        elif status == "stopped" and not lost_its_agent(task):
            raise RunError(
                f"shard {number} of {self._count} ({shard}) was stopped: {why_ended(task)}",
                remedy="`redraft resume` goes on: what the other shards did is kept",
            )
        elif status in ("failed", "stopped"):
            self._again(number, shard, why_ended(task))
        return bool(status == "queued")

    def _again(self, number: int, shard: str, why: str) -> None:
        """Put a shard back on the queue."""
        self._tries[number] = self._tries.get(number, 0) + 1
        which = f"shard {number} of {self._count} ({shard})"
        if self._tries[number] > RETRIES:
            raise RunError(
                f"{which} did not succeed in {RETRIES + 1} attempts: {why}",
                remedy="mend it and run `redraft resume`: what the other shards did is kept",
            )
        log.warning("%s is repeated: %s", which, why)
        if call("tasks.get_by_id", task=shard)["task"]["status"] == "in_progress":
            call("tasks.stopped", task=shard, force=True, status_message=why)
        send_off(shard, self._queue)

    def _take_back(self, number: int) -> bool:
        """Take a shard that nobody has begun out of the queue; `False`: somebody was faster."""
        shard = self._live[number]
        if not remove_from_queue(self._queue, shard):
            since = self._pending_since.setdefault(number, time.monotonic())
            if time.monotonic() - since < PENDING_S:
                return False
        task = call("tasks.get_by_id", task=shard)["task"]
        if task["status"] != "queued":  # it was begun at this moment
            return False
        taken = {"section": "properties", "name": TAKEN_BACK, "value": "yes"}
        call("tasks.edit_hyper_params", task=shard, hyperparams=[taken], replace_hyperparams="none")
        self._calls.add_earlier(replies_on([task]))  # of an attempt that failed
        call("tasks.dequeue", task=shard)
        call("tasks.stopped", task=shard, force=True, status_message="its step did this work itself")
        del self._live[number]
        log.info("shard %d of %d is done by the step itself: no other agent was free", number, self._count)
        return True


def _known_shards(step: Step, key: str, count: int) -> dict[int, tuple[str, str]]:
    """Shards of the same work that are completed, or under way for this task: number -> task id, status.

    Those are of its own earlier attempt, when it was killed and its controller launched it again.
    """
    project = call("tasks.get_by_id", task=step.id)["task"]["project"]
    found = find_tasks(
        project=[project],
        tags=[SHARD_TAG],
        status=[*DONE, *LIVE],
        system_tags=["-archived"],
        only_fields=["status", "hyperparams.Args"],
        order_by=["-created"],
    )
    known: dict[int, tuple[str, str]] = {}
    for task in itertools.islice(found, MOST_LOOKED_AT):
        args = {name: item["value"] for name, item in ((task.get("hyperparams") or {}).get("Args") or {}).items()}
        number, _, of = args.get("shard", "").partition(" of ")
        wanted = task["status"] in DONE or args.get("shard_of") == step.id
        if wanted and args.get("shard_key") == key and of == str(count) and number.isdigit():
            before = known.get(int(number), ("", ""))
            if before[1] not in DONE:
                known[int(number)] = (str(task["id"]), str(task["status"]))
    return known


def _is_dead(task: dict[str, Any]) -> bool:
    """Whether no agent says that it is at a task, and nothing was heard of it for minutes."""
    heard = unix_time(task.get("last_update") or task.get("started"))
    return time.time() - heard > SILENT_S and task["id"] not in busy_tasks()


def _calls_of(shard: str) -> list[LlmCall]:
    try:
        return get_records(shard, "calls", LlmCall)
    except Refusal:  # it was killed
        return []


def _parameter(name: str, value: str) -> dict[str, str]:
    return {"section": "Args", "name": name, "value": value, "type": "str"}
