"""The note that somebody is being forgotten: a task that does not hold the name, so that a second call can finish.

While it is under way it holds a salted hash of the name, by which the second call knows that it is meant, the
pseudonym, and the addresses of the files that are to be deleted. At the end hash, salt and addresses are taken away;
what stays says when which pseudonym was given.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from redraft.learning.pseudonyms import Pseudonym
from redraft.records import content_id
from redraft.tracking.server import call, find_tasks, project_ids
from redraft.tracking.step import RECORDS_TAG

TAG = "redraft-forgetting"
PSEUDONYM = "pseudonym"
SALT, HASH, WORDS, FILES = "salt", "name_hash", "words", "old_files"


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A forgetting that is under way."""

    task_id: str
    pseudonym: str
    words: bool
    salt: str
    files: tuple[str, ...]  # addresses of files that are to be deleted

    def writer(self, old: str) -> str:
        """A writer's new key: the same at a second call, and not to be found from the name when the salt is gone."""
        return content_id("w", self.salt, old)


def find_record(project: str, name: str) -> Record | None:
    """Find the forgetting of this name that did not reach its end."""
    ids = project_ids(project)
    for task in find_tasks(project=ids, tags=[TAG], only_fields=["hyperparams"]) if ids else ():
        salt = _property(task, SALT)
        if salt and _property(task, HASH) == _hash(salt, name):
            return Record(
                task_id=task["id"],
                pseudonym=_property(task, PSEUDONYM),
                words=_property(task, WORDS) == "True",
                salt=salt,
                files=tuple(json.loads(_property(task, FILES) or "[]")),
            )
    return None


def open_record(project: str, change: Pseudonym) -> Record:
    """Note that a name is being forgotten, before anything is changed."""
    from clearml import Task

    task = Task.create(project_name=project, task_name="forget a person", task_type=Task.TaskTypes.custom)
    # a source of the history, once complete: pages that keep the history by its sources then read it anew
    task.set_tags([RECORDS_TAG, TAG])
    salt = secrets.token_hex(16)
    record = Record(task_id=str(task.id), pseudonym=change.pseudonym, words=change.words, salt=salt, files=())
    noted = {PSEUDONYM: change.pseudonym, WORDS: str(change.words), SALT: salt, HASH: _hash(salt, change.name)}
    _set(record.task_id, noted)
    call("tasks.started", task=record.task_id)
    return record


def note_files(record: Record, urls: Iterable[str]) -> tuple[str, ...]:
    """Note files that will have to be deleted; return all of them, those of an earlier call included."""
    every = tuple(sorted({*record.files, *urls}))
    _set(record.task_id, {FILES: json.dumps(every)})
    return every


def close_record(record: Record, summary: str) -> None:
    """Note that it is done."""
    message = f"a person is {record.pseudonym} from now on: {summary}"
    call("tasks.completed", task=record.task_id, status_message=message[:500], force=True)
    gone = [{"section": "properties", "name": name} for name in (SALT, HASH, WORDS, FILES)]
    call("tasks.delete_hyper_params", task=record.task_id, hyperparams=gone, force=True)


def _hash(salt: str, name: str) -> str:
    return hashlib.sha256(f"{salt} {name}".encode()).hexdigest()


def _property(task: dict[str, Any], name: str) -> str:
    return str(((task.get("hyperparams") or {}).get("properties") or {}).get(name, {}).get("value") or "")


def _set(task_id: str, values: dict[str, str]) -> None:
    items = [{"section": "properties", "name": name, "value": value, "type": "str"} for name, value in values.items()]
    call("tasks.edit_hyper_params", task=task_id, hyperparams=items, replace_hyperparams="none")
