"""`tasks`, the calls that change one part: artifacts, hyperparameters, configurations, models."""

from __future__ import annotations

from redraft.standins.clearml_server.call import ApiError, Call, Json
from redraft.standins.clearml_server.documents import change, load
from redraft.standins.clearml_server.status import check_editable
from redraft.standins.clearml_server.task_document import artifact, parameter

_RUNNING = ("created", "queued", "in_progress")
_ALWAYS_EDITABLE = "properties"


def add_or_update_artifacts(call: Call) -> Json:
    """Write artifacts; one of the same key and mode is replaced."""
    task = load(call, "task", call.text("task"))
    check_editable(task["status"], forced=call.forced, allowed=_RUNNING)
    known = {_artifact_key(item): item for item in task["execution"].get("artifacts", [])}
    for item in call.objects("artifacts"):
        stored = artifact(call, item)
        known[_artifact_key(stored)] = stored
    _set_artifacts(call, task, list(known.values()))
    return {"updated": 1}


def delete_artifacts(call: Call) -> Json:
    """Remove artifacts by key and mode."""
    task = load(call, "task", call.text("task"))
    check_editable(task["status"], forced=call.forced, allowed=_RUNNING)
    gone = {_artifact_key(item) for item in call.objects("artifacts")}
    kept = [item for item in task["execution"].get("artifacts", []) if _artifact_key(item) not in gone]
    _set_artifacts(call, task, kept)
    return {"deleted": 1}


def get_hyper_params(call: Call) -> Json:
    """Return the hyperparameters of tasks, as lists."""
    tasks = _tasks(call)
    return {"params": [{"task": t["id"], "hyperparams": _flat(t["hyperparams"])} for t in tasks]}


def edit_hyper_params(call: Call) -> Json:
    """Write hyperparameters; section `properties` in every status."""
    task = load(call, "task", call.text("task"))
    items = call.objects("hyperparams")
    _check_sections(call, task, items)
    replace = call.body.get("replace_hyperparams") or "none"
    named = {str(item.get("section")) for item in items}
    kept = {} if replace == "all" else task["hyperparams"]
    sections = {key: value for key, value in kept.items() if not (replace == "section" and key in named)}
    for item in items:
        section, name = str(item.get("section") or ""), str(item.get("name") or "")
        if not section or not name:
            raise ApiError(400, 12, "Validation error (a hyperparameter needs section and name)")
        sections[section] = {**sections.get(section, {}), name: parameter(section, name, item)}
    change(call, "task", task, {"hyperparams": sections})
    return {"updated": 1}


def delete_hyper_params(call: Call) -> Json:
    """Remove hyperparameters; without a name, a whole section."""
    task = load(call, "task", call.text("task"))
    items = call.objects("hyperparams")
    _check_sections(call, task, items)
    sections = dict(task["hyperparams"])
    for item in items:
        section, name = str(item.get("section") or ""), item.get("name")
        left = {key: value for key, value in sections.get(section, {}).items() if name and key != name}
        sections = {key: value for key, value in sections.items() if key != section}
        if left:
            sections[section] = left
    change(call, "task", task, {"hyperparams": sections})
    return {"deleted": 1}


def get_configurations(call: Call) -> Json:
    """Return the configuration objects of tasks, all or the named ones."""
    names = set(call.items("names"))
    return {
        "configurations": [
            {
                "task": task["id"],
                "configuration": [
                    {**item, "name": name}
                    for name, item in sorted(task["configuration"].items())
                    if not names or name in names
                ],
            }
            for task in _tasks(call)
        ]
    }


def get_configuration_names(call: Call) -> Json:
    """Return the names of the configuration objects of tasks."""
    return {"configurations": [{"task": t["id"], "names": sorted(t["configuration"])} for t in _tasks(call)]}


def edit_configuration(call: Call) -> Json:
    """Write configuration objects."""
    task = load(call, "task", call.text("task"))
    check_editable(task["status"], forced=call.forced)
    new = {str(item.get("name")): item for item in call.objects("configuration")}
    kept = {} if call.body.get("replace_configuration") else task["configuration"]
    change(call, "task", task, {"configuration": {**kept, **new}})
    return {"updated": 1}


def delete_configuration(call: Call) -> Json:
    """Remove configuration objects by name."""
    task = load(call, "task", call.text("task"))
    check_editable(task["status"], forced=call.forced)
    gone = set(call.items("configuration"))
    kept = {name: item for name, item in task["configuration"].items() if name not in gone}
    change(call, "task", task, {"configuration": kept})
    return {"deleted": 1}


def add_or_update_model(call: Call) -> Json:
    """Note that a task uses or made a model, under a name."""
    task = load(call, "task", call.text("task"))
    kind = str(call.body.get("type") or "output")
    if kind not in ("input", "output"):
        raise ApiError(400, 12, f"Validation error (type must be input or output, got {kind!r})")
    entry = {"name": call.text("name"), "model": call.text("model"), "updated": call.stamp}
    others = [item for item in task["models"].get(kind, []) if item.get("name") != entry["name"]]
    change(call, "task", task, {"models": {**task["models"], kind: [*others, entry]}})
    return {"updated": 1}


def delete_models(call: Call) -> Json:
    """Forget that a task uses or made models."""
    task = load(call, "task", call.text("task"))
    gone = {(item.get("type"), item.get("name")) for item in call.objects("models")}
    kept = {
        kind: [item for item in task["models"].get(kind, []) if (kind, item.get("name")) not in gone]
        for kind in ("input", "output")
    }
    change(call, "task", task, {"models": kept})
    return {"updated": 1}


def _tasks(call: Call) -> list[Json]:
    return [load(call, "task", str(task_id)) for task_id in call.items("tasks")]


def _artifact_key(item: Json) -> tuple[str, str]:
    return str(item.get("key")), str(item.get("mode") or "output")


def _set_artifacts(call: Call, task: Json, artifacts: list[Json]) -> None:
    artifacts = sorted(artifacts, key=_artifact_key)
    change(call, "task", task, {"execution": {**task["execution"], "artifacts": artifacts}})


def _check_sections(call: Call, task: Json, items: list[Json]) -> None:
    if any(item.get("section") != _ALWAYS_EDITABLE for item in items):
        check_editable(task["status"], forced=call.forced)


def _flat(sections: Json) -> list[Json]:
    return [item for section in sections.values() for item in section.values()]
