from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from made_rows import ODD, rows_by_chance, rows_like, same
from scipy.special import ndtr

from redraft.learning.deviations import DEFAULTS
from redraft.learning.posterior import Posterior, fit
from redraft.learning.rows import Rows

RATINGS = [
    (0, 0, 0, 2.0),
    (1, 0, 0, 4.0),
    (1, 0, 1, 5.0),
    (1, 1, 0, 3.0),
    (2, 1, 1, 4.0),
    (1, 0, 0, 1.0),
    (0, 1, 1, 3.0),
]
TREE = {"parents": (-1, 0, 1), "n_questions": 2, "n_reviewers": 2}


def observed(ratings: list[tuple[int, int, int, float]], after: int = 0) -> Posterior:
    """Fit the first ratings, and take in the others one by one."""
    posterior = fit(rows_like(ratings[:after], **TREE), ODD)
    for rating in ratings[after:]:
        posterior.observe(*rating)
    return posterior


@pytest.mark.parametrize("after", [0, 1, 3, 6])
def test_ratings_taken_in_one_by_one_say_what_all_together_do(after: int) -> None:
    assert same(observed(RATINGS, after), fit(rows_like(RATINGS, **TREE), ODD))


def test_a_rating_can_be_added_to_stale_ones_and_overall_scores() -> None:
    rows = rows_by_chance(1)
    posterior = fit(rows, DEFAULTS)
    posterior.observe(2, 3, 1, 5.0)

    assert same(posterior, fit(_with_rating(rows, 2, 3, 1, 5.0), DEFAULTS))


def test_a_rating_that_is_not_known_yet_changes_the_certainty_as_any_other_and_no_mean() -> None:
    with_scores, without = observed(RATINGS, 4), observed(RATINGS, 4)
    before = without.mean.copy()
    with_scores.observe(1, 0, 1, 5.0)
    without.observe(1, 0, 1)

    assert without.cov == pytest.approx(with_scores.cov)
    assert without.mean == pytest.approx(before)


def test_after_a_rating_that_is_not_known_yet_another_of_its_cell_counts_as_if_it_had_been_as_expected() -> None:
    expected = observed(RATINGS, 4)
    planned = expected.copy()
    score = 3.0 + float(expected.mean[[0, 3, 4, 7]].sum())  # variant 2 on question 0: a new cell
    planned.observe(2, 0, 1)
    planned.observe(2, 0, 1, 5.0)
    expected.observe(2, 0, 1, score)
    expected.observe(2, 0, 1, 5.0)

    assert same(planned, expected)


def test_two_ratings_by_somebody_new_are_by_two_people_who_rate_nothing_else() -> None:
    posterior = fit(rows_like(RATINGS, **TREE), ODD)
    posterior.observe(1, 0, -1, 5.0)
    posterior.observe(1, 0, -1, 4.0)

    everyone = rows_like([*RATINGS, (1, 0, 2, 5.0), (1, 0, 3, 4.0)], **{**TREE, "n_reviewers": 4})
    known = fit(everyone, ODD)
    kept = range(len(posterior.mean))  # the two new people have the last columns
    assert posterior.mean == pytest.approx(known.mean[kept])
    assert posterior.cov == pytest.approx(known.cov[np.ix_(kept, kept)])


def test_what_a_rating_is_expected_to_be_is_what_a_dense_covariance_says() -> None:
    posterior = fit(rows_like(RATINGS, **TREE), ODD)

    design, unknown = posterior.look(1, 0, 1)

    later = fit(rows_like([*RATINGS, (1, 0, 1, 3.0)], **TREE), ODD)
    variance = float(design @ posterior.cov @ design) + unknown
    spread = posterior.cov @ design
    assert posterior.cov - np.outer(spread, spread) / variance == pytest.approx(later.cov)


def test_a_copy_is_changed_apart_from_the_original() -> None:
    original = observed(RATINGS)
    mean, cov, cells = original.mean.copy(), original.cov.copy(), original.cell_precision.copy()

    copied = original.copy()
    copied.observe(1, 0, 0, 5.0)  # of a cell that has ratings
    copied.observe(2, 0, 0, 5.0)  # of one that has none

    assert not same(copied, original)
    assert (original.mean == mean).all()
    assert (original.cov == cov).all()
    assert (original.cell_precision == cells).all()
    original.observe(1, 0, 1, 2.0)
    original.observe(2, 0, 0, 5.0)
    assert same(original, observed([*RATINGS, (1, 0, 1, 2.0), (2, 0, 0, 5.0)]))


def test_rows_that_were_fitted_are_not_changed_by_what_is_observed() -> None:
    rows = rows_like(RATINGS, **TREE)
    fit(rows, ODD).observe(1, 0, 0, 5.0)

    assert same(fit(rows, ODD), fit(rows_like(RATINGS, **TREE), ODD))


