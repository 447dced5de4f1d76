"""`tasks`: making, finding, editing, cloning and deleting them. Their status and parts have files of their own."""

from __future__ import annotations

from redraft.standins.clearml_server.call import ApiError, Call, Json
from redraft.standins.clearml_server.documents import change, load
from redraft.standins.clearml_server.projects_tree import find_project, make_project
from redraft.standins.clearml_server.query import project as projected
from redraft.standins.clearml_server.query import select
from redraft.standins.clearml_server.queue_entries import remove_everywhere, status_before
from redraft.standins.clearml_server.status import check_editable
from redraft.standins.clearml_server.task_document import clone as cloned
from redraft.standins.clearml_server.task_document import delete_outputs, edited_fields, new_task, save_new

_ONLY_LABELS = {"name", "tags", "system_tags", "comment", "project"}


def create(call: Call) -> Json:
    """Make a task."""
    task = new_task(call, call.text("name"), edited_fields(call, None))
    return {"id": save_new(call, task)["id"]}


def validate(call: Call) -> Json:
    """Check what `create` would be given."""
    new_task(call, call.text("name"), edited_fields(call, None))
    return {}


def get_by_id(call: Call) -> Json:
    """Return one task: the call that clients make most, so the stored text is passed on as it is."""
    stored = call.store.get_text("task", call.text("task"))
    if stored is not None and not call.body.get("only_fields"):
        return {"task": stored}
    task = load(call, "task", call.text("task"))
    return {"task": projected([task], call.body.get("only_fields"))[0]}


def get_all(call: Call) -> Json:
    """Return the tasks that fit, those of hidden projects too."""
    documents, extra = select(call.store, "task", call.body)
    return {"tasks": documents, **extra}


def get_by_id_ex(call: Call) -> Json:
    """Return the tasks of these ids, with what they refer to."""
    return get_all_ex(call)


def get_all_ex(call: Call) -> Json:
    """Return the tasks that fit, with the names of their project, parent and user."""
    body = {**call.body, "only_fields": None}
    if body.get("project"):
        below = {p["id"] for p in call.store.find("project") if set(p.get("path", [])) & set(call.items("project"))}
        body["project"] = [*call.items("project"), *sorted(below)]
    documents, extra = select(call.store, "task", body)
    named = [_with_names(call, task) for task in documents]
    return {"tasks": projected(named, call.body.get("only_fields")), **extra}


def get_types(call: Call) -> Json:
    """Return the types that tasks have."""
    return {"types": sorted({task["type"] for task in call.store.find("task")})}


def edit(call: Call) -> Json:
    """Change a task: `execution`, `script`, `output` and `models` are merged, the rest is replaced."""
    task = load(call, "task", call.text("task"))
    check_editable(task["status"], forced=call.forced)
    return _changed(call, task)


def update(call: Call) -> Json:
    """Change a task's labels, whatever its status."""
    task = load(call, "task", call.text("task"))
    allowed = {key: value for key, value in call.body.items() if key in _ONLY_LABELS | {"output_dest", "runtime"}}
    return _changed(Call(store=call.store, gate=call.gate, body=allowed, now=call.now), task)


def clone(call: Call) -> Json:
    """Copy a task's inputs into a new one."""
    source = load(call, "task", call.text("task"))
    name = call.body.get("new_task_name") or source["name"]
    task = cloned(call, source, name)
    if call.body.get("new_project_name") and not call.body.get("new_task_project"):
        wanted = call.text("new_project_name")
        task["project"] = (find_project(call, wanted) or make_project(call, wanted))["id"]
    return {"id": save_new(call, task)["id"]}


def delete(call: Call) -> Json:
    """Remove a task with its events and its output models that are not published."""
    task = load(call, "task", call.text("task"))
    if not call.forced and task["status"] != "created":
        raise ApiError(400, 123, f"Task cannot be deleted: status={task['status']}, id={task['id']} (use force=true)")
    deleted_models = delete_outputs(call, task)
    urls = _file_urls(call, task) if call.body.get("return_file_urls") else None
    call.store.delete("task", task["id"])
    return {
        "deleted": True,
        "updated_children": 0,
        "updated_models": 0,
        "deleted_models": deleted_models,
        "urls": urls,
    }


def archive(call: Call) -> Json:
    """Hide tasks; a queued one leaves its queue first."""
    for task_id in call.items("tasks"):
        _set_archived(call, str(task_id), archived=True)
    return {"archived": len(call.items("tasks"))}


def archive_many(call: Call) -> Json:
    """Hide tasks."""
    return _many(call, archived=True)


def unarchive_many(call: Call) -> Json:
    """Show tasks again."""
    return _many(call, archived=False)


def set_requirements(call: Call) -> Json:
    """Replace the packages that a task needs."""
    task = load(call, "task", call.text("task"))
    script = {**(task.get("script") or {}), "requirements": call.body.get("requirements") or {}}
    change(call, "task", task, {"script": script})
    return {"fields": {}, "updated": 1}


def _changed(call: Call, task: Json) -> Json:
    fields = edited_fields(call, task)
    if not fields:
        return {"fields": {}, "updated": 0}
    reply = change(call, "task", task, fields, update=not fields.keys() <= _ONLY_LABELS)
    return {"fields": reply, "updated": 1}


def _with_names(call: Call, task: Json) -> Json:
    named = {**task, "company": {"id": task["company"]}, "user": {"id": task["user"], "name": task["user"]}}
    for key, kind in (("project", "project"), ("parent", "task")):
        other = call.store.get(kind, task[key]) if task.get(key) else None
        if other is not None:
            named[key] = {"id": other["id"], "name": other["name"]}
    return named


def _set_archived(call: Call, task_id: str, *, archived: bool) -> None:
    task = load(call, "task", task_id)
    tags = set(task["system_tags"]) - {"archived"} | ({"archived"} if archived else set())
    fields: Json = {"system_tags": sorted(tags)}
    if archived and remove_everywhere(call, task_id) and task["status"] == "queued":
        fields["status"] = status_before(call, task_id)
    change(call, "task", task, fields)


def _many(call: Call, *, archived: bool) -> Json:
    for task_id in call.items("ids"):
        _set_archived(call, str(task_id), archived=archived)
    return {"succeeded": [{"id": task_id, "archived": archived} for task_id in call.items("ids")], "failed": []}


def _file_urls(call: Call, task: Json) -> Json:
    models = call.store.find("model", {"task": [task["id"]]})
    images = call.store.events(task["id"], "training_debug_image")
    return {
        "artifact_urls": [item["uri"] for item in task["execution"]["artifacts"] if item.get("uri")],
        "model_urls": [model["uri"] for model in models if model.get("uri")],
        "event_urls": sorted({event["url"] for event in images if event.get("url")}),
    }
