"""Why a task is still in its queue: what the agents of that queue are at, and whether any will ever take it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from redraft.tracking.queues import busy_tasks, queue_ids, served_queues
from redraft.tracking.server import find_tasks


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """What a queued task waits for."""

    words: str
    for_ever: bool  # no agent will take it unless somebody does something


def waiting(task: Mapping[str, Any]) -> Waiting:
    """Look what a queued task waits for.

    An agent that controls a run waits for that run's steps and for people: a step that waits for it waits for ever.

    Args:
        task: With `type` and `execution.queue`, as the server describes it.
    """
    queue_id = (task.get("execution") or {}).get("queue")
    queue = next((name for name, known in queue_ids().items() if known == queue_id), str(queue_id))
    agents = served_queues().get(queue, set())
    if not agents:
        words = f"which no agent serves: start one with `clearml-agent daemon --queue {queue}`"
        return Waiting(words=f"waits in queue {queue}, {words}", for_ever=True)
    at = {agent: task_id for task_id, agent in busy_tasks().items() if agent in agents}
    if free := agents - set(at):
        return Waiting(words=f"waits in queue {queue} for agent {min(free)}", for_ever=False)
    found = list(find_tasks(id=list(at.values()), only_fields=["name", "type"]))
    names = ", ".join(f"{known['name']} ({known['id']})" for known in found)
    runs = bool(found) and all(known.get("type") == "controller" for known in found)
    until = "people have rated and that has ended" if runs else "that has ended"
    words = (
        f"its {'agent is' if len(agents) == 1 else 'agents are'} at {names}, until {until}; one more agent of this "
        "queue would begin at once"
    )
    return Waiting(words=f"waits in queue {queue}: {words}", for_ever=runs and task.get("type") != "controller")
