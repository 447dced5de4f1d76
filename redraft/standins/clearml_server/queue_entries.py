"""A queue's entries: putting a task in, taking it out, and whether anybody watches."""

from __future__ import annotations

from datetime import datetime

from redraft.standins.clearml_server.call import COMPANY, ApiError, Call, Json, new_id

_DEFAULT = "default"


def make_queue(call: Call, name: str, **fields: object) -> Json:
    """Make a queue.

    Raises:
        ApiError: 400/801 if there is one of this name.
    """
    if next(call.store.find("queue", {"name": [name]}), None) is not None:
        raise ApiError(400, 801, "Value combination already exists (unique field already contains this value)")
    document: Json = {
        "id": new_id(),
        "name": name,
        "company": COMPANY,
        "created": call.stamp,
        "tags": [],
        "system_tags": [],
        "entries": [],
        "last_update": call.stamp,
        "metadata": {},
        **fields,
    }
    call.store.put("queue", document)
    return document


def default_queue(call: Call) -> Json:
    """Return the queue that exists from the start, making it the first time."""
    queue = next((q for q in call.store.find("queue") if _DEFAULT in q["system_tags"]), None)
    return queue or make_queue(call, _DEFAULT, system_tags=[_DEFAULT])


def add_entry(call: Call, queue: Json, task_id: str) -> None:
    """Append a task to a queue.

    Raises:
        ApiError: 400/702 if it is already there.
    """
    if any(entry["task"] == task_id for entry in queue["entries"]):
        raise ApiError(400, 702, f"Queue already contains task: queue={queue['id']}, task={task_id}")
    save_entries(call, queue, [*queue["entries"], {"task": task_id, "added": call.stamp}])


def remove_entry(call: Call, queue: Json, task_id: str) -> bool:
    """Take a task out of a queue; say whether it was there."""
    left = [entry for entry in queue["entries"] if entry["task"] != task_id]
    removed = len(left) < len(queue["entries"])
    if removed:
        save_entries(call, queue, left)
    return removed


def remove_everywhere(call: Call, task_id: str) -> int:
    """Take a task out of whichever queues hold it; return how many did."""
    return sum(remove_entry(call, queue, task_id) for queue in call.store.find("queue"))


def remember_status(call: Call, task: Json) -> None:
    """Note the status of a task before it is queued: beside the task, whose readers never see it."""
    call.store.put("before_queue", {"id": task["id"], "status": task["status"]})


def status_before(call: Call, task_id: str) -> str:
    """Return the status that a task had before it was queued, and forget it."""
    noted = call.store.get("before_queue", task_id)
    call.store.delete("before_queue", task_id)
    return "created" if noted is None else str(noted["status"])


def save_entries(call: Call, queue: Json, entries: list[Json]) -> None:
    """Write a queue's entries."""
    call.store.put("queue", {**queue, "entries": entries, "last_update": call.stamp})


def is_alive(worker: Json, now: datetime) -> bool:
    """Say whether a worker reported within the time it registered for."""
    silence = now - datetime.fromisoformat(worker["last_activity_time"])
    return silence.total_seconds() <= float(worker["register_timeout"])


def is_watched(call: Call, queue_id: str) -> bool:
    """Say whether a living worker listens to a queue."""
    return any(queue_id in worker["queues"] and is_alive(worker, call.now) for worker in call.store.find("worker"))
