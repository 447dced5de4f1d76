"""Edits of the example questions, as small tasks of their own: saved, and read back.

    from redraft.tracking.question_set import save_edits

    save_edits("redraft", edits_from(changes, author="Ann", now=time.time()))

Each save is a new version of the set. A run takes the edits that were saved before its iteration was first launched
(`redraft.tracking.prepare`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from redraft.errors import InputError
from redraft.jsonl import parse_jsonl
from redraft.learning.question_set import apply_edits
from redraft.records import Question, QuestionEdit
from redraft.tracking.artifacts import get_file
from redraft.tracking.history import ENDED, Event, record_event
from redraft.tracking.server import find_tasks
from redraft.tracking.snapshot_covers import SNAPSHOT_TAG

TAG = "redraft-questions"
ARTIFACT = "questionedits"


@dataclass(frozen=True, slots=True, kw_only=True)
class Save:
    """One save of the set: a task that holds its edits."""

    task_id: str
    url: str  # of the edits


def save_edits(project: str, edits: Sequence[QuestionEdit]) -> str:
    """Save edits as one new version of the set; return the id of their task.

    Raises:
        InputError: There is no edit.
        RedraftError: They are not saved.
    """
    if not edits:
        raise InputError("no change of the questions to save")
    kinds = [edit.kind for edit in edits]
    counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in ("add", "edit", "retire") if kind in kinds)
    reason = next((f": {edit.reason}" for edit in edits if edit.reason), "")
    event = Event(name=f"questions: {counts}", tag=TAG, summary=f"{counts} by {edits[0].author}{reason}")
    return record_event(project, event, {ARTIFACT: list(edits)})


def saves_in(sources: Iterable[str]) -> tuple[Save, ...]:
    """The saves among the tasks that a history is read from, oldest first: one call, however long the history is."""
    among = set(sources)
    if not among:
        return ()
    found = find_tasks(tags=[TAG, SNAPSHOT_TAG], status=list(ENDED), only_fields=["execution.artifacts"])
    return tuple(
        Save(task_id=task["id"], url=item["uri"])
        for task in found
        if task["id"] in among
        for item in (task.get("execution") or {}).get("artifacts") or []
        if item["key"] == ARTIFACT
    )


def edits_of(sources: Iterable[str]) -> tuple[QuestionEdit, ...]:
    """Read the edits among the tasks that a history is read from, and nothing else of it."""
    return tuple(edit for save in saves_in(sources) for edit in _edits_in(save))


def edited_questions(questions: Sequence[Question], edits: Sequence[QuestionEdit]) -> tuple[Question, ...]:
    """The questions of a run.

    Args:
        questions: What its questions file says.
        edits: Those that were saved since.

    Raises:
        InputError: None is left.
    """
    left = apply_edits(questions, edits)
    if not left:
        raise InputError(
            f"every example question was retired ({len(edits)} edits saved in the review page): nothing can be asked",
            remedy="add a question on the page Questions",
        )
    return left


def _edits_in(save: Save) -> list[QuestionEdit]:
    text = get_file(save.url).read_text(encoding="utf-8")
    return parse_jsonl(QuestionEdit, text, name=f"{ARTIFACT} of task {save.task_id}")
