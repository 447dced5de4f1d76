from __future__ import annotations

import math

import numpy as np
import pytest
from made_rows import rows_like
from scipy.integrate import quad

from redraft.learning.allocate import Cell, block_gain, expected_loss, next_rating, next_ratings, question_gains
from redraft.learning.deviations import DEFAULTS
from redraft.learning.posterior import Posterior, fit

PAIR = {"parents": (-1, -1), "n_questions": 4, "n_reviewers": 2}
RATINGS = [(0, 0, 0, 2.0), (1, 0, 0, 4.0), (1, 1, 1, 5.0), (0, 2, 1, 3.0)]


def posterior(ratings: list[tuple[int, int, int, float]], **shape: object) -> Posterior:
    return fit(rows_like(ratings, **{**PAIR, **shape}), DEFAULTS)


def generator(seed: int = 1) -> np.random.Generator:
    return np.random.default_rng(seed)


@pytest.mark.parametrize("cells", [[(0, 3)], [(0, 3), (1, 3)], [(0, 1), (1, 1), (1, 2)], [(1, 0), (0, 0)]])
@pytest.mark.parametrize("reviewer", [0, 1])
def test_the_gain_of_a_block_is_the_fall_of_the_variance_when_its_ratings_are_taken_in(
    cells: list[Cell], reviewer: int
) -> None:
    before, after = posterior(RATINGS), posterior(RATINGS)
    for cell in cells:
        after.observe(*cell, reviewer)

    gain = block_gain(before, cells, reviewer, variant=1, other=0)

    assert gain == pytest.approx(before.difference(1, 0)[1] ** 2 - after.difference(1, 0)[1] ** 2)


@pytest.mark.parametrize("cells", [[(0, 3)], [(0, 3), (1, 3)], [(0, 3), (1, 3), (1, 2)]])
def test_somebody_new_has_one_severity_for_a_whole_block(cells: list[Cell]) -> None:
    known = posterior(RATINGS, n_reviewers=3)  # the third of them has rated nothing

    gain = block_gain(posterior(RATINGS), cells, -1, variant=1, other=0)

    assert gain == pytest.approx(block_gain(known, cells, 2, variant=1, other=0))


def test_a_question_that_the_rival_was_rated_on_by_the_same_person_tells_most_and_one_rated_already_least() -> None:
    known = posterior([(0, 0, 0, 3.0), (1, 1, 0, 3.0)])

    rivals, own, new, other = question_gains(known, 1, [0, 1], 0)

    assert rivals > new > own
    assert new == pytest.approx(other)


def test_a_question_that_the_rival_was_rated_on_by_somebody_else_tells_less() -> None:
    known = posterior([(0, 0, 0, 3.0), (0, 1, 1, 3.0), (0, 2, 0, 3.0), (0, 2, 1, 3.0)])

    same, other, _, new = question_gains(known, 1, [0, 1], 0)

    assert same > other > new


@pytest.mark.parametrize("variant", [0, 1])
def test_the_gain_of_a_question_is_the_fall_of_the_loss_of_choosing_wrongly(variant: int) -> None:
    known = posterior(RATINGS)
    mean, sd = known.difference(0, 1)  # 1 leads
    assert mean < 0

    gains = question_gains(known, variant, [0, 1], 1)

    for question, gain in enumerate(gains):
        fall = block_gain(known, [(variant, question)], 1, variant=0, other=1)
        step = 1e-4  # of what the rating tells: the gain is a derivative
        loss = expected_loss(mean, sd) - expected_loss(mean, math.sqrt(sd**2 - step * fall))
        assert gain / math.sqrt(2 * math.pi) == pytest.approx(loss / step, rel=1e-3), question


def test_only_the_leader_is_a_rival_of_the_others() -> None:
    shape = {"parents": (-1, -1, -1)}
    ratings = [(0, 0, 0, 1.0), (1, 1, 0, 5.0), (1, 2, 0, 5.0), (2, 3, 0, 3.0)]
    known = posterior(ratings, **shape)

    assert question_gains(known, 0, [0, 1, 2], 0) == pytest.approx(question_gains(known, 0, [0, 1], 0))


def test_the_variant_that_may_still_turn_out_best_is_rated_not_one_that_is_out_of_the_race() -> None:
    ratings = [(0, q, 0, 1.0) for q in range(4)] + [(1, q, 0, 4.0) for q in range(4)]
    known = posterior(ratings, parents=(-1, -1, -1))

    assert next_rating(known, [0, 1, 2], 0, generator())[0] == 2


def test_a_rival_that_no_single_rating_could_bring_to_the_top_is_rated_all_the_same() -> None:
    leader = [(0, question, reviewer, 5.0) for question in range(4) for reviewer in range(6)]
    known = posterior([*leader, (1, 0, 0, 3.0), (1, 1, 0, 3.0)], n_reviewers=6)

    assert next_rating(known, [0, 1], 0, generator())[0] == 1


def test_the_same_generator_chooses_the_same_rating() -> None:
    cells = [next_rating(posterior([]), [0, 1], 0, generator(5)) for _ in range(2)]

    assert cells[0] == cells[1]


def test_ties_are_settled_by_chance() -> None:
    chosen = {next_rating(posterior([]), [0, 1], 0, generator(seed))[1] for seed in range(60)}

    assert chosen == {0, 1, 2, 3}


def test_with_one_contender_any_question_may_be_next() -> None:
    chosen = {next_rating(posterior([]), [1], 0, generator(seed)) for seed in range(60)}

    assert chosen == {(1, question) for question in range(4)}


def test_several_ratings_in_a_row_are_planned_as_if_each_were_given() -> None:
    known = posterior(RATINGS)
    planned = known.copy()

    cells = next_ratings(known, [0, 1], 0, generator(), n=4)

    draw = generator()
    for cell in cells:
        assert next_rating(planned, [0, 1], 0, draw) == cell
        planned.observe(*cell, 0)
    assert len(cells) == 4
    assert known.cov == pytest.approx(posterior(RATINGS).cov)


def test_four_ratings_in_a_row_are_of_both_variants_and_none_twice() -> None:
    cells = next_ratings(posterior([]), [0, 1], 0, generator(), n=4)

    assert {variant for variant, _ in cells} == {0, 1}
    assert len(set(cells)) == 4


@pytest.mark.parametrize(("mean", "sd"), [(0.0, 1.0), (-0.5, 0.3), (0.7, 0.4), (-3.0, 0.5)])
def test_the_expected_loss_is_the_integral_of_what_is_better(mean: float, sd: float) -> None:
    def density(d: float) -> float:
        return d * math.exp(-0.5 * ((d - mean) / sd) ** 2) / (sd * math.sqrt(2 * math.pi))

    assert expected_loss(mean, sd) == pytest.approx(quad(density, 0, mean + 12 * sd)[0] if mean > -12 * sd else 0)


def test_what_is_certain_costs_its_mean_or_nothing() -> None:
    assert [expected_loss(mean, 0.0) for mean in (-1.0, 0.0, 0.5)] == [0.0, 0.0, 0.5]
