"""The keeper as a ClearML task that an agent executes: `pipelines/triggers.py`, with the code that runs are made of.

It is the same task whenever and wherever the project's keeper runs, so that it remembers. To stop it, abort the task in
ClearML's web interface; to start it again, enqueue it there, or launch it again after the code has moved.
"""

from __future__ import annotations

import contextlib
import logging
import os
import socket
from collections.abc import Mapping
from typing import Any

from redraft.config import Config, over_defaults, parse_yaml, section_text
from redraft.errors import LaunchError
from redraft.tracking.inbox import parameter
from redraft.tracking.keeping.keeper import Keeper, check_settings
from redraft.tracking.keeping.memory import SERVICE, keeper_task, load_memory, save_memory
from redraft.tracking.keeping.webhook import post, webhook_url
from redraft.tracking.queues import busy_tasks, queue_id, served_queues
from redraft.tracking.runs import project_of
from redraft.tracking.server import Refusal, call
from redraft.tracking.settling import is_silent
from redraft.tracking.step import CONFIG_OBJECT, configuration_text

log = logging.getLogger("redraft")

SCRIPT = "pipelines/triggers.py"


def make_service(project: str, config: Config, template: str) -> str:
    """Make the project's keeper task ready to be executed: its code, its settings; return its id.

    Args:
        project: ClearML project.
        config: What the keeper goes by.
        template: Id of the runs' template, whose code it gets.

    Raises:
        ConfigError: A setting of the keeper is wrong.
        LaunchError: It runs already, or waits for an agent.
    """
    check_settings(config)
    task_id = keeper_task(project)
    task = call("tasks.get_by_id", task=task_id)["task"]
    _refuse_if_it_lives(task)
    memory = load_memory(task)
    if task["status"] != "created":
        call("tasks.reset", task=task_id, force=True)
        save_memory(task_id, memory)
    script = call("tasks.get_by_id", task=template)["task"].get("script") or {}
    call(
        "tasks.edit",
        task=task_id,
        script={**script, "entry_point": SCRIPT, "working_dir": ".", "requirements": {}},
        comment="Looks after the project: starts runs when something changed, closes reviews, sends notices.",
    )
    item = {"name": CONFIG_OBJECT, "value": section_text(config), "type": "yaml"}
    call("tasks.edit_configuration", task=task_id, configuration=[item], replace_configuration=False)
    values = [{"section": "Args", "name": "project", "value": project}]
    call("tasks.edit_hyper_params", task=task_id, hyperparams=values, replace_hyperparams="none")
    return task_id


def send_to_queue(task_id: str, queue: str, *, services: str, services_mode: bool) -> None:
    """Let an agent execute the keeper.

    Args:
        task_id: From `make_service`.
        queue: Whose agent.
        services: The queue of the runs' controllers.
        services_mode: The queue's agents execute many tasks at once.

    Raises:
        LaunchError: The queue does not exist or nobody serves it, or runs would find no agent any more.
    """
    agents = served_queues().get(queue)
    queue_of = queue_id(queue)
    if not agents:
        raise LaunchError(
            f"no agent serves the queue {queue!r}: the keeper would wait forever",
            remedy=f"start one with `clearml-agent daemon --queue {queue}`",
        )
    if queue == services and len(agents) == 1 and not services_mode:
        raise LaunchError(
            f"agent {min(agents)!r} alone serves {queue!r}: busy with the keeper for ever, it would start no run",
            remedy="start a second one, or give --queue another queue with an agent of its own, or --services-mode if "
            "that agent was started with it",
        )
    call("tasks.enqueue", task=task_id, queue=queue_of)


def keeper_of(task_id: str, environ: Mapping[str, str]) -> Keeper:
    """The keeper that a task describes, for the agent that executes it.

    Raises:
        ConfigError: Its settings, which can be edited in ClearML's web interface, are wrong.
    """
    task = call("tasks.get_by_id", task=task_id)["task"]
    name = f"configuration object {CONFIG_OBJECT}"
    config = over_defaults([(name, parse_yaml(configuration_text(task_id, CONFIG_OBJECT), name=name))])
    project = parameter(task, "project") or project_of(task_id)
    return make_keeper(project, config, environ, owner=SERVICE)


def say_alive(task_id: str) -> None:
    """Tell the server that the keeper lives: a task that is silent for two hours is stopped.

    Raises:
        ServerUnavailable: The server is away.
    """
    with contextlib.suppress(Refusal):  # it was aborted just now
        call("tasks.ping", task=task_id)


def make_keeper(project: str, config: Config, environ: Mapping[str, str], *, owner: str = "") -> Keeper:
    """A keeper that posts where the environment says.

    Raises:
        ConfigError: A setting is wrong.
    """
    url = webhook_url(environ)
    who = f"{owner or '`redraft watch`'} on {socket.gethostname()}, process {os.getpid()}"
    return Keeper(project, config, owner=who, post=(lambda text: post(url, text)) if url else (lambda _text: ""))


def _refuse_if_it_lives(task: Mapping[str, Any]) -> None:
    stop = "abort it in ClearML's web interface first"
    if task["status"] == "queued":
        raise LaunchError(f"the keeper (task {task['id']}) waits for an agent already", remedy=stop)
    if task["status"] == "in_progress" and (task["id"] in busy_tasks() or not is_silent(dict(task))):
        raise LaunchError(f"the keeper (task {task['id']}) runs already", remedy=stop)
