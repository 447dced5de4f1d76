from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from made_rows import ODD, dense, prior_covariance, rows_by_chance, rows_like

from redraft.learning.deviations import DEFAULTS, Deviations
from redraft.learning.equations import DRIFT_SD, oldest_first, prior_root, slopes, solve
from redraft.learning.rows import Rows, sums_of
from redraft.learning.variances import NAMES, scaled


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("deviations", [DEFAULTS, ODD], ids=["default", "odd"])
def test_the_solution_is_that_of_the_dense_covariance_of_all_ratings(seed: int, deviations: Deviations) -> None:
    rows = rows_by_chance(seed)

    solved = solve(rows, deviations, sums_of(rows))

    mean, cov, log_likelihood = dense(rows, deviations)
    assert solved.mean == pytest.approx(mean, abs=1e-9)
    assert solved.cov == pytest.approx(cov, abs=1e-9)
    assert solved.log_likelihood == pytest.approx(log_likelihood)


@pytest.mark.parametrize("seed", range(3))
def test_the_prior_covariance_is_the_root_times_itself(seed: int) -> None:
    rows = rows_by_chance(seed)

    root = prior_root(rows, ODD)

    assert root @ root.T == pytest.approx(prior_covariance(rows, ODD), abs=1e-12)


@pytest.mark.parametrize("seed", range(4))
def test_the_slopes_are_what_small_steps_measure(seed: int) -> None:
    rows, logarithms = rows_by_chance(seed), np.random.default_rng(seed).normal(0, 0.4, len(NAMES))
    sums, step = sums_of(rows), 1e-5

    found = slopes(rows, scaled(logarithms), sums, solve(rows, scaled(logarithms), sums))

    for place, name in enumerate(NAMES):
        change = np.zeros(len(NAMES))
        change[place] = step
        above, below = (solve(rows, scaled(logarithms + sign * change), sums).log_likelihood for sign in (1, -1))
        assert found[name] == pytest.approx((above - below) / (2 * step), abs=1e-4), name


def test_without_ratings_the_solution_is_the_prior() -> None:
    rows = rows_like([], parents=(-1, 0), n_questions=2, n_reviewers=1)

    solved = solve(rows, DEFAULTS, sums_of(rows))

    assert solved.mean == pytest.approx(np.zeros(6))
    assert solved.cov == pytest.approx(prior_covariance(rows))
    assert solved.log_likelihood == 0.0


def test_a_grandchild_differs_from_its_grandparent_by_two_edits_and_two_drifts() -> None:
    root = prior_root(rows_like([], parents=(-1, 0, 1)), DEFAULTS)

    difference = root[3] - root[1]

    assert difference @ difference == pytest.approx(2 * DEFAULTS.edit**2 + (2 * DRIFT_SD) ** 2)


@pytest.mark.parametrize(
    ("parents", "variances"),
    [((0,), 1), ((1, 0), 2), ((1, 2, 0), 3), ((-1, 2, 1), 2)],
    ids=["its own parent", "two", "three", "beside a root"],
)
def test_ancestors_in_a_circle_are_cut_at_one_that_counts_as_a_root(parents: tuple[int, ...], variances: int) -> None:
    rows = rows_like([(0, 0, 0, 4.0)], parents=parents)

    root = prior_root(rows, DEFAULTS)[1 : 1 + len(parents)]

    expected = [DEFAULTS.prompt**2 + n * DEFAULTS.edit**2 + (n * DRIFT_SD) ** 2 for n in range(variances)]
    assert sorted({round(float(row @ row), 9) for row in root}) == pytest.approx(sorted(expected))
    assert np.isfinite(solve(rows, DEFAULTS, sums_of(rows)).cov).all()


def test_an_ancestor_comes_before_all_that_come_from_it() -> None:
    assert oldest_first([1, 2, 3, -1]) == [3, 2, 1, 0]
    assert sorted(oldest_first([1, 0, 1])) == [0, 1, 2]


def test_a_rating_that_counts_as_a_quarter_tells_as_much_as_one_with_twice_the_noise() -> None:
    rating = [(0, 0, 0, 5.0)]
    rows = dataclasses.replace(rows_like(rating), precision=np.array([0.25]))

    quarter = solve(rows, DEFAULTS, sums_of(rows))
    noisy = solve(rows_like(rating), _with_noise(2 * DEFAULTS.noise), sums_of(rows_like(rating)))

    assert quarter.mean == pytest.approx(noisy.mean)
    assert quarter.log_likelihood == pytest.approx(noisy.log_likelihood)


def test_one_rating_of_one_prompt_moves_each_cause_by_its_share_of_the_variance() -> None:
    rows = rows_like([(0, 0, 0, 5.0)])

    mean = solve(rows, DEFAULTS, sums_of(rows)).mean

    variances = [1.0, 0.40**2, 0.60**2, 0.35**2]  # mu, prompt, question, reviewer
    total = sum(variances) + 0.45**2 + 0.70**2
    assert mean == pytest.approx([2 * variance / total for variance in variances])


def test_the_likelihood_of_one_rating_is_a_normal_density() -> None:
    rows = rows_like([(0, 0, 0, 5.0)])
    variance = 1 + 0.40**2 + 0.60**2 + 0.35**2 + 0.45**2 + 0.70**2

    found = solve(rows, DEFAULTS, sums_of(rows)).log_likelihood

    assert found == pytest.approx(-0.5 * (math.log(2 * math.pi * variance) + 4 / variance))


def _with_noise(noise: float) -> Deviations:
    return dataclasses.replace(DEFAULTS, noise=noise)


def test_columns_are_mu_then_variants_questions_reviewers() -> None:
    rows: Rows = rows_like([], parents=(-1, 0), n_questions=3, n_reviewers=2)

    assert [rows.column("variant", 1), rows.column("question", 0), rows.column("reviewer", 1)] == [2, 3, 7]
