from __future__ import annotations

import dataclasses
import math
from collections.abc import Sequence
from typing import Any

import pytest
from made_records import answer, question, questions, rating, variant
from scipy.special import stdtrit

from redraft.learning.blinding import sighted_ratings
from redraft.learning.history import History, make_history
from redraft.learning.reviewers import drift_of, krippendorff_alpha, reviewer_views
from redraft.records import Overall, PlanItem, Rating, make_prompt

ASKED = questions(12)
ONE, OTHER = variant(), variant(make_prompt("answer", "Explain with sources."))
USUAL = 1.0  # expected_sd


def review(
    reviewer: str, one: Sequence[int], other: Sequence[int] = (), *, overall: Sequence[int] = (), key: str = "r-1",
    sample: int = 0,
) -> list[Any]:  # fmt: skip
    """Make what one person said of letters A (`ONE`) and B (`OTHER`) in a review."""
    records: list[Any] = []
    for letter, of, scores in (("A", ONE, one), ("B", OTHER, other)):
        for place, (to, score) in enumerate(zip(ASKED, scores, strict=False)):
            given = answer(of, to, sample=sample)
            records += [of, to, given, rating(given, score, reviewer=reviewer, review_key=key, created=float(place))]
            records.append(
                PlanItem(review_key=key, answer_id=given.id, letter=letter, reviewer_slot=0, position=place, role="new")
            )
    records += [
        Overall(review_key=key, letter=letter, reviewer=reviewer, score=score)
        for letter, score in zip("AB", overall, strict=False)
    ]
    return records


def warnings(*records: Sequence[Any]) -> dict[str, str]:
    history = make_history([record for group in records for record in group])
    return {view.reviewer: view.warning for view in reviewer_views(history, {}, USUAL)}


def again(pairs: dict[str, Sequence[tuple[int, int]]]) -> History:
    """Make a history in which each person rated answers in two reviews.

    Built by hand: what a history keeps of several ratings of one answer is not this module's business.
    """
    given = {to.id: answer(ONE, to) for to in ASKED}
    ratings: list[Rating] = []
    for reviewer, scores in pairs.items():
        for to, (first, last) in zip(ASKED, scores, strict=False):
            ratings += [
                rating(given[to.id], first, reviewer=reviewer, review_key="r-1", created=1.0),
                rating(given[to.id], last, reviewer=reviewer, review_key="r-2", created=2.0),
            ]
    ratings.sort(key=lambda each: each.created)
    return History(answers={each.id: each for each in given.values()}, ratings=tuple(ratings))


def test_every_reviewer_has_a_view_with_severity_and_count() -> None:
    history = make_history([*review("cem", [2, 4, 3]), *review("ann", [1, 2])])

    views = reviewer_views(history, {"cem": 0.25}, USUAL)

    assert [(view.reviewer, view.n_ratings, view.severity) for view in views] == [("ann", 2, 0.0), ("cem", 3, 0.25)]
    assert [(view.drift, view.warning) for view in views] == [(None, ""), (None, "")]


def test_ratings_given_with_the_prompts_in_view_are_counted_for_the_lead() -> None:
    said = review("ann", [1, 4, 3], [2, 5, 3], overall=[3, 4])  # ratings at 0, 1 and 2 seconds
    overalls = [record for record in said if isinstance(record, Overall)]
    shown = [dataclasses.replace(overall, created=1.5) for overall in overalls]
    others = [record for record in said if not isinstance(record, Overall)]

    history = make_history([*others, *shown])

    assert warnings([*others, *shown], review("ben", [1, 2])) == {
        "ann": "gave 2 ratings with the prompts behind the letters in view",
        "ben": "",
    }
    late = {rating.id for rating in history.ratings if rating.created == 2.0}
    assert sighted_ratings(history) == late
    assert warnings(others, overalls) == {"ann": ""}, "nobody knows when they were shown"


def test_the_prompts_are_in_view_only_after_the_last_letter_was_scored() -> None:
    said = review("ann", [1, 4, 3], [2, 5, 3])
    for_a, for_b = (Overall(review_key="r-1", letter=each, reviewer="ann", score=3, created=at) for each, at in
                    (("A", 0.5), ("B", 9.0)))  # fmt: skip

    assert sighted_ratings(make_history([*said, for_a, for_b])) == frozenset()


def test_without_ratings_there_is_nobody_to_describe() -> None:
    assert reviewer_views(History(), {"ann": 0.1}, USUAL) == ()
    assert drift_of(History()) == (None, None, None, 0)
    assert krippendorff_alpha(History()) is None


def test_who_rates_everything_3_is_warned_of_by_the_figure() -> None:
    found = warnings(review("ann", [3] * 6), review("ben", [1, 5, 2, 4, 3, 5]))

    assert found == {"ann": "rates everything alike: all 6 ratings are 3", "ben": ""}


def test_nearly_everything_alike_is_warned_of_too() -> None:
    found = warnings(review("ann", [3] * 11 + [4]))

    assert found == {"ann": "rates everything alike: 12 ratings differ by 0.3 points, 1.0 is usual"}


def test_five_equal_ratings_are_too_few_for_a_warning() -> None:
    assert warnings(review("ann", [3] * 5)) == {"ann": ""}


def test_when_everybody_rates_alike_it_is_the_answers_that_are_alike() -> None:
    assert warnings(review("ann", [5] * 8), review("ben", [5] * 8)) == {"ann": "", "ben": ""}


