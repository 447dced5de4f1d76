from __future__ import annotations

import math

import pytest
from made_records import answer, questions, rated_history, rating, variant
from scipy.integrate import quad

from redraft.learning.allocate import expected_loss
from redraft.learning.deviations import DEFAULTS
from redraft.learning.equations import DRIFT_SD
from redraft.learning.expectation import USUAL_RATINGS, expected_gain, with_child
from redraft.learning.history import History
from redraft.learning.posterior import fit
from redraft.learning.score import score_variants
from redraft.records import Variant, make_prompt

SEED = variant()
CHILD = variant(make_prompt("answer", "Cite sources."), parent_id=SEED.id)
ASKED = questions(8)


def gain(history: History, current: Variant = SEED) -> float:
    found = expected_gain(history, score_variants(history, current_id=current.id, interval=0.9), current.id)
    assert found is not None
    return found


def rated(scores: dict[Variant, int], n: int = 8) -> History:
    return rated_history({of: {q: [score] for q in ASKED[:n]} for of, score in scores.items()})


def test_without_ratings_or_a_place_for_the_current_variant_nothing_is_known() -> None:
    board = score_variants(History(), current_id=SEED.id, interval=0.9)
    other = score_variants(rated({SEED: 3}), current_id=SEED.id, interval=0.9)

    assert expected_gain(History(), board, SEED.id) is None
    assert expected_gain(rated({SEED: 3}), other, "v-unknown") is None


def test_with_only_the_seed_rated_it_is_what_an_edit_and_its_ratings_bring() -> None:
    spread = DEFAULTS.edit**2 + DRIFT_SD**2  # of a child around the seed
    error = 2 * (DEFAULTS.cell**2 + DEFAULTS.noise**2) / USUAL_RATINGS

    assert gain(rated({SEED: 3})) == pytest.approx(expected_loss(0.0, spread / math.sqrt(spread + error)))


def test_it_is_the_mean_of_the_best_posterior_mean_after_the_ratings() -> None:
    """The same by integration: a rated child is chosen if its shrunk difference is above 0."""
    spread = DEFAULTS.edit**2 + DRIFT_SD**2
    error = 2 * (DEFAULTS.cell**2 + DEFAULTS.noise**2) / USUAL_RATINGS
    sd, shrunk = math.sqrt(spread + error), spread / (spread + error)

    chosen = quad(lambda seen: shrunk * seen * math.exp(-0.5 * (seen / sd) ** 2) / sd / math.sqrt(2 * math.pi), 0, 9)[0]

    assert gain(rated({SEED: 3})) == pytest.approx(chosen)


def test_edits_that_helped_promise_more_than_edits_that_hurt() -> None:
    helped = gain(rated({SEED: 3, CHILD: 4}), CHILD)
    hurt = gain(rated({SEED: 4, CHILD: 3}), SEED)

    assert hurt < gain(rated({SEED: 3})) < helped


def test_a_better_variant_that_is_not_current_yet_is_part_of_what_is_to_be_gained() -> None:
    history = rated({SEED: 2, CHILD: 4})

    assert gain(history, SEED) > gain(history, CHILD) + 0.3


def test_a_variant_under_other_settings_promises_nothing() -> None:
    other = variant(make_prompt("answer", "Best of all."), model="other")

    assert gain(rated({SEED: 3, other: 5})) < gain(rated({SEED: 3})) * 1.2


def test_a_new_variant_that_gets_more_ratings_promises_more() -> None:
    few = rated_history({SEED: {q: [3] for q in ASKED}, CHILD: {q: [3] for q in ASKED[:2]}})
    many = rated_history({SEED: {q: [3] for q in ASKED}, CHILD: {q: [3] * 4 for q in ASKED}})

    assert 0 < gain(few) < gain(many)


def test_how_many_ratings_a_variant_gets_is_taken_from_the_newest_though_an_older_one_was_rated_again() -> None:
    newest = variant(make_prompt("answer", "The newest."), parent_id=CHILD.id)
    asked = questions(4)
    first = [answer(CHILD, q) for q in asked]
    later = [answer(newest, asked[0]), answer(CHILD, asked[1], sample=1)]
    history = rated_history({SEED: {q: [3] for q in asked}}).add([CHILD, newest, *first, *later])
    history = history.add([rating(one, 3, created=2.0) for one in first])
    history = history.add([rating(one, 3, created=3.0 + n) for n, one in enumerate(later)])
    board = score_variants(history, current_id=SEED.id, interval=0.9)

    rows = board.posterior.rows
    seed = rows.variants.index(SEED.id)  # all are equal: the current one is derived from

    mean, sd = fit(with_child(rows, seed), DEFAULTS).difference(3, seed)
    error = 2 * (DEFAULTS.cell**2 + DEFAULTS.noise**2)  # of one rating
    assert gain(history) == pytest.approx(expected_loss(mean, sd**2 / math.sqrt(sd**2 + error)))


def test_a_child_is_added_without_moving_anything_else() -> None:
    rows = score_variants(rated({SEED: 3, CHILD: 4}), current_id=SEED.id, interval=0.9).posterior.rows

    more = with_child(rows, rows.variants.index(CHILD.id))

    before, after = fit(rows, DEFAULTS), fit(more, DEFAULTS)
    assert (more.variants[:2], more.parents[:2]) == (rows.variants, rows.parents)
    assert more.x.shape == (rows.x.shape[0], rows.x.shape[1] + 1)
    assert after.difference(0, 1) == pytest.approx(before.difference(0, 1))
    assert after.expected(0) == pytest.approx(before.expected(0))
