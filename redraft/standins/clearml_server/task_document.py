"""What a task looks like when it is new, cloned or edited."""

from __future__ import annotations

import copy
from datetime import datetime
from typing import Any

from redraft.standins.clearml_server.call import USER, ApiError, Call, Json, require_name
from redraft.standins.clearml_server.documents import as_set, load, merged, new_document
from redraft.standins.clearml_server.projects_tree import touch_project
from redraft.standins.clearml_server.queue_entries import remove_everywhere, status_before

_TEXTS = ("name", "comment", "type", "parent", "project")
_MERGED = ("script", "execution", "models", "container")
_DROPPED_TAGS = {"development", "archived"}
_KEPT_BY_CLONE = ("hyperparams", "configuration", "script", "container", "comment", "type", "tags")


def new_task(call: Call, name: str, fields: Json) -> Json:
    """Return a new task, not saved: every default is present, as the SDK expects."""
    require_name(name, "Task")
    return {
        **new_document(name),
        "type": "training",
        "status": "created",
        "comment": "",
        "report_assets": [],
        "created": call.stamp,
        "output": {},
        "execution": {"test_split": 0, "parameters": {}, "model_desc": {}, "model_labels": {}, "artifacts": []},
        "tags": [],
        "system_tags": [],
        "script": {"binary": "python", "repository": "", "entry_point": "", "requirements": {}},
        "last_update": call.stamp,
        "last_change": call.stamp,
        "last_iteration": 0,
        "last_metrics": {},
        "unique_metrics": [],
        "metric_stats": {},
        "hyperparams": {},
        "configuration": {},
        "runtime": {},
        "models": {"input": [], "output": []},
        "container": {},
        "last_changed_by": USER,
        **fields,
    }


def edited_fields(call: Call, task: Json | None) -> Json:
    """Return the fields of a task that a create or edit request sets, merged with what the task holds."""
    body, old = call.body, task or {}
    objects = {name: value for name, value in body.items() if isinstance(value, dict)}
    fields: Json = {name: body[name] for name in _TEXTS if isinstance(body.get(name), str)}
    fields |= {name: as_set(call.items(name)) for name in ("tags", "system_tags") if body.get(name) is not None}
    fields |= {name: merged(old.get(name) or _defaults(name), objects[name]) for name in _MERGED if name in objects}
    fields |= {name: objects[name] for name in ("configuration", "runtime") if name in objects}
    if "hyperparams" in objects:
        fields["hyperparams"] = parameters(objects["hyperparams"])
    if isinstance(body.get("output_dest"), str):
        fields["output"] = merged(old.get("output"), {"destination": body["output_dest"]})
    _check_references(call, fields)
    return fields


def _defaults(name: str) -> Json:
    if name == "execution":
        return {"test_split": 0, "parameters": {}, "model_desc": {}, "model_labels": {}, "artifacts": []}
    if name == "models":
        return {"input": [], "output": []}
    return {}


def _check_references(call: Call, fields: Json) -> None:
    if "name" in fields:
        require_name(fields["name"], "Task")
    if fields.get("project"):
        load(call, "project", fields["project"])
    for items in fields.get("models", {}).values():
        for item in items or []:
            item.setdefault("updated", call.stamp)
    execution = fields.get("execution")
    if execution is not None:
        execution["artifacts"] = [artifact(call, item) for item in execution.get("artifacts") or []]


def parameters(sections: Json) -> Json:
    """Return hyperparameters as they are stored: each with section and name, the value a string."""
    return {
        section: {name: parameter(section, name, item) for name, item in items.items()}
        for section, items in sections.items()
        if isinstance(items, dict)
    }


def parameter(section: str, name: str, item: Any) -> Json:
    """Return one hyperparameter as it is stored."""
    if not isinstance(item, dict):
        raise ApiError(400, 12, f"Validation error (hyperparameter {section}/{name} must be an object)")
    fields = {key: value for key, value in item.items() if value is not None}
    if "value" in fields and not isinstance(fields["value"], str):
        fields["value"] = str(fields["value"])
    return {**fields, "section": section, "name": name}


def artifact(call: Call, item: Json) -> Json:
    """Return one artifact as it is stored."""
    if not isinstance(item, dict) or not item.get("key") or not item.get("type"):
        raise ApiError(400, 12, "Validation error (an artifact needs key and type)")
    given = {key: value for key, value in item.items() if value is not None}
    shown = sorted(given.pop("display_data", []), key=str)
    return {"mode": "output", "timestamp": int(call.now.timestamp()), "display_data": shown, **given}


def clone(call: Call, source: Json, name: str) -> Json:
    """Return an unsaved copy of a task: its inputs, not its outputs, queue or runtime."""
    body = call.body
    fields = {key: copy.deepcopy(source[key]) for key in _KEPT_BY_CLONE if key in source}
    execution = {key: value for key, value in source["execution"].items() if key != "queue"}
    execution["artifacts"] = [item for item in execution.get("artifacts", []) if item.get("mode") == "input"]
    fields["execution"] = merged(execution, body.get("execution_overrides") or {})
    fields["models"] = {"input": source["models"].get("input", []), "output": []}
    fields["system_tags"] = [tag for tag in source.get("system_tags", []) if tag not in _DROPPED_TAGS]
    for key in ("project", "parent"):
        value = body.get(f"new_task_{key}") or source.get(key) or (source["id"] if key == "parent" else None)
        if value:
            fields[key] = value
    for key in ("comment", "tags", "system_tags", "configuration", "container"):
        if body.get(f"new_task_{key}") is not None:
            fields[key] = body[f"new_task_{key}"]
    if isinstance(body.get("new_task_hyperparams"), dict):
        fields["hyperparams"] = parameters(body["new_task_hyperparams"])
    return new_task(call, name, fields)


def save_new(call: Call, task: Json) -> Json:
    """Save a new task and return it."""
    call.store.put("task", task)
    touch_project(call, task.get("project"))
    return task


def delete_outputs(call: Call, task: Json) -> int:
    """Remove what a task produced: events, queue entries, unpublished models; return how many models."""
    remove_everywhere(call, task["id"])
    status_before(call, task["id"])
    call.store.delete_events(task["id"])
    if call.body.get("delete_output_models") is False:
        return 0
    models = [model for model in call.store.find("model", {"task": [task["id"]]}) if not model.get("ready")]
    for model in models:
        call.store.delete("model", model["id"])
        call.store.delete_events(model["id"])
    return len(models)


def active_duration(call: Call, task: Json) -> Json:
    """Return for how many seconds a task has been running, as a field; empty if it never ran."""
    if not task.get("started"):
        return {}
    end = datetime.fromisoformat(task["completed"]) if task.get("completed") else call.now
    return {"active_duration": max(0, int((end - datetime.fromisoformat(task["started"])).total_seconds()))}
