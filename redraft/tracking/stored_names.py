"""Where a project's tasks hold names of people: in records, in texts on the tasks, in tables that were plotted.

`redraft.tracking.forgetting` changes what is found here.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from redraft.jsonl import parse_jsonl
from redraft.learning.pseudonyms import Pseudonym, is_about, people, replace
from redraft.records import (
    Decision,
    Feedback,
    Flag,
    Import,
    IterationResult,
    Overall,
    PlanItem,
    Presence,
    QuestionEdit,
    Rating,
)
from redraft.tracking.artifacts import get_file
from redraft.tracking.closing import lease_of
from redraft.tracking.server import call, find_tasks, project_ids
from redraft.tracking.step import CONFIG_OBJECT
from redraft.tracking.tables import MAX_CELL, cut, plain

# Artifact name (or its start, before a dash) -> its records. A writer's part of a plan names nobody, but is called
# like that writer's other files.
KINDS: Mapping[str, type[Any]] = {
    "ratings": Rating,
    "overalls": Overall,
    "presence": Presence,
    "flags": Flag,
    "plan": PlanItem,
    "decisions": Decision,
    "feedback": Feedback,
    "questionedits": QuestionEdit,
    "imports": Import,
    "iteration": IterationResult,
    "iterations": IterationResult,  # of a snapshot
}
TASK_FIELDS = [
    "name", "type", "status", "tags", "comment", "status_message", "status_reason", "hyperparams",
    "execution.artifacts", f"configuration.{CONFIG_OBJECT}",
]  # fmt: skip
NAMED_COLUMNS = ("reviewer", "author")  # of tables
WORD_COLUMNS = ("comment", "comments")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """An artifact that may name people."""

    task: Mapping[str, Any]  # as the server describes it
    artifact: str
    url: str
    kind: type[Any]
    records: tuple[Any, ...]

    @property
    def writer(self) -> str:
        """Key of the writer whose file it is; empty: of nobody in particular."""
        return self.artifact.partition("-")[2]

    def is_about(self, change: Pseudonym) -> bool:
        """Whether this person rated, wrote or decided any of it."""
        return any(is_about(record, change) for record in self.records)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A project's tasks, and those of their files that may name people."""

    tasks: tuple[Mapping[str, Any], ...]
    files: tuple[StoredFile, ...]

    def people(self) -> set[str]:
        """Everybody who rated, wrote, decided or closed something."""
        leases = [lease_of(dict(task)) for task in self.tasks]
        closers = {lease.owner.rpartition(" ")[0].strip() for lease in leases if lease is not None}
        return people(record for file in self.files for record in file.records) | (closers - {"", "redraft"})

    def writers(self, change: Pseudonym) -> frozenset[tuple[str, str]]:
        """This person as a writer: ids of tasks, and keys in them."""
        return frozenset((file.task["id"], file.writer) for file in self.files if file.writer and file.is_about(change))

    def files_to_change(self, change: Pseudonym) -> list[StoredFile]:
        """Files that hold the name, and the other files of the same writers: these first.

        Whoever dies in between leaves the name in a file of the writer, so that the next one finds all of them again.
        """
        writers = self.writers(change)
        found = [
            file
            for file in self.files
            if (file.task["id"], file.writer) in writers or any(replace(r, change) != r for r in file.records)
        ]
        return sorted(found, key=lambda file: file.is_about(change))


def find_stored(project: str) -> Stored:
    """Read all tasks of a project, whatever their status, and their files that may name people."""
    ids = project_ids(project)
    tasks = tuple(find_tasks(project=ids, only_fields=TASK_FIELDS)) if ids else ()
    return Stored(tasks=tasks, files=tuple(file for task in tasks for file in _files_of(task)))


def _files_of(task: Mapping[str, Any]) -> list[StoredFile]:
    found = []
    for item in (task.get("execution") or {}).get("artifacts") or []:
        name, url = item["key"], item.get("uri")
        kind = KINDS.get(name.partition("-")[0])
        if kind is not None and url:
            text = get_file(url).read_text(encoding="utf-8")
            records = parse_jsonl(kind, text, name=f"{name} of task {task['id']}")
            found.append(StoredFile(task=task, artifact=name, url=url, kind=kind, records=tuple(records)))
    return found


def plots_to_change(task_id: str, change: Pseudonym) -> list[dict[str, Any]]:
    """Plotted tables of a task that hold the name, as they are to be: events for `events.add`."""
    shown = dataclasses.replace(change, name=plain(cut(change.name, MAX_CELL)), pseudonym=plain(change.pseudonym))
    found = []
    for plot in call("events.get_task_plots", task=task_id, iters=1, no_scroll=True).get("plots") or []:
        old = str(plot.get("plot_str") or "")
        new = _without_name(old, shown)
        if new != old:
            same = {key: plot.get(key) for key in ("metric", "variant", "iter", "timestamp", "worker")}
            found.append({**same, "type": "plot", "task": task_id, "plot_str": new, "allow_locked": True})
    return found


def _without_name(plot: str, shown: Pseudonym) -> str:
    """Replace the name in the columns of tables that hold names or words; other plots stay as they are."""
    try:
        figure = json.loads(plot)
    except ValueError:
        return plot
    data = figure.get("data") if isinstance(figure, dict) else None
    changed = False
    for table in data if isinstance(data, list) else []:
        if not isinstance(table, dict) or table.get("type") != "table":
            continue
        titles = [title[0] if isinstance(title, list) and title else title for title in table["header"]["values"]]
        columns = table["cells"]["values"]
        for place, title in enumerate(titles[: len(columns)]):
            column = [_cell(cell, title, shown) for cell in columns[place]]
            changed = changed or column != columns[place]
            columns[place] = column
    return json.dumps(figure) if changed else plot


def _cell(cell: Any, title: Any, shown: Pseudonym) -> Any:
    if title in NAMED_COLUMNS and shown.is_person(cell):
        return shown.pseudonym
    return shown.in_words(cell) if shown.words and title in WORD_COLUMNS and isinstance(cell, str) else cell