def test_two_equal_ratings_of_one_prompt_give_the_score_that_a_hand_computes() -> None:
    # two questions, one reviewer: variance of a rating 2.335, covariance 1.2825, of either with the score 1.16
    posterior = fit(rows_like([(0, 0, 0, 4.0), (0, 1, 0, 4.0)], n_questions=2), DEFAULTS)

    mean, sd = posterior.expected(0)

    assert mean == pytest.approx(3 + 2 * 1.16 / (2.335 + 1.2825))
    assert sd**2 == pytest.approx(1.16 - 2 * 1.16**2 / (2.335 + 1.2825))


def test_the_same_reviewer_on_the_same_question_tells_a_difference_best() -> None:
    both = {"parents": (-1, -1), "n_questions": 2, "n_reviewers": 2}
    ratings = [(0, 0, 0, 2.0), (1, 0, 0, 4.0)], [(0, 0, 0, 2.0), (1, 0, 1, 4.0)], [(0, 0, 0, 2.0), (1, 1, 1, 4.0)]

    deviations = [fit(rows_like(given, **both), DEFAULTS).difference(1, 0) for given in ratings]

    assert [sd for _, sd in deviations] == sorted(sd for _, sd in deviations)
    assert [mean for mean, _ in deviations] == sorted((mean for mean, _ in deviations), reverse=True)


def test_a_difference_to_itself_is_nothing() -> None:
    assert observed(RATINGS).difference(1, 1) == (0.0, 0.0)


def test_a_child_without_ratings_is_expected_to_be_as_its_parent_is_and_known_less() -> None:
    posterior = fit(rows_like([(0, q, 0, 5.0) for q in range(4)], parents=(-1, 0), n_questions=4), DEFAULTS)

    (parent, parent_sd), (child, child_sd) = posterior.expected(0), posterior.expected(1)

    assert child == pytest.approx(parent)
    assert child_sd > parent_sd


def test_when_every_edit_helped_the_next_one_is_expected_to_help() -> None:
    ratings = [(v, q, 0, 2.0 + v) for v in range(3) for q in range(4)]
    posterior = fit(rows_like(ratings, parents=(-1, 0, 1, 2), n_questions=4), DEFAULTS)

    assert posterior.difference(3, 2)[0] > 0.02


def test_of_two_variants_the_probability_of_being_best_is_that_of_the_difference() -> None:
    posterior = observed(RATINGS)
    mean, sd = posterior.difference(2, 0)

    assert posterior.p_best([0, 2]) == pytest.approx([1 - ndtr(mean / sd), ndtr(mean / sd)], abs=0.02)


def test_probabilities_of_being_best_are_the_same_every_time_and_sum_to_one() -> None:
    posterior = observed(RATINGS)

    assert posterior.p_best([0, 1, 2]).tolist() == observed(RATINGS).p_best([0, 1, 2]).tolist()
    assert posterior.p_best([0, 1, 2]).sum() == pytest.approx(1.0)
    assert posterior.p_best([1]).tolist() == [1.0]


def test_draws_have_the_means_and_covariances_of_the_posterior() -> None:
    posterior = observed(RATINGS)

    drawn = posterior.draw([0, 2], 40_000, np.random.default_rng(1))

    assert drawn.mean(axis=0) == pytest.approx(posterior.mean[[1, 3]], abs=0.01)
    assert np.cov(drawn.T) == pytest.approx(posterior.cov[np.ix_([1, 3], [1, 3])], abs=0.01)


def test_effects_that_are_nearly_certain_can_be_drawn() -> None:
    posterior = fit(rows_like(RATINGS, **TREE), DEFAULTS)
    for number in range(3000):
        posterior.observe(number % 3, number % 2, number % 2)

    drawn = posterior.draw([0, 1, 2], 10, np.random.default_rng(1))

    assert np.isfinite(drawn).all()
    assert (np.diagonal(posterior.cov) > 0).all()


def test_no_ratings_leave_every_variant_in_the_middle_of_the_scale() -> None:
    posterior = fit(rows_like([], parents=(-1, -1)), DEFAULTS)

    assert posterior.expected(0) == (3.0, pytest.approx((1 + 0.4**2) ** 0.5))
    assert posterior.p_best([0, 1]) == pytest.approx([0.5, 0.5], abs=0.03)


def _with_rating(rows: Rows, variant: int, question: int, reviewer: int, score: float) -> Rows:
    """Return rows with one more ordinary rating."""
    x = np.zeros(rows.x.shape[1])
    x[[0, 1 + variant, rows.column("question", question), rows.column("reviewer", reviewer)]] = 1.0
    cells = dict(zip(rows.cells, range(len(rows.cells)), strict=True))
    cell = cells.setdefault((variant, question), len(cells))
    return dataclasses.replace(
        rows,
        x=np.vstack([rows.x, x]),
        y=np.append(rows.y, score),
        precision=np.append(rows.precision, 1.0),
        cell=np.append(rows.cell, cell),
        cells=tuple(cells),
    )
