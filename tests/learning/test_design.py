from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from made_records import answer, question, rated_history, rating, variant

from redraft.learning.design import OVERALL_PRECISION, OVERALL_SHARE, STALE_PRECISION, letters_of, rows_of
from redraft.learning.history import History, make_history
from redraft.records import Answer, Overall, PlanItem, make_prompt

SEED = variant()
CHILD = variant(make_prompt("answer", "Cite sources."), parent_id=SEED.id)
GRANDCHILD = variant(make_prompt("answer", "Cite sources, briefly."), parent_id=CHILD.id)
Q1, Q2, Q3 = question("one?"), question("two?"), question("three?", split="val")


def planned(given: Answer, letter: str, review: str = "r-1") -> PlanItem:
    return PlanItem(review_key=review, answer_id=given.id, letter=letter, reviewer_slot=0, position=0, role="new")


def overall(letter: str, score: int, **fields: str) -> Overall:
    return Overall(**{"review_key": "r-1", "letter": letter, "reviewer": "ann", "score": score, **fields})


def test_a_rating_is_a_row_with_its_variant_question_and_reviewer() -> None:
    rows = rows_of(rated_history({SEED: {Q1: [2, 4]}}))

    assert (rows.variants, rows.questions, rows.reviewers) == ((SEED.id,), (Q1.id,), ("r0", "r1"))
    assert sorted(zip(rows.x.tolist(), rows.y.tolist(), strict=True)) == [
        ([1, 1, 1, 0, 1], 4.0),
        ([1, 1, 1, 1, 0], 2.0),
    ]
    assert (rows.precision.tolist(), rows.cell.tolist(), rows.cells) == ([1, 1], [0, 0], ((0, 0),))


def test_two_answers_of_a_variant_to_a_question_are_one_cell() -> None:
    first, second = answer(SEED, Q1), answer(SEED, Q1, sample=1)
    rows = rows_of(make_history([SEED, first, second, rating(first, 2), rating(second, 3)]))

    assert (rows.cell.tolist(), len(rows.cells)) == ([0, 0], 1)


def test_ancestors_have_places_though_nobody_rated_them() -> None:
    history = rated_history({GRANDCHILD: {Q1: [3]}}).add([SEED, CHILD])

    rows = rows_of(history)

    place = {variant_id: number for number, variant_id in enumerate(rows.variants)}
    assert set(place) == {SEED.id, CHILD.id, GRANDCHILD.id}
    assert [rows.parents[place[v.id]] for v in (SEED, CHILD, GRANDCHILD)] == [-1, place[SEED.id], place[CHILD.id]]


def test_a_variant_whose_parent_is_not_on_record_has_none() -> None:
    rows = rows_of(rated_history({GRANDCHILD: {Q1: [3]}}))

    assert (rows.variants, rows.parents) == ((GRANDCHILD.id,), (-1,))


def test_a_rated_variant_that_is_not_on_record_has_a_place() -> None:
    given = answer("v-lost", Q1)

    assert rows_of(make_history([given, rating(given, 4)])).variants == ("v-lost",)


def test_ancestors_in_a_circle_are_all_there() -> None:
    one = dataclasses.replace(SEED, parent_id=CHILD.id)

    rows = rows_of(rated_history({one: {Q1: [3]}}).add([CHILD]))

    assert len(rows.variants) == 2
    assert set(rows.parents) == {0, 1}


def test_ratings_of_unknown_and_of_failed_answers_are_no_rows() -> None:
    failed, unknown = answer(SEED, Q1, error="timeout"), answer(SEED, Q2)

    rows = rows_of(make_history([SEED, failed, rating(failed, 1), rating(unknown, 1)]))

    assert (len(rows.y), rows.questions, rows.reviewers) == (0, (), ())


def test_what_nobody_rated_has_a_place_where_one_is_asked_for() -> None:
    rows = rows_of(
        rated_history({SEED: {Q1: [3]}}), variant_ids=["v-new"], question_ids=[Q2.id], reviewer_ids=["somebody"]
    )

    assert "v-new" in rows.variants
    assert Q2.id in rows.questions
    assert rows.reviewers == ("r0", "somebody")
    assert rows.x.sum(axis=0)[rows.column("variant", rows.variants.index("v-new"))] == 0


def test_a_stale_rating_counts_as_a_quarter() -> None:
    fresh, old = answer(SEED, Q1), answer(SEED, Q2)
    history = make_history([SEED, fresh, old, rating(fresh, 2), rating(old, 5)])

    rows = rows_of(history, stale=frozenset({old.id}))

    assert sorted(zip(rows.y.tolist(), rows.precision.tolist(), strict=True)) == [(2.0, 1.0), (5.0, STALE_PRECISION)]


