"""Runs a probe task on each queue, which makes the checks where the agents are (`steps/probe.py`)."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from redraft.config import section_text
from redraft.errors import LaunchError, RedraftError, ServerError
from redraft.tracking.agent_script import agent_script
from redraft.tracking.doctor.finding import Finding, Subject, failed, from_plain
from redraft.tracking.queues import queue_id
from redraft.tracking.server import Refusal, call
from redraft.tracking.step import CONFIG_OBJECT, results_of, why_ended
from redraft.tracking.templates import ensure_template

ENTRY_POINT = "steps/probe.py"
ENDED = ("completed", "failed", "stopped", "closed", "published")
TIMEOUT_S = 900.0  # a fresh agent builds its environment first
POLL_S = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """A probe task on its way."""

    queue: str
    task_id: str


def probe_agents(
    subject: Subject, *, timeout_s: float = TIMEOUT_S, clock: Callable[[], float] = time.monotonic
) -> Iterator[Finding]:
    """Send a probe to the queue of controllers and to that of steps; yield what they find there.

    Whatever happens, it ends within the time limit and leaves no task behind but those that failed, for their log.
    """
    names, probes = subject.config.queues, []
    for queue in (names.services, names.steps):
        try:
            probes.append(_send(subject, queue))
        except RedraftError as error:
            yield failed(f"{queue}: agent", error, subject.environ)
    deadline = clock() + timeout_s
    for probe in probes:
        try:
            yield from _await(probe, deadline, clock)
        except RedraftError as error:
            yield failed(f"{probe.queue}: agent", error, subject.environ)


def _send(subject: Subject, queue: str) -> Probe:
    """Make a probe with the code of the project's runs and put it on a queue."""
    from clearml import Task

    template = call("tasks.get_by_id", task=ensure_template(subject.project))["task"]
    task = Task.create(project_name=subject.project, task_name=f"probe of {queue}", task_type="qc")
    task.set_parameters({"Args/kind": "probe", "Args/project": subject.project, "Args/pipeline_task": ""})
    task.set_configuration_object(CONFIG_OBJECT, config_text=section_text(subject.config), config_type="yaml")
    task._edit(script=agent_script(template["script"], ENTRY_POINT))
    call("tasks.enqueue", task=task.id, queue=queue_id(queue))
    return Probe(queue=queue, task_id=str(task.id))


def _await(probe: Probe, deadline: float, clock: Callable[[], float]) -> Sequence[Finding]:
    while True:
        task = call("tasks.get_by_id", task=probe.task_id)["task"]
        if task["status"] in ENDED:
            return _read(probe, task)
        if clock() > deadline:
            return [_give_up(probe, task)]
        time.sleep(POLL_S)


def _read(probe: Probe, task: dict[str, Any]) -> Sequence[Finding]:
    worker = task.get("last_worker") or "an agent"
    if task["status"] != "completed":
        raise LaunchError(
            f"the probe {probe.task_id} on {worker} is {task['status']}: {why_ended(task)}",
            remedy="see the console of that task in ClearML",
        )
    text = results_of(probe.task_id).get("findings")
    if not text:
        raise LaunchError(f"the probe {probe.task_id} on {worker} found nothing", remedy="see its console in ClearML")
    _delete(probe)
    taken = Finding(check=f"{probe.queue}: agent", verdict="pass", words=f"{worker} ran the probe")
    return [taken, *from_plain(json.loads(text), prefix=f"{probe.queue}: ")]


def _give_up(probe: Probe, task: dict[str, Any]) -> Finding:
    if task["status"] == "queued":
        call("tasks.dequeue", task=probe.task_id)
        _delete(probe)
        error = LaunchError("no agent took the probe in time", remedy="start one, or wait until those there are free")
    else:
        call("tasks.stopped", task=probe.task_id, force=True, status_message="the doctor gave up waiting")
        error = LaunchError(
            f"the probe {probe.task_id} is {task['status']} and did not end in time",
            remedy="see its console in ClearML: a fresh agent builds its environment first",
        )
    return failed(f"{probe.queue}: agent", error, {})


def _delete(probe: Probe) -> None:
    try:
        call("tasks.delete", task=probe.task_id, force=True)
    except (Refusal, ServerError):
        return  # a task that is left behind is no reason to fail
