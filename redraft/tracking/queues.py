"""The queues: who serves them, and whether anybody does."""

from __future__ import annotations

from collections.abc import Iterable

from redraft.errors import LaunchError
from redraft.tracking.server import Refusal, call

SERVICES_QUEUE = "redraft-services"  # controllers
STEPS_QUEUE = "redraft-steps"
REVIEW_QUEUE = "human-review"  # people: no agent serves it
ALIVE_S = 600


def ensure_queues() -> None:
    """Make the queues that do not exist yet."""
    known = queue_ids()
    for name in (SERVICES_QUEUE, STEPS_QUEUE, REVIEW_QUEUE):
        if name not in known:
            call("queues.create", name=name, tags=["redraft"])


def queue_ids() -> dict[str, str]:
    """Names and ids of all queues."""
    return {queue["name"]: queue["id"] for queue in call("queues.get_all", only_fields=["id", "name"])["queues"]}


def served_queues() -> dict[str, set[str]]:
    """Names of the queues that agents serve now, with the agents' names."""
    served: dict[str, set[str]] = {}
    for worker in call("workers.get_all", last_seen=ALIVE_S)["workers"]:
        for queue in worker.get("queues") or []:
            served.setdefault(queue.get("name") or queue["id"], set()).add(worker["id"])
    return served


def check_queues() -> None:
    """Refuse to launch into a queue that is missing, that nobody serves, or that would be served by the wrong ones.

    Raises:
        LaunchError: Which queue, and the command that serves it.
    """
    known, served = queue_ids(), served_queues()
    serve = "clearml-agent daemon --queue {}"
    for name in (SERVICES_QUEUE, STEPS_QUEUE):
        if name not in known:
            raise LaunchError(f"there is no queue {name!r} on this server", remedy="`redraft run` makes it")
        if not served.get(name):
            raise LaunchError(
                f"no agent serves the queue {name!r}: the run would wait forever",
                remedy=f"start one with `{serve.format(name)}`, or give `redraft run` --agents to run them here",
            )
    if served[SERVICES_QUEUE] == served[STEPS_QUEUE] and len(served[STEPS_QUEUE]) == 1:
        raise LaunchError(
            f"one agent serves both {SERVICES_QUEUE!r} and {STEPS_QUEUE!r}: the controller would wait for itself",
            remedy="start a second agent",
        )
    if served.get(REVIEW_QUEUE):
        raise LaunchError(
            f"agent {min(served[REVIEW_QUEUE])!r} serves {REVIEW_QUEUE!r}: it would take reviews away from people",
            remedy="stop it, or take that queue from it",
        )


def busy_tasks() -> dict[str, str]:
    """Ids of the tasks that agents are at now, with the agents' names."""
    workers: Iterable[dict[str, object]] = call("workers.get_all", last_seen=ALIVE_S)["workers"]
    found = {}
    for worker in workers:
        task = worker.get("task")
        if isinstance(task, dict) and task.get("id"):
            found[str(task["id"])] = str(worker["id"])
    return found


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
