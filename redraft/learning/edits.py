"""What a variant's prompt changed against its parent's, and which questions each change touched.

An edit touches the questions whose answers the comments of its theme are about. Complaints may be about any earlier
variant, so all comments count that were there before the variant's own first rating. Only questions that were rated on
both sides can show a change.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from redraft.learning.history import History, settings_of
from redraft.records import Prompt, PromptEdit, Variant

ALL_SHARED = "judged on all questions rated with and without it"
NOT_ALONE = "so the figure is that of the whole rewrite"
NO_THEME = f"it answers no theme: {ALL_SHARED}"
NO_COMMENTS = f"the comments of its theme are not on record: {ALL_SHARED}"
ONE_SIDED = f"no question of its theme was rated with and without it: {ALL_SHARED}"
NOT_RATED = "no rating yet"
NO_PAIR = "no question was rated both with and without it"
OTHER_SETTINGS = "the model or its settings changed too"
OTHER_PARENT = "it was written for another prompt than the one before"


@dataclass(frozen=True, slots=True, kw_only=True)
class TouchingEdit:
    """An edit, and the questions that it can be judged by."""

    edit: PromptEdit
    questions: frozenset[str]  # that it touched and that were rated on both sides
    note: str = ""  # why these questions, or why none
    whole: bool = False  # nothing sets it apart from the other edits: it is judged with them, as the whole rewrite


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewrite:
    """A variant against its parent."""

    variant_id: str
    parent_id: str
    ratings: Mapping[str, int]  # of both sides, by question; only questions that were rated on both
    edits: tuple[TouchingEdit, ...]

    @property
    def groups(self) -> tuple[frozenset[str], ...]:
        """The different sets of questions that edits touched: edits of one group cannot be told apart."""
        return tuple(dict.fromkeys(edit.questions for edit in self.edits if edit.questions and not edit.whole))


def rewrites_of(history: History) -> dict[str, Rewrite]:
    """Return the rewrite of each variant whose parent is in the history, by variant id."""
    record = _Record(history)
    pairs = ((variant, history.variants.get(variant.parent_id or "")) for variant in history.variants.values())
    return {variant.id: _rewrite(history, variant, parent, record) for variant, parent in pairs if parent is not None}


class _Record:
    """The ratings and comments of a history, looked up by what they are about."""

    def __init__(self, history: History) -> None:
        self.counts: dict[str, Counter[str]] = {}  # variant -> question -> ratings
        self._first: dict[str, float] = {}  # variant -> Unix time of its first rating
        self._about: dict[str, tuple[str, str, float]] = {}  # rating -> variant, question, Unix time
        for rating, answer in history.rated():
            self.counts.setdefault(answer.variant_id, Counter())[answer.question_id] += 1
            self._first.setdefault(answer.variant_id, rating.created)  # they are ordered by time
            self._about[rating.id] = (answer.variant_id, answer.question_id, rating.created)
        self._comments: dict[str | None, set[str]] = {}  # theme -> ratings
        for theme in history.themes:
            self._comments.setdefault(theme.id, set()).update(theme.comment_ids)

    def shared(self, variant_id: str, parent_id: str) -> dict[str, int]:
        """Ratings of both variants by question, where both have some."""
        own, parents = self.counts.get(variant_id, Counter()), self.counts.get(parent_id, Counter())
        return {question: own[question] + parents[question] for question in sorted(own.keys() & parents.keys())}

    def touched(self, edit: PromptEdit, variant_id: str) -> set[str]:
        """Questions of the comments that led to an edit: none on the variant itself, or later than its first rating."""
        comments = (self._about.get(comment_id) for comment_id in self._comments.get(edit.theme_id, ()))
        return {
            question
            for about, question, created in filter(None, comments)
            if about != variant_id and created <= self._first.get(variant_id, created)
        }


def _rewrite(history: History, variant: Variant, parent: Variant, record: _Record) -> Rewrite:
    shared = record.shared(variant.id, parent.id)
    missing = "" if shared else NO_PAIR if variant.id in record.counts else NOT_RATED
    edits: list[TouchingEdit] = []
    for prompt, old_id in _changed(history, variant, parent):
        mixed = OTHER_SETTINGS if settings_of(variant) != settings_of(parent) else ""
        strange = OTHER_PARENT if prompt.parent_ids and old_id not in prompt.parent_ids else ""
        why_not = mixed or strange or missing
        touched: dict[str, set[str]] = {}
        for edit in prompt.edits:  # a sentence that answers two themes is one edit
            touched.setdefault(edit.sentence, set()).update(record.touched(edit, variant.id))
        edits += [
            TouchingEdit(edit=edit, questions=frozenset(), note=why_not)
            if why_not
            else _touching(edit, touched[edit.sentence], shared, alone=len(touched) == 1)
            for edit in prompt.edits
        ]
    return Rewrite(variant_id=variant.id, parent_id=parent.id, ratings=shared, edits=tuple(edits))


def _touching(edit: PromptEdit, touched: set[str], shared: Mapping[str, int], *, alone: bool) -> TouchingEdit:
    both = touched & shared.keys()
    if both:
        return TouchingEdit(edit=edit, questions=frozenset(both))
    note = NO_THEME if edit.theme_id is None else ONE_SIDED if touched else NO_COMMENTS
    if alone:
        return TouchingEdit(edit=edit, questions=frozenset(shared), note=note)
    return TouchingEdit(edit=edit, questions=frozenset(shared), note=f"{note}, {NOT_ALONE}", whole=True)


def _changed(history: History, variant: Variant, parent: Variant) -> list[tuple[Prompt, str]]:
    """The prompts of a variant that its parent has not, each with the id of the one that the parent has instead."""
    both = ((variant.answer_prompt_id, parent.answer_prompt_id), (variant.extract_prompt_id, parent.extract_prompt_id))
    return [(history.prompts[new], old) for new, old in both if new != old and new in history.prompts]
