"""`pipelines`: NEW RUN, and deleting old runs."""

from __future__ import annotations

import re

from redraft.standins.clearml_server.call import Call, Json
from redraft.standins.clearml_server.documents import load
from redraft.standins.clearml_server.services import task_status, tasks
from redraft.standins.clearml_server.task_document import clone, save_new


def start_pipeline(call: Call) -> Json:
    """Clone a pipeline's task, set its arguments and queue it."""
    source = load(call, "task", call.text("task"))
    plain = Call(store=call.store, gate=call.gate, body={"new_task_parent": source["id"]}, now=call.now)
    task = clone(plain, source, _next_name(call, source))
    arguments = {
        str(item.get("name")): {"section": "Args", "name": str(item.get("name")), "value": str(item.get("value"))}
        for item in call.objects("args")
    }
    if arguments:
        task["hyperparams"]["Args"] = {**task["hyperparams"].get("Args", {}), **arguments}
    save_new(call, task)
    body = {"task": task["id"], "queue": call.body.get("queue"), "verify_watched_queue": True}
    queued = task_status.enqueue(Call(store=call.store, gate=call.gate, body=body, now=call.now))
    watched = {"queue_watched": queued["queue_watched"]} if call.body.get("verify_watched_queue") else {}
    return {"pipeline": task["id"], "enqueued": True, **watched}


def delete_runs(call: Call) -> Json:
    """Remove runs of a pipeline, by id."""
    succeeded = []
    for task_id in call.items("ids"):
        body = {"task": str(task_id), "force": True}
        tasks.delete(Call(store=call.store, gate=call.gate, body=body, now=call.now))
        succeeded.append({"id": task_id, "deleted": True, "updated_children": 0, "updated_models": 0})
    return {"succeeded": succeeded, "failed": []}


def _next_name(call: Call, source: Json) -> str:
    base = re.sub(r" #\d+$", "", source["name"])
    pattern = re.compile(rf"{re.escape(base)}(?: #(\d+))?")
    known = [pattern.fullmatch(task["name"]) for task in call.store.find("task", {"project": [source["project"]]})]
    highest = max((int(found[1] or 1) for found in known if found), default=1)
    return f"{base} #{highest + 1}"
