from __future__ import annotations

from typing import Any

import pytest
from made_records import decision, question, questions, rated_history, variant

from redraft.learning.decide import decide_by_mean, make_decision, stop_after_iterations, waiting_for_yes
from redraft.learning.history import History, current_variant, make_history
from redraft.learning.protocols import DecisionCase
from redraft.learning.score import score_variants
from redraft.records import Decision, Variant, make_prompt

SEED = variant()
NEW = variant(make_prompt("answer", "Explain with sources."))
OLD = variant(make_prompt("answer", "An earlier one."))
QUESTIONS = questions(4)


def rated(scores: dict[Variant, list[int]]) -> History:
    return rated_history({of: {q: [s] for q, s in zip(QUESTIONS, given, strict=False)} for of, given in scores.items()})


def decide(history: History, **fields: Any) -> Decision:
    case = DecisionCase(
        **{"current_id": SEED.id, "new_ids": (NEW.id,), "promote": "auto", "now": 5.0, "iteration": 2, **fields}
    )
    return decide_by_mean(history, score_variants(history, current_id=case.current_id, interval=0.9), case)


def test_the_best_mean_rating_is_promoted() -> None:
    made = decide(rated({SEED: [2, 3], NEW: [3, 4]}))

    assert (made.kind, made.variant_id, made.current_id, made.created, made.iteration) == (
        "promote", NEW.id, SEED.id, 5.0, 2,
    )  # fmt: skip


def test_a_tie_keeps_the_current_variant() -> None:
    made = decide(rated({SEED: [3, 3], NEW: [2, 4]}))

    assert (made.kind, made.variant_id) == ("keep", SEED.id)


def test_a_worse_new_variant_keeps_the_current_one() -> None:
    assert decide(rated({SEED: [3, 3], NEW: [2, 3]})).kind == "keep"


def test_an_earlier_variant_with_the_best_mean_is_promoted_rather_than_the_new_one() -> None:
    assert decide(rated({SEED: [3, 3], NEW: [4, 4], OLD: [5, 5]})).variant_id == OLD.id


def test_a_variant_under_other_settings_is_no_choice() -> None:
    other = variant(make_prompt("answer", "An earlier one."), model="other")

    assert decide(rated({SEED: [3, 3], NEW: [4, 4], other: [5, 5]})).variant_id == NEW.id


def test_one_lucky_rating_makes_no_variant_the_best() -> None:
    made = decide(rated({SEED: [3, 3], NEW: [5]}))

    assert (made.kind, made.variant_id) == ("keep", SEED.id)
    assert "the new variant has only 1 rating" in made.evidence


def test_an_unrated_current_variant_gives_way_to_a_rated_one() -> None:
    assert decide(rated({SEED: [], NEW: [2, 3]})).variant_id == NEW.id


def test_without_any_rating_or_any_new_variant_the_current_one_is_kept() -> None:
    assert decide(rated({SEED: [], NEW: []})).kind == "keep"
    assert "no new variant" in decide(rated({SEED: [3]}), new_ids=()).evidence


def test_confirm_waits_for_a_yes_and_a_yes_is_another_decision() -> None:
    history = rated({SEED: [2, 3], NEW: [4, 4]})

    waits = decide(history, promote="confirm")
    history = history.add([waits])

    assert (waits.kind, waits.variant_id, waits.evidence[:15]) == ("keep", NEW.id, "Waits for a yes")
    assert waiting_for_yes(history) == waits
    assert current_variant(history, SEED) == SEED
    case = DecisionCase(current_id=SEED.id, new_ids=(NEW.id,), promote="confirm", now=6.0, author="ann")
    history = history.add([make_decision(case, "promote", NEW.id, "Ann said yes.")])
    assert waiting_for_yes(history) is None
    assert current_variant(history, SEED) == NEW


def test_an_ordinary_keep_waits_for_nobody() -> None:
    assert waiting_for_yes(make_history([decision("keep", SEED.id, 1.0, current_id=SEED.id)])) is None
    assert waiting_for_yes(History()) is None


def test_the_evidence_is_one_sentence_with_means_intervals_and_numbers_of_ratings() -> None:
    assert decide(rated({SEED: [2, 3], NEW: [3, 4]})).evidence == (
        "Promoted: the best mean rating, 3.50 (90 % interval 2.27 to 4.73, 2 ratings), against "
        "2.50 (90 % interval 1.27 to 3.73, 2 ratings) for the current variant; in 2 pairs "
        "by one reviewer on one question the difference is +1.00 (-0.53 to +2.53), which may be chance."
    )


@pytest.mark.parametrize(
    ("new", "verdict"),
    [([5, 5, 5, 5], "which is above 0"), ([1, 1, 1, 1], "which is below 0"), ([3, 4, 3, 3], "which may be chance")],
)
def test_the_evidence_never_claims_more_than_the_interval(new: list[int], verdict: str) -> None:
    current = [2, 2, 2, 2] if new[0] == 5 else [4, 4, 4, 4] if new[0] == 1 else [3, 3, 3, 3]
    made = decide(rated({SEED: current, NEW: new}))

    assert verdict in made.evidence
    assert "improve" not in made.evidence


def test_without_a_pair_the_evidence_says_that_nothing_is_known() -> None:
    history = rated_history({SEED: {QUESTIONS[0]: [2, 2]}, NEW: {question("other?"): [4, 4]}})

    assert "whether it is better is not known" in decide(history).evidence


def test_the_same_case_gives_the_same_decision() -> None:
    history = rated({SEED: [2, 3], NEW: [3, 4]})

    assert decide(history) == decide(history)


def test_the_loop_stops_when_the_iterations_asked_for_are_done() -> None:
    board = score_variants(History(), current_id=SEED.id, interval=0.9)

    assert stop_after_iterations(History(), board, done=2, iterations=3) is None
    assert stop_after_iterations(History(), board, done=3, iterations=3) == "3 of 3 iterations are done"
