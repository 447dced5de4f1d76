"""`workers`: agents tell that they live, and on what they work."""

from __future__ import annotations

from datetime import datetime, timedelta

from redraft.standins.clearml_server.call import COMPANY, USER, Call, Json
from redraft.standins.clearml_server.documents import as_set, load
from redraft.standins.clearml_server.queue_entries import is_alive

_TIMEOUT_S = 600


def register(call: Call) -> Json:
    """Note a worker and the queues that it listens to."""
    fields = {
        "queues": call.items("queues"),
        "tags": as_set(call.items("tags")),
        "system_tags": as_set(call.items("system_tags")),
        "register_time": _precise(call.now),
        "register_timeout": int(call.body.get("timeout") or _TIMEOUT_S),
    }
    call.store.put("worker", {**_seen(call, call.text("worker")), **fields})
    return {}


def unregister(call: Call) -> Json:
    """Forget a worker."""
    worker = load(call, "worker", call.text("worker"))
    call.store.delete("worker", worker["id"])
    return {}


def status_report(call: Call) -> Json:
    """Note that a worker lives, and the task that it works on."""
    worker = _seen(call, call.text("worker"))
    if call.body.get("queues") is not None:
        worker["queues"] = call.items("queues")
    worker["last_report_time"] = worker["last_activity_time"]
    worker["task"], worker["queue"] = call.body.get("task"), call.body.get("queue")
    call.store.put("worker", worker)
    task = call.store.get("task", str(worker["task"])) if worker["task"] else None
    if task is not None:
        call.store.put("task", {**task, "last_worker": worker["id"], "last_worker_report": call.stamp})
    return {}


def get_all(call: Call) -> Json:
    """Return the workers that live."""
    last_seen = call.body.get("last_seen", 3600)
    since = call.now - timedelta(seconds=float(last_seen)) if last_seen else None
    alive = [
        worker
        for worker in call.store.find("worker")
        if is_alive(worker, call.now)
        and (since is None or datetime.fromisoformat(worker["last_activity_time"]) >= since)
    ]
    return {"workers": [_shown(call, worker) for worker in alive]}


def _seen(call: Call, worker_id: str) -> Json:
    known = call.store.get("worker", worker_id) or {
        "id": worker_id,
        "queues": [],
        "tags": [],
        "system_tags": [],
        "register_time": _precise(call.now),
        "register_timeout": _TIMEOUT_S,
        "last_report_time": _precise(call.now),
    }
    return {**known, "ip": call.address, "last_activity_time": _precise(call.now)}


def _shown(call: Call, worker: Json) -> Json:
    shown = {key: value for key, value in worker.items() if key not in {"task", "queue", "queues"}}
    shown |= {
        "company": {"id": COMPANY, "name": COMPANY},
        "user": {"id": USER, "name": USER},
        "key": f"worker_{COMPANY}_{USER}_{worker['id']}",
        "queues": [_queue(call, queue_id) for queue_id in worker["queues"]],
    }
    task = call.store.get("task", worker["task"]) if worker.get("task") else None
    if task is not None:
        fields = {key: task[key] for key in ("id", "name", "last_iteration")}
        shown["task"] = {**fields, "running_time": 1000 * task.get("active_duration", 0)}
        project = call.store.get("project", str(task.get("project")))
        if project is not None:
            shown["project"] = {"id": project["id"], "name": project["name"]}
    if worker.get("queue"):
        shown["queue"] = _queue(call, worker["queue"])
    return shown


def _queue(call: Call, queue_id: str) -> Json:
    queue = call.store.get("queue", queue_id) or {"name": queue_id, "entries": []}
    return {"id": queue_id, "name": queue["name"], "num_tasks": len(queue["entries"])}


def _precise(moment: datetime) -> str:
    return moment.isoformat(timespec="microseconds")
