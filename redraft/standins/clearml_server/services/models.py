"""`models`: named files that tasks made or use."""

from __future__ import annotations

from redraft.standins.clearml_server.call import ApiError, Call, Json, require_name
from redraft.standins.clearml_server.documents import as_set, change, load, new_document
from redraft.standins.clearml_server.projects_tree import touch_project
from redraft.standins.clearml_server.query import project as projected
from redraft.standins.clearml_server.query import select

_FIELDS = ("name", "task", "comment", "uri", "project", "framework", "design", "labels", "parent", "ready")


def create(call: Call) -> Json:
    """Make a model."""
    name = call.text("name")
    require_name(name, "Model")
    model = {
        **new_document(name),
        "created": call.stamp,
        "tags": [],
        "system_tags": [],
        "ready": False,
        "labels": {},
        "design": {},
        "metadata": {},
        "last_iteration": 0,
        "last_metrics": {},
    }
    change(call, "model", model, _fields(call))
    touch_project(call, model.get("project"))
    return {"created": True, "id": model["id"]}


def edit(call: Call) -> Json:
    """Change a model, and the iteration that its task has reached."""
    model = load(call, "model", call.text("model"))
    fields = _fields(call)
    _advance(call, str(call.body.get("task") or model.get("task") or ""))
    return {"fields": {**change(call, "model", model, fields), "ui_cache": {}}, "updated": 1}


def update(call: Call) -> Json:
    """Change a model."""
    return edit(call)


def update_for_task(call: Call) -> Json:
    """Make or change the output model of a task."""
    task = load(call, "task", call.text("task"))
    if call.body.get("override_model_id"):
        model = load(call, "model", call.text("override_model_id"))
        return {"id": model["id"], "created": False, "updated": 1, "fields": change(call, "model", model, {})}
    uri, name = call.text("uri"), str(call.body.get("name") or task["name"])
    body = {**call.body, "uri": uri, "name": name, "task": task["id"], "project": task.get("project")}
    known = next((m for m in call.store.find("model", {"task": [task["id"]]}) if m.get("uri") == uri), None)
    _advance(call, task["id"])
    if known is not None:
        return {"id": known["id"], "created": False, "updated": 1, "fields": change(call, "model", known, {})}
    inner = Call(store=call.store, gate=call.gate, body=body, now=call.now)
    return {"id": create(inner)["id"], "created": True}


def get_by_id(call: Call) -> Json:
    """Return one model."""
    return {"model": projected([load(call, "model", call.text("model"))], call.body.get("only_fields"))[0]}


def get_by_task_id(call: Call) -> Json:
    """Return the first model that a task made."""
    model = next(call.store.find("model", {"task": [call.text("task")]}), None)
    if model is None:
        raise ApiError(400, 201, f"Invalid model id: task={call.text('task')}")
    return {"model": model}


def get_all(call: Call) -> Json:
    """Return the models that fit."""
    documents, extra = select(call.store, "model", call.body)
    return {"models": documents, **extra}


def get_all_ex(call: Call) -> Json:
    """Return the models that fit."""
    return get_all(call)


def set_ready(call: Call) -> Json:
    """Publish a model."""
    model = load(call, "model", call.text("model"))
    change(call, "model", model, {"ready": True})
    return {"fields": {}, "updated": 1}


def delete(call: Call) -> Json:
    """Remove a model; a published one only by force."""
    model = load(call, "model", call.text("model"))
    if model.get("ready") and not call.forced:
        raise ApiError(400, 203, f"Model is published and cannot be deleted (use force=true): id={model['id']}")
    call.store.delete("model", model["id"])
    call.store.delete_events(model["id"])
    _forget(call, model)
    return {"deleted": True, "url": model.get("uri")}


def archive_many(call: Call) -> Json:
    """Hide models."""
    return _archive(call, archived=True)


def unarchive_many(call: Call) -> Json:
    """Show models again."""
    return _archive(call, archived=False)


def add_or_update_metadata(call: Call) -> Json:
    """Write a model's key and value pairs."""
    model = load(call, "model", call.text("model"))
    new = {str(item.get("key")): item for item in call.objects("metadata")}
    kept = {} if call.body.get("replace_metadata") else model.get("metadata", {})
    change(call, "model", model, {"metadata": {**kept, **new}})
    return {"updated": 1}


def delete_metadata(call: Call) -> Json:
    """Remove some of a model's key and value pairs."""
    model = load(call, "model", call.text("model"))
    gone = set(call.items("keys"))
    kept = {key: item for key, item in model.get("metadata", {}).items() if key not in gone}
    change(call, "model", model, {"metadata": kept})
    return {"updated": 1}


def _fields(call: Call) -> Json:
    fields = {key: call.body[key] for key in _FIELDS if call.body.get(key) is not None}
    for key in ("tags", "system_tags"):
        if call.body.get(key) is not None:
            fields[key] = as_set(call.items(key))
    return fields


def _advance(call: Call, task_id: str) -> None:
    iteration = call.body.get("iteration")
    task = call.store.get("task", task_id) if isinstance(iteration, int) and task_id else None
    if task is not None:
        change(call, "task", task, {"last_iteration": max(int(iteration or 0), task.get("last_iteration", 0))})


def _forget(call: Call, model: Json) -> None:
    task = call.store.get("task", model["task"]) if model.get("task") else None
    if task is not None:
        left = [item for item in task["models"].get("output", []) if item.get("model") != model["id"]]
        change(call, "task", task, {"models": {**task["models"], "output": left}})


def _archive(call: Call, *, archived: bool) -> Json:
    for model_id in call.items("ids"):
        model = load(call, "model", str(model_id))
        tags = set(model["system_tags"]) - {"archived"} | ({"archived"} if archived else set())
        change(call, "model", model, {"system_tags": sorted(tags)})
    return {"succeeded": [{"id": model_id, "archived": archived} for model_id in call.items("ids")], "failed": []}
