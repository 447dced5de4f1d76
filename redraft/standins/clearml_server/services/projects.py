"""`projects`: a tree of names; `.datasets` and `.pipelines` below it are hidden from searches that do not ask."""

from __future__ import annotations

from redraft.standins.clearml_server.call import ApiError, Call, Json
from redraft.standins.clearml_server.documents import as_set, load
from redraft.standins.clearml_server.projects_tree import find_project, make_project
from redraft.standins.clearml_server.query import project as projected
from redraft.standins.clearml_server.query import select

_EDITABLE = ("description", "tags", "system_tags", "default_output_destination")


def create(call: Call) -> Json:
    """Make a project, with its parents."""
    name = call.text("name").strip("/")
    if find_project(call, name) is not None:
        raise ApiError(400, 801, "Value combination already exists (unique field already contains this value)")
    fields = {key: call.body[key] for key in _EDITABLE if call.body.get(key) is not None}
    return {"id": make_project(call, name, **fields)["id"]}


def get_by_id(call: Call) -> Json:
    """Return one project."""
    return {"project": load(call, "project", call.text("project"))}


def get_all(call: Call) -> Json:
    """Return the projects that fit; hidden ones only when asked for, by id or by `search_hidden`."""
    body = dict(call.body)
    wanted_fields = body.pop("only_fields", None)
    if not (body.get("search_hidden") or body.get("id")):
        body["system_tags"] = [*(call.items("system_tags")), "__$not", "hidden"]
    if body.get("shallow_search") and not body.get("parent"):
        body["parent"] = ["__$none"]
    documents, extra = select(call.store, "project", body)
    without_path = [{key: value for key, value in doc.items() if key != "path"} for doc in documents]
    return {"projects": projected(without_path, wanted_fields), **extra}


def get_all_ex(call: Call) -> Json:
    """Return the projects that fit."""
    return get_all(call)


def update(call: Call) -> Json:
    """Change a project; a new name moves the projects below it too."""
    project = load(call, "project", call.text("project"))
    fields = {key: call.body[key] for key in _EDITABLE if call.body.get(key) is not None}
    for key in {"tags", "system_tags"} & fields.keys():
        fields[key] = as_set(fields[key])
    if call.body.get("name"):
        fields["name"] = call.text("name")
        _rename(call, project, fields["name"])
    call.store.put("project", {**load(call, "project", project["id"]), **fields, "last_update": call.stamp})
    return {"fields": fields, "updated": 1}


def delete(call: Call) -> Json:
    """Remove a project; with `delete_contents` its tasks and models too, else they lose it."""
    project = load(call, "project", call.text("project"))
    below = [p for p in call.store.find("project") if project["id"] in p.get("path", [])]
    ids = [project["id"], *(p["id"] for p in below)]
    tasks = list(call.store.find("task", {"project": ids}))
    models = list(call.store.find("model", {"project": ids}))
    if tasks and not call.forced:
        raise ApiError(400, 402, f"Project has associated tasks (use force=true): id={project['id']}")
    contents = bool(call.body.get("delete_contents"))
    for kind, documents in (("task", tasks), ("model", models)):
        for document in documents:
            if contents:
                call.store.delete(kind, document["id"])
                call.store.delete_events(document["id"])
            else:
                call.store.put(kind, {key: value for key, value in document.items() if key != "project"})
    for project_id in ids:
        call.store.delete("project", project_id)
    counts = {"deleted_tasks": len(tasks), "deleted_models": len(models)} if contents else {}
    return {"deleted": len(ids), "disassociated_tasks": 0 if contents else len(tasks), "urls": {}, **counts}


def _rename(call: Call, project: Json, name: str) -> None:
    parent = name.rpartition("/")[0]
    if parent and find_project(call, parent) is None:
        make_project(call, parent)
    old = project["name"]
    for document in call.store.find("project"):
        if document["name"] == old or document["name"].startswith(old + "/"):
            new = name + document["name"][len(old) :]
            call.store.put("project", {**document, "name": new, "basename": new.rpartition("/")[2]})
