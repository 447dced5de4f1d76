"""Projects form a tree by their names (`lab/data/.datasets`): making the branch, and touching it."""

from __future__ import annotations

from redraft.standins.clearml_server.call import ApiError, Call, Json
from redraft.standins.clearml_server.documents import new_document


def find_project(call: Call, name: str) -> Json | None:
    """Return the project of exactly this name, or None."""
    return next(call.store.find("project", {"name": [name]}), None)


def make_project(call: Call, name: str, **fields: object) -> Json:
    """Make a project and whichever of its parents are missing; return it.

    Raises:
        ApiError: 400/12 if the last part of the name has fewer than three characters.
    """
    parent_name, _, basename = name.rpartition("/")
    if len(basename.strip()) < 3:
        raise ApiError(400, 12, "Validation error (Project name cannot be blank)")
    parent = (find_project(call, parent_name) or make_project(call, parent_name)) if parent_name else None
    document = {
        **new_document(name),
        "basename": basename,
        "description": "",
        "created": call.stamp,
        "tags": [],
        "system_tags": [],
        "last_update": call.stamp,
        "featured": 9999,
        **fields,
    }
    if parent is not None:
        document |= {"parent": parent["id"], "path": [*parent.get("path", []), parent["id"]]}
    call.store.put("project", document)
    return document


def touch_project(call: Call, project_id: str | None) -> None:
    """Note that something in a project changed."""
    project = call.store.get("project", project_id) if project_id else None
    if project is not None:
        call.store.put("project", {**project, "last_update": call.stamp})
