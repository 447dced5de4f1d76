"""`tasks`, the calls that change a status: what is allowed is in `status.py`."""

from __future__ import annotations

import dataclasses
from datetime import datetime

from redraft.standins.clearml_server.call import ApiError, Call, Json
from redraft.standins.clearml_server.documents import change, load
from redraft.standins.clearml_server.projects_tree import touch_project
from redraft.standins.clearml_server.queue_entries import (
    add_entry,
    default_queue,
    is_watched,
    make_queue,
    remember_status,
    remove_everywhere,
    status_before,
)
from redraft.standins.clearml_server.status import check_change
from redraft.standins.clearml_server.task_document import active_duration, delete_outputs

_SILENT_WORKER_S = 600


def enqueue(call: Call) -> Json:
    """Put a task into a queue, where no mark of its development stays; a queued one is refused, even by force."""
    task = load(call, "task", call.text("task"))
    queue = _asked_queue(call)
    if task["status"] == "queued":
        raise ApiError(400, 706, f"Failed adding task to queue since task is already queued: task={task['id']}")
    check_change("enqueue", task["status"], forced=call.forced)
    add_entry(call, queue, task["id"])
    remember_status(call, task)
    task["execution"] = {**task["execution"], "queue": queue["id"]}
    task["system_tags"] = [tag for tag in task["system_tags"] if tag != "development"]
    before = task["status"]
    reply = _set_status(call, task, "queued", {})
    reply["fields"] |= {"enqueue_status": before, "execution.queue": queue["id"]}
    watched = {"queue_watched": is_watched(call, queue["id"])} if call.body.get("verify_watched_queue") else {}
    return {"queued": 1, **reply, **watched}


def dequeue(call: Call) -> Json:
    """Take a task out of its queue, back to the status before it, or to the one that is given."""
    task = load(call, "task", call.text("task"))
    remove_everywhere(call, task["id"])
    before = status_before(call, task["id"])
    new = call.body.get("new_status") or (before if task["status"] in ("queued", "in_progress") else task["status"])
    reply = _set_status(call, task, str(new), {})
    reply["fields"]["enqueue_status"] = None
    return {"dequeued": 1, **reply}


def started(call: Call) -> Json:
    """Note that a task runs; its queue entry stays where it is."""
    task = load(call, "task", call.text("task"))
    running = task["status"] == "in_progress"
    check_change("started", task["status"], forced=call.forced)
    if not running:
        task.pop("completed", None)
    fields: Json = {} if running else {"started": call.stamp}
    return {"started": 1, **_set_status(call, task, "in_progress", fields)}


def stop(call: Call) -> Json:
    """Ask a running task to stop, with `include_pipeline_steps` the waiting and running steps of a controller too.

    Its worker is told; without a living worker it is stopped at once.
    """
    task = load(call, "task", call.text("task"))
    if call.body.get("include_pipeline_steps") and task["type"] == "controller":
        for step in call.store.find("task", {"parent": [task["id"]], "status": ["queued", "in_progress"]}):
            remove_everywhere(call, step["id"])
            stop(dataclasses.replace(call, body={**call.body, "task": step["id"]}))
    if task["status"] == "in_progress" and _has_worker(call, task):
        reply = change(call, "task", task, {"status_message": "stopping", "status_reason": _text(call, "reason")})
        return {"fields": reply, "updated": 1}
    return stopped(call)


def stopped(call: Call) -> Json:
    """Note that a task stopped."""
    return _ended(call, "stopped")


def completed(call: Call) -> Json:
    """Note that a task is done, and publish it if asked."""
    reply = _ended(call, "completed")
    if not call.body.get("publish"):
        return {**reply, "published": 0}
    return {**publish(call), "published": 1}


def failed(call: Call) -> Json:
    """Note that a task failed."""
    return _ended(call, "failed")


def close(call: Call) -> Json:
    """Close a stopped task."""
    task = load(call, "task", call.text("task"))
    return _set_status(call, task, check_change("close", task["status"], forced=call.forced), {})


def publish(call: Call) -> Json:
    """Freeze a task, and its output models with it."""
    task = load(call, "task", call.text("task"))
    new = check_change("publish", task["status"], forced=call.forced)
    if call.body.get("publish_model") is not False:
        for model in call.store.find("model", {"task": [task["id"]]}):
            call.store.put("model", {**model, "ready": True, "last_update": call.stamp, "last_change": call.stamp})
    reply = _set_status(call, task, new, {"published": call.stamp})
    reply["fields"]["output"] = task["output"]
    return reply


def reset(call: Call) -> Json:
    """Make a task as new: what it produced is gone, what it was given stays."""
    task = load(call, "task", call.text("task"))
    new = check_change("reset", task["status"], forced=call.forced)
    removed = remove_everywhere(call, task["id"])
    deleted_models = delete_outputs(call, task)
    execution = {key: value for key, value in task["execution"].items() if key != "queue"}
    execution["artifacts"] = [item for item in execution.get("artifacts", []) if item.get("mode") == "input"]
    for field in ("started", "completed", "published", "active_duration", "last_worker", "last_worker_report"):
        task.pop(field, None)
    task |= {"execution": execution, "runtime": {}, "last_metrics": {}, "metric_stats": {}, "unique_metrics": []}
    task |= {"models": {**task["models"], "output": []}, "last_iteration": 0}
    if call.body.get("clear_all"):
        task["script"] = {"binary": "python", "repository": "", "entry_point": "", "requirements": {}}
        task["execution"] = {"test_split": 0, "parameters": {}, "model_desc": {}, "model_labels": {}, "artifacts": []}
    reply = _set_status(call, task, new, {}, reason="reset", message="reset")
    return {
        "deleted_models": deleted_models,
        "dequeued": {"removed": 1} if removed else {},
        "events": {},
        "urls": {},
        **reply,
    }


def ping(call: Call) -> Json:
    """Note that a running task lives."""
    task = load(call, "task", call.text("task"))
    if task["status"] == "in_progress":
        call.store.put("task", {**task, "last_update": call.stamp, **active_duration(call, task)})
    return {}


def _asked_queue(call: Call) -> Json:
    if call.body.get("queue"):
        return load(call, "queue", call.text("queue"))
    if not call.body.get("queue_name"):
        return default_queue(call)
    name = call.text("queue_name")
    return next(call.store.find("queue", {"name": [name]}), None) or make_queue(call, name)


def _ended(call: Call, action: str) -> Json:
    task = load(call, "task", call.text("task"))
    new = check_change(action, task["status"], forced=call.forced)
    return _set_status(call, task, new, {"completed": call.stamp})


def _set_status(
    call: Call, task: Json, status: str, fields: Json, *, reason: str | None = None, message: str | None = None
) -> Json:
    """Write a status with everything that goes with it."""
    told: Json = {
        "status": status,
        "status_reason": _text(call, "reason") if reason is None else reason,
        "status_message": _text(call, "message") if message is None else message,
        "status_changed": call.stamp,
        **fields,
    }
    reply = change(call, "task", task, told)
    touch_project(call, task.get("project"))
    return {"fields": reply, "updated": 1}


def _text(call: Call, what: str) -> str:
    return str(call.body.get(f"status_{what}") or "")


def _has_worker(call: Call, task: Json) -> bool:
    if "development" in task["system_tags"] or not task.get("last_worker_report"):
        return False
    silence = call.now - datetime.fromisoformat(task["last_worker_report"])
    return silence.total_seconds() < _SILENT_WORKER_S
