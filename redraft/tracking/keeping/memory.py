"""What a keeper must remember that nothing else on the server says, and which of several keepers acts.

Kept as properties of the project's keeper task, of which there is one, whoever runs it: a property can be written
whatever the task's status. An example of the property `keeper_memory`:

    {"schedule": "0 6 * * MON UTC", "since": 1764080000.0, "git": "https://example.com/docs.git main 1f0c...",
     "reviews": {"8d1e...": 3}, "active": ["5b1f..."], "told": ["opened 8d1e..."], "tries": {}, "wakes": {}}
"""

from __future__ import annotations

import dataclasses
import json
import logging
import os
import re
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import psutil

from redraft.tracking.followed_docs import property_of
from redraft.tracking.server import call
from redraft.tracking.service_task import service_task

log = logging.getLogger("redraft")

TASK_NAME = "keeper"
KEEPER_TAG = "redraft-keeper"
MEMORY = "keeper_memory"  # property of the keeper task
TURN = "keeper_turn"  # property of the keeper task: who acts, until when
DOING = "keeper_doing"  # property of the keeper task: its last words
SERVICE = "an agent"  # how the name of a keeper begins that an agent executes: as the keeper task itself
LEAST_TURN_S = 120.0
KEPT = 500  # notices that are remembered, the last ones


@dataclass(frozen=True, slots=True, kw_only=True)
class Memory:
    """See the module."""

    schedule: str = ""  # and its time zone
    since: float = 0.0  # when that schedule was first seen, Unix seconds
    git: str = ""  # address, branch and folder, and the commit whose docs were taken
    reviews: Mapping[str, int] = field(default_factory=dict)  # that were open: task id -> iteration
    active: tuple[str, ...] = ()  # ids of runs that were under way
    scored: str = ""  # id of the newest completed run whose decision was looked at
    told: tuple[str, ...] = ()  # keys of notices that were sent, or given up
    tries: Mapping[str, int] = field(default_factory=dict)  # failed attempts by notice
    wakes: Mapping[str, int] = field(default_factory=dict)  # how often a run was put back, by its id


def keeper_task(project: str) -> str:
    """Id of the project's keeper task; made as a draft if there is none."""
    return service_task(project, name=TASK_NAME, tag=KEEPER_TAG)


def load_memory(task: Mapping[str, Any]) -> Memory:
    """Read a keeper task's memory, as the server describes the task; an empty one, if it has none that can be read."""
    text = property_of(task, MEMORY)
    if not text:
        return Memory()
    try:
        row = json.loads(text)
        known = {entry.name for entry in dataclasses.fields(Memory)}
        made = Memory(**{name: value for name, value in row.items() if name in known})
        return dataclasses.replace(made, active=tuple(made.active), told=tuple(made.told))
    except (ValueError, TypeError, AttributeError):
        log.warning("the property %s of task %s cannot be read; the keeper begins anew", MEMORY, task["id"])
        return Memory()


def save_memory(task_id: str, memory: Memory) -> None:
    """Write what is remembered."""
    kept = dataclasses.replace(memory, told=memory.told[-KEPT:])
    set_properties(task_id, {MEMORY: json.dumps(dataclasses.asdict(kept), sort_keys=True)})


def take_turn(task_id: str, owner: str, *, now: float, length_s: float) -> str:
    """Say who acts until `now + length_s`: this owner, unless another one's turn lasts; return the owner.

    Two who ask at the same moment may both be told that it is theirs, until one of them asks again: what must not be
    done twice is guarded by itself.
    """
    task = call("tasks.get_by_id", task=task_id)["task"]
    turn = _turn(task)
    aborted = turn is not None and turn["owner"].startswith(SERVICE) and task["status"] != "in_progress"
    if turn and turn["owner"] != owner and turn["until"] > now and not aborted and not is_gone(turn["owner"]):
        return str(turn["owner"])
    _write_turn(task_id, owner, now + max(length_s, LEAST_TURN_S))
    turn = _turn(call("tasks.get_by_id", task=task_id)["task"])
    return str(turn["owner"]) if turn else owner


def owner_name(who: str) -> str:
    """What to call the keeper that this process is."""
    return f"{who} on {socket.gethostname()}, process {os.getpid()}"


def is_gone(owner: str) -> bool:
    """Whether a keeper was a process of this machine that has ended; of another machine's, only time tells."""
    found = re.search(r" on (\S+), process (\d+)$", owner)
    return found is not None and found[1] == socket.gethostname() and not psutil.pid_exists(int(found[2]))


def end_turn(task_id: str, owner: str) -> None:
    """Let others act at once."""
    turn = _turn(call("tasks.get_by_id", task=task_id)["task"])
    if turn and turn["owner"] == owner:
        _write_turn(task_id, owner, 0.0)


def set_properties(task_id: str, values: Mapping[str, str]) -> None:
    """Write properties of a task, whatever its status."""
    items = [{"section": "properties", "name": name, "value": text, "type": "str"} for name, text in values.items()]
    call("tasks.edit_hyper_params", task=task_id, hyperparams=items, replace_hyperparams="none")


def _turn(task: Mapping[str, Any]) -> dict[str, Any] | None:
    try:
        turn = json.loads(property_of(task, TURN) or "null")
        return {"owner": str(turn["owner"]), "until": float(turn["until"])} if turn else None
    except (ValueError, TypeError, KeyError):
        return None


def _write_turn(task_id: str, owner: str, until: float) -> None:
    set_properties(task_id, {TURN: json.dumps({"owner": owner, "until": until})})
