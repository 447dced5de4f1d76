"""The set of example questions: what the questions file says, with every edit that people saved, in order.

Nothing is overwritten. An edit is a record of its own, so two people who edit at once both stay in the log; of two
edits of one question the later counts.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rapidfuzz import fuzz, process, utils

from redraft.records import EditKind, Question, QuestionEdit, content_id

ALIKE, ALIKE_WORDS = 90.0, 75.0  # of rapidfuzz's ratio, 0 to 100, case and punctuation aside: of texts, of two words
_APART_S = 1e-6  # between the edits of one save: their order is told by their time


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What somebody wants to change about the set, not saved yet."""

    kind: EditKind
    question: Question  # as it would be from then on
    before: Question | None = None  # None: it is added

    @property
    def new_text(self) -> bool:
        """Whether a text is asked that was not asked before: it has no ratings."""
        return self.kind != "retire" and (self.before is None or self.before.id != self.question.id)


def apply_edits(questions: Iterable[Question], edits: Iterable[QuestionEdit]) -> tuple[Question, ...]:
    """Return the questions that are asked after all edits.

    Args:
        questions: What the questions file says.
        edits: In any order; they are applied by (created, id), each once. `add` appends a question; one that is there
            already gets the new labels. `edit` puts a question in the place of the one that it `replaces`; if it
            replaces none, the question keeps its text and gets the new labels. `retire` takes one out. An edit of a
            question that was itself edited meanwhile is about what it has become. An edit of one that is not in the
            set, or no longer, does nothing.

    Returns:
        At most one question of each text; an edited one stands where the one before it stood.
    """
    asked = {question.id: question for question in questions}
    moved: dict[str, str] = {}  # id of a question that was edited -> id of what took its place
    for edit in sorted({edit.id: edit for edit in edits}.values(), key=lambda edit: (edit.created, edit.id)):
        asked = _apply(edit, asked, moved)
    return tuple(asked.values())


def set_version(questions: Iterable[Question]) -> str:
    """Name a set by what of it counts: texts, splits and answerable labels; neither the order nor the notes do."""
    return content_id("qs", *sorted(json.dumps([q.id, q.split, q.answerable]) for q in questions))


def change_of(before: Question, after: Question) -> Change | None:
    """Say what an edited row changes; None: nothing.

    >>> how = Question(id=content_id("q", "How?"), text="How?")
    >>> change_of(how, dataclasses.replace(how, text=" How? "))
    >>> change_of(how, dataclasses.replace(how, text="How so?")).question.replaces == how.id
    True
    """
    text = after.text.strip()
    if text != before.text:
        edited = dataclasses.replace(before, id=content_id("q", text), text=text, replaces=before.id)
        return Change(kind="edit", question=_relabelled(edited, after), before=before)
    same = _relabelled(before, after)
    return None if same == before else Change(kind="edit", question=same, before=before)


def edits_from(
    changes: Iterable[Change], *, author: str, now: float, reason: str | None = None
) -> tuple[QuestionEdit, ...]:
    """Make the records of a save.

    Args:
        changes: In the order in which they are to be applied.
        author: Who saves.
        now: Unix time, seconds.
        reason: Why, in the author's words.
    """
    return tuple(
        QuestionEdit(
            id=content_id("qe", change.kind, change.question.id, author, created),
            kind=change.kind,
            question=change.question if change.new_text else dataclasses.replace(change.question, replaces=None),
            author=author,
            reason=reason,
            created=created,
        )
        for change, created in ((change, now + number * _APART_S) for number, change in enumerate(changes))
    )


def imported_changes(asked: Iterable[Question], given: Iterable[Question], *, relabel: bool) -> tuple[Change, ...]:
    """Say what taking over a file would change.

    Args:
        asked: The set now.
        given: What the file holds.
        relabel: Give questions that are in the set the file's labels too. A label that the file leaves open stays.
    """
    known = {question.id: question for question in asked}
    changes: list[Change] = []
    for question in given:
        before = known.get(question.id)
        if before is None:
            changes.append(Change(kind="add", question=dataclasses.replace(question, replaces=None)))
        elif relabel:
            answerable = before.answerable if question.answerable is None else question.answerable
            wanted = dataclasses.replace(question, answerable=answerable, note=question.note or before.note)
            change = change_of(before, wanted)
            changes += [change] if change else []
    return tuple(changes)


def nearly_the_same(text: str, questions: Sequence[Question]) -> Question | None:
    """Find the question that is most like a text, if one is nearly the same: alike in letters, and of the same words.

    >>> nearly_the_same("how do I start", [Question(id="q-1", text="How do I start?")]).id
    'q-1'
    >>> nearly_the_same("How do I stop a review?", [Question(id="q-1", text="How do I start a review?")])
    """
    texts = [utils.default_process(question.text) for question in questions]
    wanted = utils.default_process(text)
    found = process.extract(wanted, texts, scorer=fuzz.ratio, processor=None, limit=None, score_cutoff=ALIKE)
    return next((questions[place] for other, _, place in found if _of_the_same_words(wanted, other)), None)


def twins(questions: Sequence[Question]) -> tuple[tuple[Question, Question], ...]:
    """Find pairs of questions that are nearly the same."""
    texts = [utils.default_process(question.text) for question in questions]
    ratios = process.cdist(texts, texts, scorer=fuzz.ratio, processor=None, score_cutoff=ALIKE)
    pairs = ((one, other) for one, other in zip(*ratios.nonzero(), strict=True) if one < other)
    return tuple(
        (questions[one], questions[other]) for one, other in pairs if _of_the_same_words(texts[one], texts[other])
    )


def _of_the_same_words(text: str, other: str) -> bool:
    """Whether each word has its like in the other text, short ones aside: one word often is all the difference."""
    one, two = ({word for word in found.split() if len(word) > 3 or word.isdigit()} for found in (text, other))
    return all(_has_its_like(word, two) for word in one) and all(_has_its_like(word, one) for word in two)


def _has_its_like(word: str, words: Iterable[str]) -> bool:
    return any(word == known or (not word.isdigit() and fuzz.ratio(word, known) >= ALIKE_WORDS) for known in words)


def _apply(edit: QuestionEdit, asked: dict[str, Question], moved: dict[str, str]) -> dict[str, Question]:
    question = edit.question
    new_text = edit.kind == "edit" and question.replaces not in (None, question.id)
    target = _what_became_of(question.replaces if new_text else question.id, asked, moved)
    if edit.kind == "add" and question.id not in asked:
        moved.pop(question.id, None)
        return {**asked, question.id: question}
    if edit.kind == "add":
        target = question.id
    if target is None:
        return asked
    if edit.kind == "retire":
        return {key: kept for key, kept in asked.items() if key != target}
    if not new_text or target == question.id:
        return {**asked, target: _relabelled(asked[target], question)}
    moved.pop(question.id, None)
    moved[target] = question.id
    if question.id in asked:  # edited into one that is there already: they are one from now on
        both = {**asked, question.id: _relabelled(asked[question.id], question)}
        return {key: kept for key, kept in both.items() if key != target}
    return {(question.id if key == target else key): (question if key == target else k) for key, k in asked.items()}


def _what_became_of(question_id: str | None, asked: dict[str, Question], moved: dict[str, str]) -> str | None:
    """Follow a question through its edits; it ends, because what takes a place has not been moved itself."""
    while question_id is not None and question_id not in asked:
        question_id = moved.get(question_id)
    return question_id


def _relabelled(question: Question, labels: Question) -> Question:
    return dataclasses.replace(
        question, split=labels.split, answerable=labels.answerable, note=(labels.note or "").strip() or None
    )
