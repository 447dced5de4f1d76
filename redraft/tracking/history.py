"""The history: the union, by id, of the records in the artifacts of a project's tasks.

Nothing is rewritten: every step, review and event is a task with files of its own. A run fixes which tasks it learns
from when it is first launched (`sources`), so that resuming or repeating it learns from the same.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from redraft.errors import RedraftError
from redraft.jsonl import parse_jsonl
from redraft.learning.history import History, Record, make_history
from redraft.records import (
    Answer,
    Candidate,
    Decision,
    Feedback,
    Flag,
    Import,
    Judgement,
    Overall,
    PlanItem,
    Prompt,
    Question,
    QuestionEdit,
    Rating,
    Theme,
    Variant,
    content_id,
)
from redraft.tracking.artifacts import get_file, put_records
from redraft.tracking.inbox import FILE_ID_CHARS, merged_files
from redraft.tracking.server import call, find_tasks, project_ids
from redraft.tracking.snapshot_covers import SNAPSHOT_TAG, covers_of, tasks_or_snapshots
from redraft.tracking.step import RECORDS_TAG, configuration_text

# Artifact name (or its start, before a dash) -> the records that it holds.
KINDS: Mapping[str, type[Any]] = {
    "questions": Question,
    "prompts": Prompt,
    "variants": Variant,
    "candidates": Candidate,
    "themes": Theme,
    "judgements": Judgement,
    "answers": Answer,
    "plan": PlanItem,
    "ratings": Rating,
    "overalls": Overall,
    "decisions": Decision,
    "flags": Flag,
    "feedback": Feedback,
    "questionedits": QuestionEdit,
    "imports": Import,
}
HISTORY_OBJECT = "history"  # configuration object of a run
ENDED = ("completed", "published")


def find_sources(project: str) -> list[str]:
    """Ids of the tasks whose records make the project's history now, oldest first.

    Steps and events count once completed; reviews also when they were stopped or failed, since what people said by
    then is kept. Archived tasks count like others; of those that a snapshot covers, the snapshot is read instead.
    """
    ids = project_ids(project)
    if not ids:
        return []
    ended = [*ENDED, "stopped", "failed"]
    found = find_tasks(project=ids, tags=[RECORDS_TAG], only_fields=["status", "type", "tags"], status=ended)
    counted = [task for task in found if task["status"] in ENDED or task.get("type") == "qc"]
    held = covers_of(task["id"] for task in counted if SNAPSHOT_TAG in (task.get("tags") or []))
    covered = frozenset[str]().union(*held.values())
    return [task["id"] for task in counted if task["id"] not in covered]


def load_decisions(project: str) -> tuple[Decision, ...]:
    """Read the decision log alone, in its order: a fraction of the history."""
    ids = project_ids(project)
    fields = ["status", "execution.artifacts"]
    found = find_tasks(project=ids, tags=[RECORDS_TAG], only_fields=fields, status=list(ENDED)) if ids else iter(())
    urls = [
        (task["id"], item["uri"])
        for task in found
        for item in (task.get("execution") or {}).get("artifacts") or []
        if item["key"] == "decisions"
    ]
    texts = [(task_id, get_file(url).read_text(encoding="utf-8")) for task_id, url in urls]
    decisions = [d for task_id, text in texts for d in parse_jsonl(Decision, text, name=f"decisions of task {task_id}")]
    return make_history(decisions).decisions


def sources_hash(sources: Sequence[str]) -> str:
    """Name a set of sources by its content; the order does not matter."""
    return content_id("h", sorted(sources))


def history_of_run(pipeline_id: str) -> list[str]:
    """Ids of the tasks that a run learns from."""
    return list(json.loads(configuration_text(pipeline_id, HISTORY_OBJECT)))


def read_records(name: str, url: str, title: str) -> Sequence[Record]:
    """Read a file of records, which never changes: every upload has an address of its own.

    Args:
        name: One of `KINDS`.
        url: Its address.
        title: What to call it in messages.
    """
    return parse_jsonl(KINDS[name], get_file(url).read_text(encoding="utf-8"), name=title)


def records_in(
    sources: Iterable[str], read: Callable[[str, str, str], Sequence[Record]] = read_records
) -> Iterator[Record]:
    """Every row of the records of these tasks, also those that a later row supersedes; arguments as `load_history`."""
    fields = ["status", "execution.artifacts", "hyperparams.properties"]
    for task in tasks_or_snapshots(list(sources), only_fields=fields):
        yield from _records_of(task, read)


def load_history(sources: Iterable[str], read: Callable[[str, str, str], Sequence[Record]] = read_records) -> History:
    """Read the records of these tasks into one history.

    Args:
        sources: From `find_sources`.
        read: Reads a file; one who asks often gives one that remembers.
    """
    return make_history(records_in(sources, read))


def _records_of(task: dict[str, Any], read: Callable[[str, str, str], Sequence[Record]]) -> Iterator[Record]:
    artifacts = {item["key"]: item for item in (task.get("execution") or {}).get("artifacts") or []}
    known = merged_files(task)
    for artifact, item in artifacts.items():
        name, _, writer = artifact.partition("-")
        # a completed review's writers' files were merged into `ratings`; before that, they are all there is, and what
        # a closer that died had merged may be older
        merged = writer and name in artifacts and task["status"] in ENDED
        # one that was saved while two closers took turns may be in neither's merged file
        missed = name in ("ratings", "overalls") and known and str(item.get("hash"))[:FILE_ID_CHARS] not in known
        if name not in KINDS or (merged and not missed):
            continue
        yield from read(name, item["uri"], f"{artifact} of task {task['id']}")


def record_decision(project: str, decision: Decision, *, meanwhile: Callable[[str], None] = lambda _task: None) -> str:
    """Append a person's decision to the log: a small task of its own, which counts once it is complete; return its id.

    Args:
        project: ClearML project.
        decision: What was decided.
        meanwhile: Called with the task's id while it is in progress, for what belongs to it.
    """
    event = Event(name=f"decision {decision.kind}", tag="redraft-decision", summary=decision.evidence)
    return record_event(project, event, {"decisions": [decision]}, meanwhile=meanwhile)


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """How the task of an event is shown."""

    name: str
    tag: str
    summary: str  # its status message, cut to 500 characters


def record_event(
    project: str,
    event: Event,
    artifacts: Mapping[str, Sequence[Record]],
    *,
    meanwhile: Callable[[str], None] = lambda _task: None,
) -> str:
    """Append records to the history: a small task with files of its own, which counts once it is complete.

    Args:
        project: ClearML project.
        event: What it is.
        artifacts: Records by the name of their artifact, one of `KINDS`.
        meanwhile: Called with the task's id while it is in progress, for what belongs to it.

    Returns:
        The task's id.

    Raises:
        RedraftError: Nothing was recorded; the task that was to hold it has failed.
    """
    task_id = _make_task(project, event)
    call("tasks.started", task=task_id)
    try:
        meanwhile(task_id)
        for name, records in artifacts.items():
            put_records(task_id, name, KINDS[name], records)
    except RedraftError as error:
        call("tasks.failed", task=task_id, status_message=f"not recorded: {error}"[:500])
        raise
    call("tasks.completed", task=task_id, status_message=event.summary[:500])
    return task_id


def _make_task(project: str, event: Event) -> str:
    """Make an event's task as the SDK does, whose `Task.create` tries for ever while the server is away."""
    name = f"^{re.escape(project)}$"
    found = call("projects.get_all", name=name, only_fields=["id", "name"], search_hidden=True)["projects"]
    ids = [each["id"] for each in found if each["name"] == project]
    project_id = ids[0] if ids else call("projects.create", name=project, description="")["id"]
    tags, made_by_hand = [RECORDS_TAG, event.tag], ["development"]
    made = call("tasks.create", name=event.name, type="custom", project=project_id, tags=tags, system_tags=made_by_hand)
    return str(made["id"])
