"""The set of questions is a fold over edits: nothing is lost, the later edit counts, the order of reading does not."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Sequence

from hypothesis import given
from hypothesis import strategies as st

from redraft.learning.question_set import (
    Change,
    apply_edits,
    change_of,
    edits_from,
    imported_changes,
    nearly_the_same,
    set_version,
    twins,
)
from redraft.records import Question, QuestionEdit, content_id

TEXTS = ("A?", "B?", "C?", "D?")


def question(text: str, **fields: object) -> Question:
    return dataclasses.replace(Question(id=content_id("q", text), text=text), **fields)


A, B, C, D = (question(text) for text in TEXTS)


def edit(kind: str, asked: Question, created: float, *, replaces: Question | None = None) -> QuestionEdit:
    changed = dataclasses.replace(asked, replaces=replaces.id if replaces else None)
    return QuestionEdit(
        id=content_id("qe", kind, asked.id, created, changed.replaces, changed.split, changed.answerable),
        kind=kind,  # type: ignore[arg-type]
        question=changed,
        author="Ann",
        created=created,
    )


def texts(asked: Sequence[Question]) -> list[str]:
    return [one.text for one in asked]


def test_edits_add_change_and_retire_in_the_order_of_their_time() -> None:
    edits = [edit("retire", A, 3), edit("add", C, 1), edit("edit", D, 2, replaces=B)]
    asked = apply_edits([A, B], edits)
    assert texts(asked) == ["D?", "C?"]
    assert asked[0].replaces == B.id


def test_new_labels_keep_the_question_and_what_it_replaced() -> None:
    asked = apply_edits([A], [edit("edit", B, 1, replaces=A), edit("edit", question("B?", split="val"), 2)])
    assert asked == (question("B?", split="val", replaces=A.id),)


def test_of_two_edits_of_one_question_the_later_counts() -> None:
    assert texts(apply_edits([A], [edit("edit", B, 1, replaces=A), edit("edit", C, 2, replaces=A)])) == ["C?"]


def test_labels_given_to_a_question_that_was_reworded_meanwhile_go_to_its_new_wording() -> None:
    edits = [edit("edit", B, 1, replaces=A), edit("edit", question("A?", split="val"), 2)]
    assert [(q.text, q.split) for q in apply_edits([A], edits)] == [("B?", "val")]


def test_a_question_that_was_reworded_meanwhile_is_retired_all_the_same() -> None:
    assert apply_edits([A], [edit("edit", B, 1, replaces=A), edit("retire", A, 2)]) == ()


def test_an_edit_of_a_question_that_is_not_in_the_set_does_nothing() -> None:
    edits = [edit("retire", A, 1), edit("edit", C, 2, replaces=A), edit("edit", question("A?", split="val"), 3)]
    assert apply_edits([A, B], edits) == (B,)
    assert apply_edits([B], [edit("retire", A, 1), edit("edit", C, 2, replaces=D)]) == (B,)


def test_adding_a_question_that_is_there_changes_its_labels_only() -> None:
    asked = apply_edits([A, B], [edit("add", question("A?", split="val", answerable=False, note="n"), 1)])
    assert asked == (question("A?", split="val", answerable=False, note="n"), B)


def test_a_retired_question_can_be_added_again() -> None:
    assert texts(apply_edits([A], [edit("retire", A, 1), edit("add", A, 2)])) == ["A?"]


def test_a_question_edited_into_another_one_becomes_that_one() -> None:
    edits = [edit("edit", question("B?", split="val"), 1, replaces=A)]
    assert apply_edits([A, B], edits) == (question("B?", split="val"),)


def test_two_questions_can_swap_their_texts_back_and_forth() -> None:
    there_and_back = [edit("edit", B, 1, replaces=A), edit("edit", A, 2, replaces=B), edit("retire", B, 3)]
    assert texts(apply_edits([A], there_and_back)) == []
    assert texts(apply_edits([A, C], [*there_and_back, edit("add", B, 4), edit("edit", D, 5, replaces=A)])) == [
        "C?",
        "B?",
    ]


_asked = st.sampled_from(TEXTS).flatmap(
    lambda text: st.builds(
        lambda split, answerable: question(text, split=split, answerable=answerable),
        st.sampled_from(["dev", "val"]),
        st.sampled_from([True, False, None]),
    )
)
_edits = st.lists(
    st.builds(
        lambda kind, one, created, other: edit(kind, one, created, replaces=other if kind == "edit" else None),
        st.sampled_from(["add", "edit", "retire"]),
        _asked,
        st.integers(0, 5).map(float),
        st.one_of(st.none(), _asked),
    ),
    max_size=12,
)
_sets = st.lists(_asked, unique_by=lambda one: one.id)


@given(_sets, _edits, st.randoms(use_true_random=False))
def test_neither_the_order_nor_the_repetition_of_reading_matters(
    questions: list[Question], edits: list[QuestionEdit], chance: random.Random
) -> None:
    shuffled = edits + edits[:3]
    chance.shuffle(shuffled)
    assert apply_edits(questions, shuffled) == apply_edits(questions, edits)


@given(_sets, _edits)
def test_a_set_holds_each_text_once_and_only_what_somebody_wrote(
    questions: list[Question], edits: list[QuestionEdit]
) -> None:
    asked = apply_edits(questions, edits)
    assert len({one.id for one in asked}) == len(asked)
    assert all(one.id == content_id("q", one.text) for one in asked)
    written = {one.id for one in questions} | {change.question.id for change in edits if change.kind != "retire"}
    assert {one.id for one in asked} <= written


@given(_sets, _edits, _asked)
def test_the_last_word_counts(questions: list[Question], edits: list[QuestionEdit], last: Question) -> None:
    added = apply_edits(questions, [*edits, edit("add", last, 9.0)])
    assert next(one for one in added if one.id == last.id).split == last.split
    assert last.id not in {one.id for one in apply_edits(added, [edit("retire", last, 10.0)])}


def test_what_a_row_changes_becomes_edits_that_do_just_that() -> None:
    rows = {A: dataclasses.replace(A, split="val"), B: dataclasses.replace(B, text=" E? ", note=" "), C: C}
    changes = [change for before, after in rows.items() if (change := change_of(before, after))]
    assert [(change.kind, change.new_text) for change in changes] == [("edit", False), ("edit", True)]
    edits = edits_from(changes, author="Ann", now=100.0, reason="clearer")
    assert apply_edits([A, B, C], edits) == (
        question("A?", split="val"),
        question("E?", replaces=B.id),
        C,
    )
    assert [one.reason for one in edits] == ["clearer", "clearer"]
    assert edits[0].created < edits[1].created < 100.001


def test_edits_of_one_save_are_applied_in_the_order_that_they_were_made_in() -> None:
    """At the time of today a float still tells microseconds apart."""
    changes = [
        change for _ in range(20) for change in (Change(kind="retire", question=A), Change(kind="add", question=A))
    ]
    edits = edits_from(changes, author="Ann", now=1_900_000_000.0)
    assert apply_edits([A], edits) == (A,)
    assert apply_edits([A], edits[:-1]) == ()
    assert len({one.id for one in edits}) == 40


def test_a_version_is_named_by_what_counts() -> None:
    assert set_version([A, B]) == set_version([question("B?", note="new"), A])
    assert (
        len({set_version(s) for s in ([A], [B], [question("A?", split="val")], [question("A?", answerable=True)])}) == 4
    )


def test_an_import_adds_what_is_new_and_relabels_only_if_told_to() -> None:
    known = question("A?", split="val", answerable=True, note="a.md")
    given_rows = [question("A?"), question("B?", replaces="q-elsewhere")]
    assert imported_changes([known], given_rows, relabel=False) == (Change(kind="add", question=B),)
    relabelled, added = imported_changes([known], given_rows, relabel=True)
    assert relabelled.question == dataclasses.replace(known, split="dev")  # what the file leaves open stays
    assert added.question == B
    assert imported_changes([known, B], [known, B], relabel=True) == ()


def test_questions_that_differ_in_case_and_punctuation_are_nearly_the_same() -> None:
    start, again, other = question("How do I start a review?"), question("how do I start a review"), question("Why?")
    assert twins([start, other, again]) == ((start, again),)
    assert twins([]) == ()
    assert nearly_the_same("How do I start the review?", [other, start]) == start
    assert nearly_the_same("How do I stop an agent?", [other, start]) is None
    assert nearly_the_same("How do I start a reviews", [other, start]) == start
    assert nearly_the_same("如何开始评审", [question("如何开始评审？")]) is not None


def test_questions_that_differ_in_the_one_word_that_matters_are_not_the_same() -> None:
    frame = "What should I know about {} in the settings file of a project?"
    tags, notes = question(frame.format("tags")), question(frame.format("notes"))
    assert twins([tags, notes]) == ()
    assert nearly_the_same(frame.format("users"), [tags, notes]) is None
    first, second = question("What changed in version 1 of it?"), question("What changed in version 2 of it?")
    assert twins([first, second]) == ()
