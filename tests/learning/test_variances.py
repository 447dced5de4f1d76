from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
from made_rows import rows_by_chance, rows_like

from redraft.learning.deviations import DEFAULTS, Deviations
from redraft.learning.rows import Rows
from redraft.learning.variances import FEWEST_RATINGS, MOST, NAMES, estimate_deviations, scaled

SMALL = Deviations(prompt=0.25, edit=0.25 * 0.35 / 0.4, question=0.35, cell=0.25, reviewer=0.2, noise=0.5)
LARGE = Deviations(prompt=0.7, edit=0.7 * 0.35 / 0.4, question=1.0, cell=0.8, reviewer=0.6, noise=1.1)


def world(truth: Deviations, *, seed: int, variants: int = 30, questions: int = 25, reviewers: int = 12) -> Rows:
    """Make ratings, not rounded, of which every variant gets 60."""
    draw = np.random.default_rng(seed)
    parents = (-1, *(int(draw.integers(-1, v)) for v in range(1, variants)))
    effects: list[float] = []
    for parent in parents:
        effects.append(draw.normal(0, truth.prompt) if parent < 0 else effects[parent] + draw.normal(0, truth.edit))
    ease, severity = draw.normal(0, truth.question, questions), draw.normal(0, truth.reviewer, reviewers)
    cells = draw.normal(0, truth.cell, (variants, questions))
    ratings = []
    for variant in range(variants):
        for _ in range(60):
            question, reviewer = int(draw.integers(questions)), int(draw.integers(reviewers))
            felt = 3.2 + effects[variant] + ease[question] + cells[variant, question] + severity[reviewer]
            ratings.append((variant, question, reviewer, float(felt + draw.normal(0, truth.noise))))
    return rows_like(ratings, parents=parents, n_questions=questions, n_reviewers=reviewers)


@pytest.mark.parametrize("truth", [SMALL, DEFAULTS, LARGE], ids=["small", "default", "large"])
def test_many_ratings_tell_the_deviations_within_a_factor_of_1_3(truth: Deviations) -> None:
    found = estimate_deviations(world(truth, seed=3))

    for name in NAMES:
        assert 1 / 1.3 < getattr(found, name) / getattr(truth, name) < 1.3, (name, found)


def test_few_ratings_leave_the_defaults() -> None:
    assert estimate_deviations(rows_like([])) == DEFAULTS
    assert estimate_deviations(_equal(FEWEST_RATINGS - 1)) == DEFAULTS
    assert estimate_deviations(_equal(FEWEST_RATINGS)) != DEFAULTS


def test_overall_scores_are_not_counted_as_ratings() -> None:
    rows = rows_by_chance(1, n=120)
    ratings = rows.cell >= 0
    alone = dataclasses.replace(
        rows, x=rows.x[ratings], y=rows.y[ratings], precision=rows.precision[ratings], cell=rows.cell[ratings]
    )

    assert estimate_deviations(rows) == estimate_deviations(alone) != DEFAULTS


def test_the_result_does_not_depend_on_where_the_search_starts() -> None:
    rows = world(LARGE, seed=4, variants=8)

    found = [estimate_deviations(rows, start=start) for start in (DEFAULTS, SMALL, LARGE)]

    for name in NAMES:
        values = [getattr(deviations, name) for deviations in found]
        assert max(values) / min(values) < 1.05, (name, values)


def test_equal_ratings_make_the_noise_small_but_no_smaller_than_its_bound() -> None:
    found = estimate_deviations(_equal(500))

    assert DEFAULTS.noise / 4 <= found.noise < DEFAULTS.noise
    for name in NAMES:
        assert getattr(found, name) >= getattr(DEFAULTS, name) / 4 * (1 - 1e-9)


def test_ratings_beyond_all_measure_stay_within_the_bounds() -> None:
    wild = [(v, q, 0, 1000.0 * (-1) ** (v + q)) for v in range(10) for q in range(10)]

    found = estimate_deviations(rows_like(wild, parents=(-1,) * 10, n_questions=10))

    for name in NAMES:
        assert abs(math.log(getattr(found, name) / getattr(DEFAULTS, name))) <= MOST + 1e-9


def test_an_edit_keeps_its_share_of_the_deviation_of_prompts() -> None:
    found = scaled(np.array([0.5, 0.0, 0.0, 0.0, 0.0]))

    assert found.edit / found.prompt == pytest.approx(DEFAULTS.edit / DEFAULTS.prompt)
    assert (found.question, found.noise) == (DEFAULTS.question, DEFAULTS.noise)


def test_the_same_ratings_give_the_same_deviations() -> None:
    assert estimate_deviations(world(SMALL, seed=1, variants=3)) == estimate_deviations(
        world(SMALL, seed=1, variants=3)
    )


def _equal(n: int) -> Rows:
    return rows_like([(0, number % 7, number % 3, 3.0) for number in range(n)], n_questions=7, n_reviewers=3)
