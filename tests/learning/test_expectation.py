from __future__ import annotations

import math
from typing import Any

import pytest
from made_records import answer, questions, rated_history, rating, variant
from scipy.integrate import quad

from redraft.learning.allocate import expected_loss
from redraft.learning.deviations import DEFAULTS
from redraft.learning.expectation import USUAL_RATINGS, Effect, expected_gain, next_edit, recent_edits
from redraft.learning.history import History, make_history
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
    spread = next_edit([]).variance  # of a child around the seed
    error = 2 * (DEFAULTS.cell**2 + DEFAULTS.noise**2) / USUAL_RATINGS

    assert gain(rated({SEED: 3})) == pytest.approx(expected_loss(0.0, spread / math.sqrt(spread + error)), abs=1e-4)


def test_it_is_the_mean_of_the_best_posterior_mean_after_the_ratings() -> None:
    """The same by integration: a rated child is chosen if its shrunk difference is above 0."""
    spread = next_edit([]).variance
    error = 2 * (DEFAULTS.cell**2 + DEFAULTS.noise**2) / USUAL_RATINGS
    sd, shrunk = math.sqrt(spread + error), spread / (spread + error)

    chosen = quad(lambda seen: shrunk * seen * math.exp(-0.5 * (seen / sd) ** 2) / sd / math.sqrt(2 * math.pi), 0, 9)[0]

    assert gain(rated({SEED: 3})) == pytest.approx(chosen, abs=1e-4)


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
    posterior = score_variants(history, current_id=SEED.id, interval=0.9).posterior

    edit = next_edit(recent_edits(history, posterior))
    error = 2 * (DEFAULTS.cell**2 + DEFAULTS.noise**2)  # of one rating
    resolved = edit.variance / math.sqrt(edit.variance + error)  # all are equal: the current one is derived from
    assert gain(history) == pytest.approx(expected_loss(edit.mean, resolved), abs=1e-4)


def family(*scores: int) -> History:
    """A chain of variants, each derived from the one before, rated one after the other on the same questions."""
    records: list[Any] = []
    parent: Variant | None = None
    for place, score in enumerate(scores):
        prompt = make_prompt("answer", f"Prompt {place}.")
        parent = variant(prompt, parent_id=parent.id if parent else None)
        given = [answer(parent, q) for q in ASKED]
        records += [prompt, parent, *ASKED, *given, *(rating(a, score, created=float(place)) for a in given)]
    return make_history(records)


def last_of(history: History) -> Variant:
    return max(history.variants.values(), key=lambda v: max(r.created for r in history.ratings_of(v.id)))


def test_what_the_first_edits_brought_is_not_promised_for_ever() -> None:
    rising, settled = family(1, 3), family(1, 3, 3, 3, 3, 3)

    assert gain(settled, last_of(settled)) < 0.6 * gain(rising, last_of(rising))


def test_nothing_is_gained_beyond_the_end_of_the_scale() -> None:
    middle, top = family(1, 3), family(3, 5)

    assert gain(top, last_of(top)) < 0.8 * gain(middle, last_of(middle))


def test_a_recent_edit_is_known_by_its_ratings_alone() -> None:
    """Eight pairs that differ by one: the estimate is that difference, without the prior that shrinks the scores'."""
    history = family(2, 3)
    posterior = score_variants(history, current_id=last_of(history).id, interval=0.9).posterior

    (edit,) = recent_edits(history, posterior)

    assert edit.mean == pytest.approx(1.0, abs=0.15)
    assert edit.mean > max(posterior.effects()) - min(posterior.effects())


def test_the_next_edit_is_like_the_recent_ones() -> None:
    certain = [Effect(mean=0.5, variance=0.001)] * 4

    assert next_edit(certain).mean > next_edit([Effect(mean=0.5, variance=1.0)] * 4).mean > next_edit([]).mean == 0
    assert next_edit(certain).variance < next_edit([]).variance
    assert next_edit([Effect(mean=m, variance=0.01) for m in (1.5, -1.5)]).variance > next_edit([]).variance