def test_an_overall_score_is_averaged_over_the_questions_that_its_reviewer_rated_and_has_no_cell() -> None:
    one, two, unread = answer(SEED, Q1), answer(SEED, Q2), answer(SEED, Q3)
    items = [planned(given, "A") for given in (one, two, unread)]
    ratings = [rating(one, 2), rating(two, 4), rating(unread, 5, reviewer="bob")]
    history = make_history([SEED, one, two, unread, *items, *ratings, overall("A", 3)])

    rows = rows_of(history)

    row = int(np.flatnonzero(rows.cell < 0)[0])
    weights = {name: rows.x[row, rows.column("question", place)] for place, name in enumerate(rows.questions)}
    assert weights == {Q1.id: 0.5, Q2.id: 0.5, Q3.id: 0.0}
    assert rows.x[row, [0, 1]].tolist() == [1.0, 1.0]
    assert rows.x[row, rows.column("reviewer", rows.reviewers.index("ann"))] == 1.0
    assert (rows.y[row], rows.precision[row]) == (3.0, 2 * OVERALL_SHARE)


@pytest.mark.parametrize(("n_read", "precision"), [(1, OVERALL_SHARE), (2, 2 * OVERALL_SHARE), (6, OVERALL_PRECISION)])
def test_an_overall_score_counts_as_a_part_of_the_ratings_it_repeats(n_read: int, precision: float) -> None:
    given = [answer(SEED, question(f"{number}?")) for number in range(n_read)]
    items = [planned(one, "A") for one in given]
    history = make_history([SEED, *given, *items, *(rating(one, 3) for one in given), overall("A", 3)])

    rows = rows_of(history)

    assert rows.precision[rows.cell < 0].tolist() == [precision]


@pytest.mark.parametrize(
    "said",
    [overall("B", 5), overall("C", 5), overall("A", 5, reviewer="bob"), overall("A", 5, review_key="r-2")],
    ids=["a letter nobody rated", "no letter of the review", "somebody who rated nothing", "another review"],
)
def test_an_overall_score_of_what_its_reviewer_did_not_rate_is_no_row(said: Overall) -> None:
    one, other = answer(SEED, Q1), answer(CHILD, Q1)
    history = make_history([SEED, CHILD, one, other, planned(one, "A"), planned(other, "B"), rating(one, 2), said])

    assert rows_of(history).cell.tolist() == [0]


def test_an_overall_score_is_about_what_was_rated_in_its_own_review() -> None:
    one, two = answer(SEED, Q1), answer(SEED, Q2)
    items = [planned(one, "A"), planned(two, "A", "r-2")]
    ratings = [rating(one, 2), rating(two, 4, review_key="r-2")]
    rows = rows_of(make_history([SEED, one, two, *items, *ratings, overall("A", 5, review_key="r-2")]))

    row = rows.x[rows.cell < 0][0]
    assert [row[rows.column("question", rows.questions.index(asked.id))] for asked in (Q1, Q2)] == [0.0, 1.0]


def test_each_letter_of_each_review_stands_for_its_own_variant() -> None:
    one, other = answer(SEED, Q1), answer(CHILD, Q1)
    items = [planned(one, "A"), planned(other, "B"), planned(one, "B", "r-2"), planned(other, "A", "r-2")]

    letters = letters_of(make_history([SEED, CHILD, one, other, *items]))

    assert letters == {
        ("r-1", "A"): SEED.id, ("r-1", "B"): CHILD.id, ("r-2", "A"): CHILD.id, ("r-2", "B"): SEED.id,
    }  # fmt: skip


def test_the_overall_score_of_one_letter_says_nothing_of_the_other() -> None:
    one, other = answer(SEED, Q1), answer(CHILD, Q1)
    items, ratings = [planned(one, "A"), planned(other, "B")], [rating(one, 3), rating(other, 3)]
    rows = rows_of(make_history([SEED, CHILD, one, other, *items, *ratings, overall("B", 5)]))

    row = rows.x[rows.cell < 0][0]
    assert row[rows.column("variant", rows.variants.index(CHILD.id))] == 1.0
    assert row[rows.column("variant", rows.variants.index(SEED.id))] == 0.0


def test_only_ratings_of_the_questions_asked_for_are_rows_and_no_overall_score() -> None:
    one, val = answer(SEED, Q1), answer(SEED, Q3)
    ratings = [rating(one, 2), rating(val, 4)]
    history = make_history([SEED, one, val, planned(one, "A"), planned(val, "A"), *ratings, overall("A", 5)])

    rows = rows_of(history, only=frozenset({Q3.id}))

    assert (rows.questions, rows.y.tolist()) == ((Q3.id,), [4.0])


def test_the_order_in_which_records_arrive_does_not_matter() -> None:
    history = rated_history({SEED: {Q1: [2, 4], Q2: [3]}, CHILD: {Q1: [5]}})
    again = History().merge(make_history(reversed(history.records())))

    one, other = rows_of(history), rows_of(again)

    assert (one.x == other.x).all()
    assert (one.y == other.y).all()
    assert (one.variants, one.parents) == (other.variants, other.parents)


def test_an_empty_history_has_no_rows() -> None:
    rows = rows_of(History())

    assert (rows.x.shape, rows.y.shape, rows.variants) == ((0, 1), (0,), ())
