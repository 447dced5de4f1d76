from __future__ import annotations

import math

import pytest
from made_records import answer, question, rated_history, rating, variant

from redraft.learning.history import History, make_history
from redraft.learning.score import compare, score_variants, t_interval
from redraft.records import make_prompt

SEED = variant()
BETTER = variant(make_prompt("answer", "Explain with sources."))
Q1, Q2, Q3 = (question(f"question {number}?") for number in range(3))


def test_the_interval_of_four_ratings_is_what_a_hand_computes() -> None:
    # mean 3, squares around it 2; prior 4 x .81; variance (3.24 + 2) / 7 = .74857; t(7, .95) = 1.894579
    half = 1.894579 * math.sqrt(0.74857142857 / 4)

    assert t_interval([2, 3, 4, 3], 0.9) == pytest.approx((3.0, 3.0 - half, 3.0 + half), abs=1e-6)


def test_no_rating_has_no_mean() -> None:
    assert t_interval([], 0.9) == (None, None, None)


def test_one_rating_has_the_interval_of_the_prior_cut_at_the_ends_of_the_scale() -> None:
    mean, low, high = t_interval([4], 0.9)

    assert (mean, high) == (4.0, 5.0)
    assert low == pytest.approx(4 - 2.131847 * 0.9, abs=1e-5)


def test_equal_ratings_narrow_the_interval_but_never_to_nothing() -> None:
    widths = [high - low for n in (1, 2, 5, 50, 5000) for _, low, high in [t_interval([3] * n, 0.9)]]

    assert widths == sorted(widths, reverse=True)
    # the rounding deviation 1 / sqrt(12) is the floor: at 5,000 ratings 1.6452 x .28868 / sqrt(5000)
    assert widths[-1] / 2 == pytest.approx(1.6451 * 0.288675 / math.sqrt(5000), rel=1e-3)


def test_two_ratings_never_tell_less_than_one() -> None:
    _, low1, high1 = t_interval([3], 0.9)
    _, low2, high2 = t_interval([3, 4], 0.9)

    assert high2 - low2 < high1 - low1


def test_a_wider_probability_gives_a_wider_interval() -> None:
    assert t_interval([2, 3, 4], 0.99)[1] < t_interval([2, 3, 4], 0.9)[1]


def test_every_variant_has_a_score_and_an_unrated_one_has_no_mean() -> None:
    history = rated_history({SEED: {Q1: [2, 4], Q2: [3]}, BETTER: {}})

    board = score_variants(history, current_id=SEED.id, interval=0.9)

    assert (board.of(SEED.id).mean, board.of(SEED.id).n_ratings) == (3.0, 3)
    assert (board.of(BETTER.id).mean, board.of(BETTER.id).n_ratings) == (None, 0)
    assert board.comparisons == ()


def test_an_empty_history_scores_the_current_variant_as_unrated() -> None:
    board = score_variants(History(), current_id="v-1", interval=0.9)

    assert [(score.variant_id, score.mean) for score in board.scores] == [("v-1", None)]


def test_variants_are_compared_on_what_one_reviewer_said_of_both_on_one_question() -> None:
    # r0: Q1 4 - 2, Q2 3 - 3; r1: Q1 5 - 4; Q3 has no partner
    history = rated_history({SEED: {Q1: [2, 4], Q2: [3]}, BETTER: {Q1: [4, 5], Q2: [3], Q3: [1]}})

    comparison = compare(history, BETTER.id, SEED.id, interval=0.9)

    # differences 2, 1, 0: mean 1, squares 2, prior 4 x 1.44; variance 7.76 / 6; t(6, .95) = 1.943180
    half = 1.943180 * math.sqrt(7.76 / 6 / 3)
    assert (comparison.difference, comparison.n_pairs) == (1.0, 3)
    assert (comparison.low, comparison.high) == pytest.approx((1 - half, 1 + half), abs=1e-5)


def test_several_ratings_of_one_side_of_a_pair_count_once() -> None:
    one, again, other = answer(SEED, Q1), answer(SEED, Q1, sample=1), answer(BETTER, Q1)
    history = make_history([SEED, BETTER, one, again, other, rating(one, 2), rating(again, 4), rating(other, 4)])

    comparison = compare(history, BETTER.id, SEED.id, interval=0.9)

    assert (comparison.difference, comparison.n_pairs) == (1.0, 1)


def test_without_a_pair_there_is_no_difference() -> None:
    history = rated_history({SEED: {Q1: [2]}, BETTER: {Q2: [4]}})

    comparison = compare(history, BETTER.id, SEED.id, interval=0.9)

    assert (comparison.difference, comparison.low, comparison.n_pairs) == (None, None, 0)


def test_a_superseded_rating_does_not_count() -> None:
    given = answer(SEED, Q1)
    history = make_history([SEED, given, rating(given, 1, created=1.0), rating(given, 5, created=2.0)])

    assert score_variants(history, current_id=SEED.id, interval=0.9).of(SEED.id).mean == 5.0
