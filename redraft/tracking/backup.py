"""Backup of a project's history into a file, and its restoration into another project.

A backup holds what nobody can make again: what people said and decided, and the prompts, questions and answers that it
is about. Docs versions, indexes, call logs and runs are not in it; they are the server's own backup's part.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redraft.errors import InputError
from redraft.learning.history import History, make_history
from redraft.learning.labels import labels, standing
from redraft.records import IterationResult
from redraft.tracking.backup_file import Backup, write_backup_file
from redraft.tracking.decisions import score_now
from redraft.tracking.history import Event, find_sources, records_in
from redraft.tracking.inbox import open_reviews
from redraft.tracking.registry import register_models, synchronise_labels
from redraft.tracking.results import load_results
from redraft.tracking.snapshot_covers import KEPT
from redraft.tracking.snapshots import by_artifact, record_snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What a restoration added."""

    task_id: str | None  # that holds it; None: all of it was there
    counts: dict[str, int]  # rows added, by kind
    current: str | None  # the variant that is current now


def backup(project: str, path: Path, *, now: float, version: str) -> Backup:
    """Write a project's history into a file, with what people have said so far in open reviews; return what it holds.

    Args:
        project: ClearML project.
        path: Where; nothing may be there yet.
        now: Unix time, seconds.
        version: Of Redraft.

    Raises:
        InputError: The project has no history, or the file cannot be written.
    """
    records, results = _records_now(project), load_results(project)
    if not records:
        raise InputError(f"project {project!r} has no history yet: there is nothing to back up")
    if results:
        records[KEPT] = list(results)
    made = datetime.datetime.fromtimestamp(now, tz=datetime.UTC).isoformat(timespec="seconds")
    found = Backup(project=project, made=made, records=records)
    write_backup_file(path, found, version=version)
    return found


def restore(
    project: str,
    found: Backup,
    *,
    interval: float,
    merge: bool = False,
    between: Callable[[str], None] = lambda _step: None,
) -> Restored:
    """Put a backup's records into a project, as one event; its prompts become models of the registry again.

    Args:
        project: ClearML project; made if there is none.
        found: The backup.
        interval: Probability that the models' intervals are meant to hold, 0 to 1.
        merge: Also into a project that has a history: what it has stays, rows that it has are not added again.
        between: Called with the name of each step that was done; tests stop here.

    Raises:
        InputError: The project has a history, and `merge` was not said.
    """
    there = _records_now(project)
    results = load_results(project)
    if (there or results) and not merge:
        held = ", ".join(f"{len(rows)} {name}" for name, rows in there.items()) or f"{len(results)} iterations"
        raise InputError(
            f"project {project!r} has a history already ({held})",
            remedy="restore into an empty project, or say --merge to add what it lacks",
        )
    known = {name: set(rows) for name, rows in there.items()}
    new = {name: [row for row in rows if row not in known.get(name, ())] for name, rows in found.records.items()}
    added: list[IterationResult] = _new_results(new.pop(KEPT, []), results)
    counts = {name: len(rows) for name, rows in {**new, KEPT: added}.items() if rows}
    records = [row for rows in new.values() for row in rows]
    task_id = None
    if counts:
        history = make_history([*(row for rows in there.values() for row in rows), *records])
        said = f"backup of project {found.project} of {found.made}: " + ", ".join(f"{n} {k}" for k, n in counts.items())
        task_id = record_snapshot(
            project,
            Event(name="restored backup", tag="", summary=said),
            records,
            added,
            meanwhile=lambda task: _register(task, project, history, interval),
        )
        between("recorded")
    return Restored(task_id=task_id, counts=counts, current=synchronise_labels(project).current)


def _records_now(project: str) -> dict[str, list[Any]]:
    """Every row of the history, and of the reviews that are open: the same rows will be in the history when they close.

    Open ones are asked for first, since one that closes meanwhile is in the history then; each task is read once.
    """
    still_open = [review.task_id for review in open_reviews(project)]
    return by_artifact(records_in([*find_sources(project), *still_open]))


def _new_results(found: list[Any], known: list[IterationResult]) -> list[IterationResult]:
    """Results of iterations that the project has none of that number of."""
    numbers = {result.iteration for result in known}
    return [result for result in found if result.iteration not in numbers]


def _register(task_id: str, project: str, history: History, interval: float) -> None:
    judged = labels(history)
    base = standing(history.decisions).current or next(iter(judged), None)
    if base is not None:
        register_models(task_id, project, history, score_now(project, history, base, interval))
