from __future__ import annotations

import numpy as np
import pytest

from redraft.learning.agreement import measure_agreement, spearman, spearman_interval, weighted_kappa
from redraft.learning.protocols import Agreement

SWAPPED = [(1, 2), (2, 1), (3, 4), (4, 3), (5, 6), (6, 5), (7, 8), (8, 7)]  # neighbours exchanged: sum of d^2 is 8
TIED = [(1, 2), (1, 1), (2, 2), (2, 3), (3, 3), (3, 3), (4, 3), (5, 5)]


def measured(pairs: list[tuple[int, int]], seed: int = 0) -> Agreement:
    return measure_agreement([(float(judge), float(people)) for judge, people in pairs], seed=seed)


def test_spearman_and_its_interval_are_what_the_formulas_give_by_hand() -> None:
    # r = 1 - 6 * 8 / (8 * 63); z = atanh(r) = 1.498; se = sqrt((1 + r^2 / 2) / 5) = 0.5309; z -+ 1.645 se
    found = measured(SWAPPED)

    assert found.n == 8
    assert found.spearman == pytest.approx(0.904762, abs=1e-6)
    assert found.spearman_low == pytest.approx(0.5544, abs=2e-4)
    assert found.spearman_high == pytest.approx(0.9827, abs=2e-4)
    assert found.proven


def test_equal_scores_share_their_mean_rank() -> None:
    # ranks 1.5 1.5 3.5 3.5 5.5 5.5 7 8 and 2.5 1 2.5 5.5 5.5 5.5 5.5 8, worked out by hand
    assert measured(TIED).spearman == pytest.approx(34.25 / (40.5 * 36.5) ** 0.5, abs=1e-9)


def test_kappa_counts_a_judge_who_is_a_point_too_kind_and_the_rank_correlation_does_not() -> None:
    # variance of 1..8 is 5.25: kappa = 1 - 1 / (5.25 + 5.25 + 1)
    found = measured([(score + 1, score) for score in range(1, 9)])

    assert found.spearman == pytest.approx(1.0)
    assert found.kappa == pytest.approx(1 - 1 / 11.5)


def test_kappa_of_whole_scores_is_cohens_with_quadratic_weights() -> None:
    """By the definition: observed and chance tables over the categories."""
    one, other = (np.array([pair[side] for pair in TIED], dtype=float) for side in (0, 1))
    table = np.zeros((5, 5))
    for a, b in TIED:
        table[a - 1, b - 1] += 1 / len(TIED)
    weights = np.subtract.outer(np.arange(5), np.arange(5)) ** 2
    by_chance = np.outer(table.sum(axis=1), table.sum(axis=0))

    assert float(weighted_kappa(one, other)) == pytest.approx(1 - (weights * table).sum() / (weights * by_chance).sum())


def test_full_agreement_is_no_certainty() -> None:
    found = measured([(score, score) for score in (1, 2, 3, 4, 5, 1, 2, 3)])

    assert (found.spearman, found.spearman_high, found.kappa) == (pytest.approx(1.0), pytest.approx(1.0), 1.0)
    assert found.spearman_low is not None
    assert 0 < found.spearman_low < 0.99


def test_the_interval_of_the_opposite_is_the_mirrored_interval() -> None:
    low, high = spearman_interval(0.5, 20)

    assert spearman_interval(-0.5, 20) == (pytest.approx(-high), pytest.approx(-low))
    assert spearman_interval(-1.0, 20)[0] == -1.0


@pytest.mark.parametrize(
    "pairs",
    [
        [],
        SWAPPED[:7],
        [(3, score) for score in range(1, 9)],
        [(score, 3) for score in range(1, 9)],
        [(3, 3)] * 8,
    ],
)
def test_of_few_answers_or_when_one_side_rated_all_alike_nothing_is_claimed(pairs: list[tuple[int, int]]) -> None:
    found = measured(pairs)

    assert found == Agreement(n=len(pairs))
    assert not found.proven


def test_the_same_seed_gives_the_same_intervals() -> None:
    pairs = [(one + 0.37 * n, other + 0.11 * n) for n, (one, other) in enumerate(SWAPPED)]
    one, same, other = (measure_agreement(pairs, seed=seed) for seed in (1, 1, 2))

    assert one == same
    assert one.kappa_low != other.kappa_low
    assert one.spearman_low == other.spearman_low  # closed form


def test_resamples_without_any_difference_do_not_spoil_the_interval() -> None:
    found = measured([(3, 3)] * 7 + [(1, 2)])

    assert found.kappa_low is not None
    assert found.kappa_high is not None
    assert -1 <= found.kappa_low <= found.kappa_high <= 1


def test_a_judge_that_guesses_is_seldom_proven_and_a_good_one_nearly_always() -> None:
    draw = np.random.default_rng(7)

    def share_proven(correlation: float) -> float:
        proven = 0
        for _ in range(400):
            people = draw.normal(size=24)
            judge = correlation * people + (1 - correlation**2) ** 0.5 * draw.normal(size=24)
            low, _ = spearman_interval(spearman(judge.round(), people.round()), 24)
            proven += low > 0
        return proven / 400

    assert share_proven(0.0) <= 0.08
    assert share_proven(0.7) >= 0.9
