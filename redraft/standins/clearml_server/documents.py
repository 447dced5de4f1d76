"""Loading, checking and saving tasks, models, projects and queues: what all services share."""

from __future__ import annotations

from typing import Any

from redraft.standins.clearml_server.call import COMPANY, USER, ApiError, Call, Json, new_id

_MISSING = {
    "task": (100, "Invalid task id"),
    "model": (201, "Invalid model id"),
    "project": (401, "Invalid project id"),
    "queue": (701, "Invalid queue id"),
    "worker": (1001, "Invalid worker id"),
}


def load(call: Call, kind: str, document_id: str) -> Json:
    """Return one document.

    Raises:
        ApiError: 400 with the subcode of its kind, if there is none of this id.
    """
    document = call.store.get(kind, document_id)
    if document is None:
        subcode, message = _MISSING[kind]
        raise ApiError(400, subcode, f"{message}: id={document_id}, company={COMPANY}")
    return document


def new_document(name: str) -> Json:
    """Return what every new document begins with."""
    return {"id": new_id(), "company": COMPANY, "user": USER, "name": name}


def change(call: Call, kind: str, document: Json, fields: Json, *, update: bool = True) -> Json:
    """Write changed fields into a document, save it, and return the `fields` of the reply.

    Args:
        call: the request that changes it.
        kind: what the document is.
        document: changed in place; it was loaded for this call.
        fields: top-level fields and their new values; None removes one.
        update: whether this counts as an update of the content, not only as a change (as of tags or a name).
    """
    for name, value in fields.items():
        if value is None:
            document.pop(name, None)
        else:
            document[name] = value
    reply = {**fields, "last_change": call.now.isoformat(timespec="microseconds"), "last_changed_by": USER}
    document["last_change"], document["last_changed_by"] = call.stamp, USER
    if update:
        document["last_update"] = call.stamp
        reply["last_update"] = reply["last_change"]
    call.store.put(kind, document)
    return reply


def merged(old: Any, new: Json) -> Json:
    """Return an object in which the new keys replace the old ones."""
    return {**(old if isinstance(old, dict) else {}), **new}


def as_set(values: Any) -> list[str]:
    """Return tags as ClearML keeps them: sorted, each once."""
    return sorted({str(value) for value in values or []})
