"""Forgetting a person: their name is replaced by a pseudonym in everything that a project's tasks hold.

    note -> new files are registered -> texts and tables -> old files are deleted -> the note says that it is done

It is the one exception from "nothing is rewritten". Whoever dies in between leaves the note
(`redraft.tracking.forgetting_record`); the next call with the name finds it and finishes, for every step may be done
twice. A file is deleted only when its successor is registered, so that no rating can be lost.
"""

from __future__ import annotations

import secrets
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from redraft.errors import InputError
from redraft.learning.pseudonyms import Pseudonym, checked, mentions, much_alike, replace
from redraft.tracking.artifacts import put_records
from redraft.tracking.closing import lease_of
from redraft.tracking.forgetting_record import Record, close_record, find_record, note_files, open_record
from redraft.tracking.inbox import REVIEW_TAG, is_open, parameter
from redraft.tracking.named_texts import TaskTexts, change_texts, texts_to_change
from redraft.tracking.old_files import clear_cache, delete_files
from redraft.tracking.server import call
from redraft.tracking.stored_names import Stored, StoredFile, find_stored, plots_to_change

SHOWN_NAMES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What of one kind in one place holds the name."""

    what: str
    where: str  # the task
    count: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgetting:
    """What there is to do, found out and not yet done."""

    project: str
    change: Pseudonym
    record: Record | None  # of an earlier call that did not reach its end
    files: tuple[StoredFile, ...]
    writers: frozenset[tuple[str, str]]  # the person as a writer: ids of tasks, and keys in them
    texts: tuple[TaskTexts, ...]
    plots: tuple[dict[str, Any], ...]  # as they are to be
    found: tuple[Found, ...]
    mentions: int  # of the name in what people wrote, which stays
    alike: tuple[str, ...]  # other names that differ by case and spaces only
    hindrance: str  # why it must not be done now


def plan_forgetting(project: str, name: str, pseudonym: str = "", *, words: bool = False) -> Forgetting:
    """Find everything that holds a name; changes nothing.

    Args:
        project: ClearML project.
        name: Of a reviewer, or the author of a decision, a question or an import; spaces around it do not count.
        pseudonym: What the name becomes; empty: that of an earlier call that did not reach its end, else a new one.
        words: Also in what people wrote.

    Raises:
        InputError: Nobody has that name, or the pseudonym cannot be used.
    """
    name, stored = name.strip(), find_stored(project)
    known, record = stored.people(), find_record(project, name)
    if record is not None and pseudonym.strip() not in ("", record.pseudonym):
        raise InputError(
            f"an earlier call began to replace {name!r} by {record.pseudonym!r}", remedy="leave --as out to finish it"
        )
    if record is None and name not in known:
        raise InputError(_unknown(project, name, known))
    given = record.pseudonym if record is not None else pseudonym or _new_pseudonym(known)
    others = known - {record.pseudonym} if record is not None else known
    change = checked(name, given, others, words=words or (record is not None and record.words))
    return _planned(project, change, record, stored)


def forget(plan: Forgetting, *, between: Callable[[str], None] = lambda _step: None) -> None:
    """Replace the name; a second call after a broken one finishes it.

    Args:
        plan: From `plan_forgetting`, a moment ago.
        between: Called with the name of each step that was done; tests stop here.

    Raises:
        InputError: The person takes part in an open review, or a step of a run is at work: nothing was changed.
        ServerRefused: Files with the name could not be deleted; everything else is done.
    """
    if plan.hindrance:
        raise InputError(plan.hindrance)
    record = plan.record or open_record(plan.project, plan.change)
    old = note_files(record, (file.url for file in plan.files))
    between("noted")
    for file in plan.files:
        moves = (file.task["id"], file.writer) in plan.writers
        _rewrite(file, plan.change, record.writer(file.writer) if moves else file.writer)
        between("file")
    for texts in plan.texts:
        change_texts(texts)
        between("texts")
    for plot in plan.plots:
        call("events.add", **plot)
        between("plot")
    delete_files(plan.project, old, between)
    clear_cache(plan.change)
    totals: Counter[str] = Counter()
    for found in plan.found:
        totals[found.what] += found.count
    close_record(record, ", ".join(f"{what}: {count}" for what, count in totals.items()) or "nothing was left to do")


def _planned(project: str, change: Pseudonym, record: Record | None, stored: Stored) -> Forgetting:
    files = stored.files_to_change(change)
    about = {file.task["id"] for file in stored.files if file.is_about(change) and file.task.get("type") != "qc"}
    every = [texts_to_change(task, change, about=task["id"] in about) for task in stored.tasks]
    texts = [found for found in every if found.n]
    plots = {task["id"]: plots_to_change(task["id"], change) for task in stored.tasks}
    found = _records_found(files, change)
    found += [Found(what="texts on tasks", where=_where(one.task), count=one.n) for one in texts]
    found += [
        Found(what="plotted tables", where=_where(task), count=len(plots[task["id"]]))
        for task in stored.tasks
        if plots[task["id"]]
    ]
    new = (replace(record, change) for file in stored.files for record in file.records)
    return Forgetting(
        project=project,
        change=change,
        record=record,
        files=tuple(files),
        writers=stored.writers(change),
        texts=tuple(texts),
        plots=tuple(plot for changed in plots.values() for plot in changed),
        found=tuple(found),
        mentions=sum(mentions(one, change) for one in new),
        alike=tuple(much_alike(change.name, stored.people())),
        hindrance=_hindrance(stored, change),
    )


def _records_found(files: Iterable[StoredFile], change: Pseudonym) -> list[Found]:
    """Count records by kind and task; one that was merged from a writer's file counts once."""
    records: dict[tuple[str, str], set[Any]] = {}
    for file in files:
        changed = {record for record in file.records if replace(record, change) != record}
        if changed:
            records.setdefault((file.artifact.partition("-")[0], _where(file.task)), set()).update(changed)
    return [Found(what=what, where=where, count=len(found)) for (what, where), found in records.items()]


