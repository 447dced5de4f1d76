"""Making what a recording presupposes, over HTTP: `replay_seeds.yaml` says what and in which order."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from clearml_api import Api
from replay_compare import Ids
from replay_recordings import Exchange, Json

Read = Callable[[str], list[Exchange]]
"""Returns the exchanges of a recording by name."""

_TASK_FIELDS = ("name", "type", "comment", "parent", "project", "tags", "system_tags", "script", "execution")
_TASK_SECTIONS = ("hyperparams", "configuration", "container")
_MODEL_FIELDS = ("name", "project", "task", "comment", "tags", "system_tags", "uri", "framework", "design", "labels")


def sow(api: Api, ids: Ids, seed: Json, read: Read) -> None:
    """Do what one seed says.

    It is one of: `call` and `body`, with the recorded id that it `gives`; `task` or `model` as a `reply` of a
    recording shows it, `but` with some fields of its own; the `events` of a recording, of one task, sent for another.
    """
    if ids.knows(seed.get("gives", "")):
        return  # a recording before this one made it
    if "call" in seed:
        data = api.ask(seed["call"], **ids.rewritten(seed.get("body", {})))
        if "gives" in seed:
            ids.add(seed["gives"], _id_in(data))
    elif "task" in seed:
        _sow_task(api, ids, _shown(seed, read, "task"))
    elif "model" in seed:
        _sow_model(api, ids, _shown(seed, read, "model"))
    else:
        _sow_events(api, ids, seed, read)


def _id_in(data: Json) -> str:
    if "id" in data:
        return str(data["id"])
    [found] = [item for value in data.values() if isinstance(value, list) for item in value]
    return str(found["id"])


def _shown(seed: Json, read: Read, kind: str) -> Json:
    recording, line = seed["reply"]
    return {**read(recording)[line - 1].reply[kind], "id": seed[kind], **seed.get("but", {})}


def _sow_task(api: Api, ids: Ids, document: Json) -> None:
    shown: Json = {**document, **ids.rewritten({key: value for key, value in document.items() if key != "id"})}
    fields = {key: shown[key] for key in (*_TASK_FIELDS, *_TASK_SECTIONS) if key in shown}
    task = api.ask("tasks.create", **fields, output_dest=shown["output"].get("destination"))["id"]
    ids.add(document["id"], task)
    # its own id stands in its artifacts' addresses
    execution = ids.rewritten(document["execution"])
    api.ask("tasks.edit", task=task, force=True, runtime=shown["runtime"], execution=execution)
    if shown.get("last_worker"):
        api.ask("workers.status_report", worker=shown["last_worker"], task=task)
    told = {"status_reason": shown.get("status_reason"), "status_message": shown.get("status_message")}
    if "started" in shown:
        api.ask("tasks.started", task=task)
    if "active_duration" in shown:
        api.ask("tasks.ping", task=task)
    if shown["status"] != "created":
        api.ask(f"tasks.{shown['status']}", task=task, force=True, **told)


def _sow_model(api: Api, ids: Ids, document: Json) -> None:
    shown = ids.rewritten({key: value for key, value in document.items() if key != "id"})
    model = api.ask("models.create", **{key: shown[key] for key in _MODEL_FIELDS if key in shown})["id"]
    ids.add(document["id"], model)
    api.ask("models.add_or_update_metadata", model=model, metadata=list(shown["metadata"].values()))
    if shown["ready"]:
        api.ask("models.set_ready", model=model, publish_task=False)


def _sow_events(api: Api, ids: Ids, seed: Json, read: Read) -> None:
    origin, owner = seed["of"], ids.rewritten(seed["for"])
    for exchange in read(seed["events"]):
        if exchange.endpoint == "events.add_batch":
            lines = exchange.request if isinstance(exchange.request, list) else [exchange.request]
            wanted = [
                {**line, "task": owner} for line in lines if line["task"] == origin and line["type"] in seed["types"]
            ]
            if wanted:
                _send_events(api, wanted)


def _send_events(api: Api, lines: list[Any]) -> None:
    reply = api.call("events.add_batch", lines)
    assert reply.data.get("added") == len(lines), reply.message
