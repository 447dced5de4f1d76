"""What somebody has changed on the page and not saved yet. Pure: knows no Streamlit, no server.

A draft lives in the session, as one object: what is about to be saved is taken out before the server is asked, so that
a second click finds nothing to save again.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Sequence

from redraft.learning.question_set import Change, change_of
from redraft.records import Question, QuestionEdit, content_id


class Draft:
    """Changes by the question that they are about, in the order in which they were first made."""

    def __init__(self) -> None:
        self._changes: dict[str, Change] = {}
        self.generation = 0  # a new one: the table is drawn anew from the set and these changes
        self._version = ""  # of the set that the changes were last brought in line with
        self._edits: frozenset[str] = frozenset()  # ids of the saved edits in it

    @property
    def changes(self) -> tuple[Change, ...]:
        """What is not saved yet."""
        return tuple(self._changes.values())

    def of(self, question_id: str) -> Change | None:
        """The change of one question."""
        return self._changes.get(question_id)

    def put(self, change: Change) -> None:
        """Take a change up; it replaces an earlier one of the same question."""
        self._changes[_key(change)] = change

    def drop(self, question_id: str) -> None:
        """Forget the change of one question."""
        self._changes.pop(question_id, None)

    def redraw(self) -> None:
        """Have the table drawn anew: something was changed beside it."""
        self.generation += 1

    def take(self) -> tuple[Change, ...]:
        """Take all changes out, to save them."""
        taken, self._changes = self.changes, {}
        return taken

    def put_back(self, changes: Iterable[Change]) -> None:
        """Undo `take`: they could not be saved."""
        self._changes = {_key(change): change for change in changes} | self._changes

    def keep_up(
        self, asked: Sequence[Question], version: str, edits: Sequence[QuestionEdit] = ()
    ) -> tuple[str, ...] | None:
        """Bring the changes in line with a set that was changed since the last look at it.

        What the set says by now is forgotten. A change of a question that was reworded or retired meanwhile is kept.

        Args:
            asked: The set as it is now.
            version: Its name.
            edits: All saved edits in it.

        Returns:
            Who saved edits meanwhile, by name; None: it is the same set, or this is the first look.
        """
        if version == self._version:
            return None
        known = {question.id: question for question in asked}
        self._changes = {_key(new): new for old in self.changes if (new := _renewed(old, known)) is not None}
        new_edits = [edit for edit in edits if edit.id not in self._edits]
        was_drawn, self._version, self._edits = bool(self._version), version, frozenset(edit.id for edit in edits)
        self.redraw()
        return tuple(sorted({edit.author for edit in new_edits})) if was_drawn else None


def added(text: str, labels: Question) -> Change:
    """Make the change that adds a question.

    Args:
        text: As somebody typed it.
        labels: Split, answerable and note are taken from here.
    """
    text = text.strip()
    return Change(
        kind="add",
        question=dataclasses.replace(labels, id=content_id("q", text), text=text, replaces=None),
    )


def retired(question: Question) -> Change:
    """Make the change that retires a question."""
    return Change(kind="retire", question=question, before=question)


def row_change(before: Question, after: Question, *, retire: bool) -> Change | None:
    """Say what a row of the table changes."""
    return retired(before) if retire else change_of(before, after)


def draft_problems(changes: Iterable[Change], asked: Sequence[Question]) -> tuple[str, ...]:
    """Say why changes cannot be saved as they are: an empty text, or two questions of one text."""
    changes = tuple(changes)
    gone = {change.before.id for change in changes if change.before and (change.kind == "retire" or change.new_text)}
    taken = {question.id for question in asked if question.id not in gone}
    problems: list[str] = []
    for change in changes:
        if not change.new_text:
            continue
        if not change.question.text and change.before is not None:
            problems.append(f"“{change.before.text}” has no text any more; to stop asking it, retire it")
        elif change.question.id in taken:
            problems.append(f"“{change.question.text}” would be in the set twice")
        taken.add(change.question.id)
    return tuple(problems)


def _key(change: Change) -> str:
    return (change.before or change.question).id


def _renewed(change: Change, known: dict[str, Question]) -> Change | None:
    if change.before is None:
        there = known.get(change.question.id)
        return change if there is None else change_of(there, change.question)
    now = known.get(change.before.id)
    if now is None:
        same = change.question.id in known or change.kind == "retire"
        return None if same else change
    return retired(now) if change.kind == "retire" else change_of(now, change.question)