def _hindrance(stored: Stored, change: Pseudonym) -> str:
    """Why it must not be done now: somebody would write the name again, or miss a file that is deleted."""
    about = {file.task["id"] for file in stored.files if file.is_about(change)}
    for task in map(dict, stored.tasks):
        if REVIEW_TAG in (task.get("tags") or []) and is_open(task):
            lease = lease_of(task)
            closes = lease is not None and change.is_person(lease.owner.rpartition(" ")[0])
            if task["id"] in about or closes:
                return (
                    f"{change.name!r} takes part in the open review of iteration {parameter(task, 'iteration')} (task "
                    f"{task['id']}), and may be rating now. Close that review first"
                )
        step = parameter(task, "kind")
        if task["status"] == "in_progress" and step not in ("", "review"):
            return f"the step {step} (task {task['id']}) is at work and may read what is replaced. Wait until it ended"
    return ""


def _rewrite(file: StoredFile, change: Pseudonym, writer: str) -> None:
    """Register a file without the name, under a key that cannot be found from the name."""
    task = file.task["id"]
    artifact = "-".join(filter(None, (file.artifact.partition("-")[0], writer)))
    put_records(task, artifact, file.kind, [replace(row, change) for row in file.records], force=True)
    if artifact != file.artifact:
        gone = {"key": file.artifact, "mode": "output"}
        call("tasks.delete_artifacts", task=task, artifacts=[gone], force=True)


def _new_pseudonym(known: set[str]) -> str:
    """Nobody can choose such a name on the review page."""
    while True:
        made = f"person-{secrets.token_hex(2)}"
        if made not in known:
            return made


def _unknown(project: str, name: str, known: set[str]) -> str:
    alike = much_alike(name, known)
    if alike:
        return f"project {project!r}: nobody is called {name!r}; did you mean {' or '.join(map(repr, alike))}?"
    shown = ", ".join(sorted(known)[:SHOWN_NAMES]) + (", ..." if len(known) > SHOWN_NAMES else "")
    there = (
        f"it knows {len(known)} {'person' if len(known) == 1 else 'people'}: {shown}" if known else "it knows nobody"
    )
    return f"project {project!r}: nobody is called {name!r}; {there}"


def _where(task: Any) -> str:
    return f"{task['name']} {task['id']}"
