from __future__ import annotations

from made_records import answer, question, rated_history, rating, variant

from redraft.learning.history import make_history
from redraft.learning.orphans import orphan_overalls, orphan_ratings, orphan_warnings
from redraft.records import Overall, PlanItem

KNOWN = answer(variant(), question("how?"))
LOST = [answer(variant(), question(f"lost {number}?")) for number in range(5)]


def planned(answer_id: str) -> PlanItem:
    return PlanItem(review_key="r", answer_id=answer_id, letter="A", reviewer_slot=0, position=0, role="new")


def overall(letter: str) -> Overall:
    return Overall(review_key="r", letter=letter, reviewer="ann", score=2)


def test_a_history_that_holds_every_rated_answer_has_no_warning() -> None:
    history = rated_history({variant(): {question("how?"): [5, 4]}})
    assert (orphan_ratings(history), orphan_warnings(history)) == ((), ())


def test_ratings_of_unknown_answers_are_counted_named_and_kept() -> None:
    ratings = [rating(each, 1) for each in LOST[:2]] + [rating(LOST[0], 2, reviewer="bob")]
    history = make_history([KNOWN, rating(KNOWN, 5), *ratings])

    assert set(orphan_ratings(history)) == set(ratings)
    assert set(ratings) < set(history.ratings)
    (said,) = orphan_warnings(history)
    assert said.startswith("3 ratings are of answers that the history does not hold (a-")
    assert all(each.id in said for each in LOST[:2])
    assert said.endswith("): they are kept, but say nothing of a prompt.")


def test_of_many_unknown_answers_the_first_are_named_and_the_rest_counted() -> None:
    (said,) = orphan_warnings(make_history([rating(each, 1, created=float(n)) for n, each in enumerate(LOST)]))
    assert ", ".join(each.id for each in LOST[:3]) + " and 2 more)" in said


def test_one_rating_is_told_of_as_one() -> None:
    (said,) = orphan_warnings(make_history([rating(LOST[0], 1)]))
    assert said.startswith("1 rating is of answers")
    assert said.endswith("it is kept, but says nothing of a prompt.")


def test_ratings_count_again_once_their_answers_are_there() -> None:
    history = make_history([rating(LOST[0], 1)])
    assert orphan_warnings(history.add([LOST[0]])) == ()
    assert history.add([LOST[0]]).ratings_of(variant().id) == history.ratings


def test_ratings_of_failed_answers_are_told_apart_from_unknown_ones() -> None:
    failed = answer(variant(), question("when?"), error="timeout")
    history = make_history([failed, rating(failed, 1)])
    assert orphan_ratings(history) == ()
    assert orphan_warnings(history) == (
        f"1 rating is of answers that failed ({failed.id}): it is kept, but says nothing of a prompt.",
    )


def test_an_overall_score_needs_the_plan_and_the_answers_of_its_letter() -> None:
    assert orphan_overalls(make_history([KNOWN, planned(KNOWN.id), overall("A"), overall("B")])) == (overall("B"),)
    (said,) = orphan_warnings(make_history([planned(KNOWN.id), overall("A")]))
    assert said == (
        "1 overall score is of letters that the history knows no variant for (A of r): "
        "it is kept, but says nothing of a prompt."
    )