def test_ratings_that_follow_the_letter_are_halo() -> None:
    found = warnings(
        review("ann", [2, 2, 2, 2, 2, 3], [5, 5, 5, 5, 5, 5], overall=[2, 5]),
        review("ben", [1, 2, 4, 2, 3, 1], [5, 3, 4, 5, 2, 4], overall=[2, 4]),
    )

    assert found["ann"] == (
        "rates by the overall impression (halo): ratings of one letter differ by 0.3 points, 1.0 is usual; "
        "11 of 12 equal the letter's overall score"
    )
    assert found["ben"] == ""


def test_halo_is_seen_without_overall_scores() -> None:
    found = warnings(review("ann", [2] * 6, [4] * 6))

    assert found["ann"].endswith("ratings of one letter differ by 0.0 points, 1.0 is usual")


def test_letters_of_different_reviews_are_different() -> None:
    """The same letter of another review is another impression."""
    found = warnings(review("ann", [1] * 4, key="r-1"), review("ann", [5] * 4, key="r-2", sample=1))

    assert "halo" in found["ann"]


def test_ratings_without_a_plan_have_no_letters_and_so_no_halo() -> None:
    imported = [record for record in review("ann", [2] * 6, [4] * 6) if not isinstance(record, PlanItem)]

    assert warnings(imported) == {"ann": ""}


def test_one_rating_a_letter_equals_its_overall_score_without_being_halo() -> None:
    reviews = [review("ann", [score], key=f"r-{score}", overall=[score]) for score in range(1, 6)]
    one_more = [question("another?"), answer(OTHER, question("another?"))]
    assert warnings(*reviews, [*one_more, rating(one_more[1], 3)]) == {"ann": ""}


def test_drift_is_the_mean_change_of_answers_that_were_rated_again() -> None:
    history = again({"ann": [(2, 3), (3, 4), (4, 4)], "ben": [(3, 3), (2, 2)]})

    ann, ben = reviewer_views(history, {}, USUAL)

    assert ann.drift == pytest.approx(2 / 3)
    assert ben.drift is None  # two pairs say nothing
    assert ann.n_ratings == 6


def test_the_drift_of_all_has_the_interval_that_a_hand_computes() -> None:
    mean, low, high, n = drift_of(again({"ann": [(2, 3), (3, 4), (4, 4)], "ben": [(3, 3)]}))

    # changes 1, 1, 0, 0: squares 1; prior 4 x 2 x .70^2; df 7
    half = stdtrit(7, 0.95) * math.sqrt((4 * 2 * 0.49 + 1) / 7 / 4)
    assert (mean, low, high) == pytest.approx((0.5, 0.5 - half, 0.5 + half))
    assert n == 4


def test_two_pairs_are_too_few_to_speak_of_drift() -> None:
    assert drift_of(again({"ann": [(1, 5), (1, 5)]})) == (None, None, None, 2)


def test_equal_changes_leave_an_interval_with_width() -> None:
    mean, low, high, _ = drift_of(again({"ann": [(3, 3)] * 12}))

    assert mean == 0.0
    assert low is not None
    assert high is not None
    assert low < -0.2 < 0.2 < high


def test_ratings_of_an_answer_by_different_people_are_no_drift() -> None:
    history = make_history([*review("ann", [1] * 6, key="r-1"), *review("ben", [5] * 6, key="r-2")])

    assert drift_of(history) == (None, None, None, 0)


def test_people_who_agree_have_an_alpha_of_1() -> None:
    history = make_history([*review("ann", [1, 3, 5, 2]), *review("ben", [1, 3, 5, 2])])

    assert krippendorff_alpha(history) == pytest.approx(1.0)


def test_alpha_is_that_of_the_literature() -> None:
    """Krippendorff (2011), Computing Krippendorff's alpha-reliability, part D: ordinal alpha .815."""
    table = [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, None, None, None],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, None, 3],
        [None, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, None],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, None],
    ]
    given = [answer(ONE, to) for to in ASKED]
    history = make_history(
        [
            *given,
            *(
                rating(given[place], score, reviewer=f"r{row}")
                for row, scores in enumerate(table)
                for place, score in enumerate(scores)
                if score is not None
            ),
        ]
    )

    assert krippendorff_alpha(history) == pytest.approx(0.815, abs=0.0005)


def test_alpha_counts_the_last_rating_of_a_person() -> None:
    first = again({"ann": [(5, 1), (1, 3), (3, 5)], "ben": [(1, 1), (3, 3), (5, 5)]})

    assert krippendorff_alpha(first) == pytest.approx(1.0)


@pytest.mark.parametrize(
    "records",
    [
        review("ann", [1, 3, 5]),  # one reviewer
        [*review("ann", [3, 3, 3]), *review("ben", [3, 3, 3])],  # all equal
        [*review("ann", [3]), *review("ben", [3])],  # one question
        [*review("ann", [1, 3, 5]), *review("ben", [], [1, 3, 5])],  # no answer was read twice
    ],
)
def test_without_a_difference_that_two_people_saw_there_is_no_alpha(records: Sequence[Any]) -> None:
    assert krippendorff_alpha(make_history(records)) is None


def test_opposite_ratings_are_worse_than_chance() -> None:
    alpha = krippendorff_alpha(make_history([*review("ann", [1, 5, 1, 5]), *review("ben", [5, 1, 5, 1])]))

    assert alpha is not None
    assert alpha < 0
