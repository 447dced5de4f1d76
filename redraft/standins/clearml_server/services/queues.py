"""`queues`: ordered entries of tasks."""

from __future__ import annotations

from collections.abc import Callable

from redraft.standins.clearml_server.call import ApiError, Call, Json
from redraft.standins.clearml_server.documents import as_set, load
from redraft.standins.clearml_server.query import select
from redraft.standins.clearml_server.queue_entries import (
    add_entry,
    default_queue,
    make_queue,
    remove_entry,
    save_entries,
)


def create(call: Call) -> Json:
    """Make a queue."""
    return {"id": make_queue(call, call.text("name"), tags=as_set(call.items("tags")))["id"]}


def get_by_id(call: Call) -> Json:
    """Return one queue; a name instead of an id is refused, which is how the SDK tells them apart."""
    return {"queue": load(call, "queue", call.text("queue"))}


def get_all(call: Call) -> Json:
    """Return the queues that fit."""
    documents, extra = select(call.store, "queue", call.body)
    return {"queues": documents, **extra}


def get_all_ex(call: Call) -> Json:
    """Return the queues that fit."""
    return get_all(call)


def get_default(call: Call) -> Json:
    """Return the queue that tasks go to when none is named."""
    queue = default_queue(call)
    return {"id": queue["id"], "name": queue["name"]}


def update(call: Call) -> Json:
    """Rename or tag a queue."""
    queue = load(call, "queue", call.text("queue"))
    fields = {key: call.body[key] for key in ("name", "tags", "system_tags") if call.body.get(key) is not None}
    call.store.put("queue", {**queue, **fields, "last_update": call.stamp})
    return {"fields": fields, "updated": 1}


def delete(call: Call) -> Json:
    """Remove a queue; one with entries only by force."""
    queue = load(call, "queue", call.text("queue"))
    if queue["entries"] and not call.forced:
        raise ApiError(400, 704, f"Cannot delete non-empty queue: id={queue['id']}")
    return {"deleted": int(call.store.delete("queue", queue["id"]))}


def get_next_task(call: Call) -> Json:
    """Take the first entry out of a queue and return it; nothing if there is none."""
    queue = load(call, "queue", call.text("queue"))
    if not queue["entries"]:
        return {}
    first = queue["entries"][0]
    save_entries(call, queue, queue["entries"][1:])
    if not call.body.get("get_task_info"):
        return {"entry": first}
    task = call.store.get("task", first["task"]) or {}
    info = {key: task[key] for key in ("id", "company", "user", "project") if key in task}
    return {"entry": first, "task_info": info}


def get_num_entries(call: Call) -> Json:
    """Count a queue's entries."""
    return {"num": len(load(call, "queue", call.text("queue"))["entries"])}


def add_task(call: Call) -> Json:
    """Append a task to a queue, whatever its status."""
    add_entry(call, load(call, "queue", call.text("queue")), load(call, "task", call.text("task"))["id"])
    return {"added": 1}


def remove_task(call: Call) -> Json:
    """Take a task out of a queue; an absent one is refused, so that only one of two callers succeeds."""
    queue, task = load(call, "queue", call.text("queue")), call.text("task")
    if not remove_entry(call, queue, task):
        raise ApiError(400, 703, f"Task was not found in the queue: task={task}, queue={queue['id']}")
    return {"removed": 1}


def move_task_forward(call: Call) -> Json:
    """Move an entry towards the front."""
    return _move(call, lambda position: position - int(call.body.get("count") or 1))


def move_task_backward(call: Call) -> Json:
    """Move an entry towards the end."""
    return _move(call, lambda position: position + int(call.body.get("count") or 1))


def move_task_to_front(call: Call) -> Json:
    """Make an entry the first."""
    return _move(call, lambda _position: 0)


def move_task_to_back(call: Call) -> Json:
    """Make an entry the last."""
    return _move(call, lambda _position: 1 << 30)


def _move(call: Call, target: Callable[[int], int]) -> Json:
    queue, task = load(call, "queue", call.text("queue")), call.text("task")
    entries = list(queue["entries"])
    position = next((index for index, entry in enumerate(entries) if entry["task"] == task), None)
    if position is None:
        raise ApiError(400, 703, f"Task was not found in the queue: task={task}, queue={queue['id']}")
    entry = entries.pop(position)
    new = min(max(target(position), 0), len(entries))
    save_entries(call, queue, [*entries[:new], entry, *entries[new:]])
    return {"position": new}
