"""A script of ours as a ClearML task of type service: an agent executes it until somebody aborts the task.

There is one task of a kind in a project, used again whenever and wherever it runs. The keeper and the review page are
such tasks.
"""

from __future__ import annotations

import contextlib
import logging
import time
from collections.abc import Mapping
from typing import Any

from redraft.config import over_defaults, parse_yaml, section_text
from redraft.errors import LaunchError, RedraftError
from redraft.settings import Config, QueueSettings
from redraft.tracking.agent_script import agent_script
from redraft.tracking.endings import lost_its_agent, was_killed
from redraft.tracking.queues import busy_tasks, queue_id, send_off, served_queues
from redraft.tracking.server import Refusal, call, find_tasks, project_ids
from redraft.tracking.settling import is_silent
from redraft.tracking.step import AGENT_NOTICES_S, CONFIG_OBJECT, configuration_text

log = logging.getLogger("redraft")


def service_task(project: str, *, name: str, tag: str) -> str:
    """Id of a project's task of one kind; made as a draft if there is none.

    Of two that were made at once the older one counts.
    """
    found = service_tasks(project, tag)
    if not found:
        from clearml import Task

        task = Task.create(project_name=project, task_name=name, task_type=Task.TaskTypes.service)
        task.set_tags([tag])
        found = service_tasks(project, tag)
        if found[0]["id"] != task.id:
            call("tasks.delete", task=task.id)
    return str(found[0]["id"])


def service_tasks(project: str, tag: str) -> list[dict[str, Any]]:
    """A project's tasks of one kind with status and parameters, the one that counts first."""
    ids, fields = project_ids(project), ["created", "status", "hyperparams"]
    tasks = find_tasks(project=ids, tags=[tag], type=["service"], only_fields=fields) if ids else ()
    return sorted(tasks, key=lambda task: (str(task["created"]), task["id"]))


def make_ready(task_id: str, project: str, config: Config, *, script: str, template: str, comment: str) -> None:
    """Make a task ready to be executed: its code and its settings; what it reported before is taken off.

    Args:
        task_id: From `service_task`.
        project: ClearML project.
        config: What it goes by.
        script: To be executed, relative to the repository's root.
        template: Id of the runs' template, whose commit it gets.
        comment: What it is, for people who find it.

    Raises:
        LaunchError: It runs already, or waits for an agent.
    """
    task = call("tasks.get_by_id", task=task_id)["task"]
    refuse_if_it_lives(task)
    if task["status"] != "created":
        call("tasks.reset", task=task_id, force=True)
    code = call("tasks.get_by_id", task=template)["task"].get("script") or {}
    call("tasks.edit", task=task_id, script=agent_script(code, script), comment=comment)
    item = {"name": CONFIG_OBJECT, "value": section_text(config), "type": "yaml"}
    call("tasks.edit_configuration", task=task_id, configuration=[item], replace_configuration=False)
    values = [{"section": "Args", "name": "project", "value": project}]
    call("tasks.edit_hyper_params", task=task_id, hyperparams=values, replace_hyperparams="none")


def send_to_queue(task_id: str, queue: str, *, runs: QueueSettings, services_mode: bool) -> None:
    """Let an agent execute a service.

    Args:
        task_id: Made ready.
        queue: Whose agent.
        runs: The queues of the runs, of whose agents at least one has to be left to them.
        services_mode: The queue's agents execute many tasks at once.

    Raises:
        LaunchError: The queue does not exist or nobody serves it, or runs would find no agent any more.
    """
    agents = served_queues().get(queue)
    queue_of = queue_id(queue)
    if not agents:
        raise LaunchError(
            f"no agent serves the queue {queue!r}: the task would wait forever",
            remedy=f"start one with `clearml-agent daemon --queue {queue}`",
        )
    shared = queue in (runs.services, runs.steps) and not services_mode
    left = agents - _at_services() if shared else agents
    if shared and len(left) - _services_in(queue_of) < 2:
        which = f"agent {min(left)!r} alone serves" if left else "no agent is left that serves"
        raise LaunchError(
            f"{which} {queue!r}: busy with this for ever, it would start no run",
            remedy="start one more, or give --queue another queue with an agent of its own, or --services-mode if "
            "that agent was started with it",
        )
    send_off(task_id, queue_of)


def _at_services() -> set[str]:
    """The agents that are at a service, which ends only when somebody aborts it."""
    busy = busy_tasks()
    found = find_tasks(id=list(busy), type=["service"], only_fields=["type"]) if busy else ()
    return {busy[task["id"]] for task in found}


def _services_in(queue: str) -> int:
    """How many services wait in a queue."""
    waiting = find_tasks(type=["service"], status=["queued"], only_fields=["execution.queue"])
    return sum((task.get("execution") or {}).get("queue") == queue for task in waiting)


def settings_of(task_id: str) -> Config:
    """What a service goes by; it can be edited in ClearML's web interface.

    Raises:
        ConfigError: It is wrong.
    """
    name = f"configuration object {CONFIG_OBJECT}"
    return over_defaults([(name, parse_yaml(configuration_text(task_id, CONFIG_OBJECT), name=name))])


def say_alive(task_id: str) -> None:
    """Tell the server that a service lives: a task that is silent for two hours is stopped.

    Raises:
        ServerUnavailable: The server is away.
    """
    with contextlib.suppress(Refusal):  # it was aborted just now
        call("tasks.ping", task=task_id)


def fail_service(task_id: str, error: RedraftError) -> int:
    """Say on its task why a service ended, so that its agent leaves that to be read; return the exit code."""
    log.error("error: %s", error)
    call("tasks.update", task=task_id, comment=str(error))
    call("tasks.failed", task=task_id, force=True, status_reason="redraft", status_message=str(error)[:1000])
    time.sleep(AGENT_NOTICES_S)
    return error.exit_code


def lives(task: Mapping[str, Any]) -> bool:
    """Whether an agent is at a service, or was until a moment ago."""
    return task["status"] == "in_progress" and (task["id"] in busy_tasks() or not is_silent(dict(task)))


def refuse_if_it_lives(task: Mapping[str, Any]) -> None:
    """Refuse to start a service twice.

    Raises:
        LaunchError: It runs already, or waits for an agent.
    """
    stop, name = "abort it in ClearML's web interface first", f"the {task.get('name')} (task {task['id']})"
    if task["status"] == "queued":
        raise LaunchError(f"{name} waits for an agent already", remedy=stop)
    if lives(task):
        raise LaunchError(f"{name} runs already", remedy=stop)


def died(task: Mapping[str, Any]) -> bool:
    """Whether a service ended with its agent or its machine; one that a person stopped did not.

    >>> died({"status": "failed", "status_reason": "worker execution exit code -9"})
    True
    """
    if task["status"] == "failed":
        return was_killed(f"{task.get('status_reason')} {task.get('status_message')}")
    return lost_its_agent(task) or (task["status"] == "in_progress" and not lives(task))
