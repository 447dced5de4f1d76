"""The queues: who serves them, and whether anybody does. Their names are configuration (section `queues`)."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from typing import Any

from redraft.config import load_config, over_defaults, parse_yaml
from redraft.errors import ConfigError, InputError, LaunchError
from redraft.settings import QueueSettings
from redraft.tracking.server import Refusal, call
from redraft.tracking.step import CONFIG_OBJECT, configuration_text

ALIVE_S = 180  # an agent reports twice a minute, and is listed for ten minutes after its last report
PAGE_SIZE = 500
ON_ITS_WAY = (110, 123, 706)  # the server's codes for a task that is queued, or at an agent, already


def default_queues() -> QueueSettings:
    """The names in `configs/default.yaml`."""
    return load_config().queues


def queues_of_run(run: str) -> QueueSettings:
    """The names that a run was started with, also if something else in its configuration is wrong."""
    try:
        tree = parse_yaml(configuration_text(run, CONFIG_OBJECT), name=f"configuration object {CONFIG_OBJECT}")
        return over_defaults([("queues", {"queues": tree["queues"]})]).queues
    except (InputError, KeyError):  # no configuration, or one of before the names could be chosen
        return default_queues()


def ensure_queues(names: QueueSettings | None = None) -> tuple[str, ...]:
    """Make the queues that do not exist yet, and return their names; `None`: the default ones."""
    known, wanted = queue_ids(), _named(names or default_queues()).values()
    missing = tuple(name for name in wanted if name not in known)
    for name in missing:
        call("queues.create", name=name, tags=["redraft"])
    return missing


def queue_ids() -> dict[str, str]:
    """Names and ids of all queues."""
    known: dict[str, str] = {}
    for page in itertools.count():
        fields = {"only_fields": ["id", "name"], "order_by": ["name"]}
        found = call("queues.get_all", **fields, page=page, page_size=PAGE_SIZE)["queues"]
        known |= {queue["name"]: queue["id"] for queue in found}
        if len(found) < PAGE_SIZE:
            break
    return known


def queue_id(name: str) -> str:
    """Id of a queue.

    Raises:
        LaunchError: There is none of that name.
    """
    known = queue_ids()
    if name not in known:
        raise LaunchError(f"there is no queue {name!r} on this server", remedy="`redraft install` makes it")
    return known[name]


def served_queues() -> dict[str, set[str]]:
    """Names of the queues that agents serve now, with the agents' names."""
    served: dict[str, set[str]] = {}
    for worker in call("workers.get_all", last_seen=ALIVE_S)["workers"]:
        for queue in worker.get("queues") or []:
            served.setdefault(queue.get("name") or queue["id"], set()).add(worker["id"])
    return served


def check_queues(names: QueueSettings | None = None) -> dict[str, set[str]]:
    """Refuse to launch into a queue that is missing, that nobody serves, or that would be served by the wrong ones.

    Returns:
        The agents by queue.

    Raises:
        LaunchError: Which queue, and the command that serves it.
    """
    names = names or default_queues()
    served = check_queues_exist(names)
    if names.autoscaled:
        return served
    serve = "clearml-agent daemon --queue {}"
    for name in (names.services, names.steps):
        if not served.get(name):
            raise LaunchError(
                f"no agent serves the queue {name!r}: the run would wait forever",
                remedy=f"start one with `{serve.format(name)}`, or give `redraft run` --agents to run them here; if an "
                "autoscaler will, set queues.autoscaled",
            )
    if served[names.services] == served[names.steps] and len(served[names.steps]) == 1:
        raise LaunchError(
            f"one agent serves both {names.services!r} and {names.steps!r}: the controller would wait for itself",
            remedy="start a second agent",
        )
    return served


def check_queues_exist(names: QueueSettings) -> dict[str, set[str]]:
    """Refuse a queue that is missing, and agents on that of reviews; return the agents by queue.

    Raises:
        ConfigError: A name is empty, or given twice.
        LaunchError: Which queue.
    """
    check_names(names)
    known, served = queue_ids(), served_queues()
    for name in _named(names).values():
        if name not in known:
            raise LaunchError(f"there is no queue {name!r} on this server", remedy="`redraft install` makes it")
    if served.get(names.review):
        raise LaunchError(
            f"agent {min(served[names.review])!r} serves {names.review!r}: it would take reviews away from people",
            remedy="stop it, or take that queue from it",
        )
    return served


def _named(names: QueueSettings) -> dict[str, str]:
    """The names by their keys."""
    return {"services": names.services, "steps": names.steps, "review": names.review}


def check_names(names: QueueSettings) -> None:
    """Refuse names with which no run could end.

    Raises:
        ConfigError: One is empty, or given twice.
    """
    given = _named(names)
    for key, name in given.items():
        if not name.strip():
            raise ConfigError(f"queues.{key} must be the name of a queue, got {name!r}")
        twin = next(other for other in given if given[other] == name)
        if twin != key:
            raise ConfigError(f"queues.{twin} and queues.{key} must be two queues, got {name!r} for both")


def busy_tasks() -> dict[str, str]:
    """Ids of the tasks that agents are at now, with the agents' names."""
    workers: Iterable[dict[str, Any]] = call("workers.get_all", last_seen=ALIVE_S)["workers"]
    found = {}
    for worker in workers:
        task = worker.get("task")
        if isinstance(task, dict) and task.get("id"):
            found[str(task["id"])] = str(worker["id"])
    return found


def send_off(task_id: str, queue: str) -> None:
    """Put a task on a queue, by the queue's id.

    One that is on its way already stays so: somebody else sent it, or this call is repeated because its reply was lost.
    """
    try:
        call("tasks.enqueue", task=task_id, queue=queue)
    except Refusal as error:
        if error.subcode not in ON_ITS_WAY:
            raise


def remove_from_queue(queue: str, task_id: str) -> bool:
    """Take a task out of a queue; `False` when somebody else had done so: 400/703, or a reply that none was removed.

    Source: the SDK's `queues.RemoveTaskResponse`: "Number of tasks removed (0 or 1)".
    """
    try:
        removed = call("queues.remove_task", queue=queue, task=task_id).get("removed")
    except Refusal as error:
        if error.subcode != 703:
            raise
        return False
    return removed != 0
