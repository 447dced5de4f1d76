from __future__ import annotations

from made_records import decision, question, questions, rated_history, variant

from redraft.learning.history import History
from redraft.learning.parent import best_expected_parent
from redraft.learning.score import score_variants
from redraft.records import Variant, make_prompt

SEED = variant()
GOOD = variant(make_prompt("answer", "Explain with sources."))
POOR = variant(make_prompt("answer", "Be brief."))
Q1, Q2 = questions(2)


def parent(history: History, current: Variant = SEED, seed: int = 1) -> Variant:
    board = score_variants(history.add([current]), current_id=current.id, interval=0.9)
    return best_expected_parent(history.add([current]), board, current=current, seed=seed)


def test_candidates_are_derived_from_the_best_variant_though_it_is_not_current() -> None:
    assert parent(rated_history({SEED: {Q1: [3], Q2: [3]}, GOOD: {Q1: [4], Q2: [4]}, POOR: {Q1: [1], Q2: [2]}})) == GOOD


def test_the_current_variant_is_derived_from_when_none_is_better() -> None:
    assert parent(rated_history({SEED: {Q1: [4], Q2: [4]}, GOOD: {Q1: [3], Q2: [3]}})) == SEED


def test_of_equals_the_current_variant_is_taken() -> None:
    equal = rated_history({SEED: {Q1: [4]}, GOOD: {Q1: [4]}, POOR: {Q1: [4]}})

    assert [parent(equal, current) for current in (SEED, GOOD, POOR)] == [SEED, GOOD, POOR]


def test_of_equals_that_are_better_than_the_current_one_the_smaller_id_is_taken() -> None:
    equal = rated_history({SEED: {Q1: [1], Q2: [1]}, GOOD: {Q1: [4], Q2: [4]}, POOR: {Q1: [4], Q2: [4]}})

    assert parent(equal) == min(GOOD, POOR, key=lambda v: v.id)


def test_an_unrated_variant_is_not_derived_from_though_its_parent_is_good() -> None:
    child = variant(make_prompt("answer", "A child of the good one."), parent_id=GOOD.id)

    assert parent(rated_history({SEED: {Q1: [2]}, GOOD: {Q1: [4]}, child: {}})) == GOOD


def test_a_variant_under_other_settings_is_not_derived_from() -> None:
    other = variant(make_prompt("answer", "Explain with sources."), model="other")

    assert parent(rated_history({SEED: {Q1: [3]}, other: {Q1: [5], Q2: [5]}})) == SEED


def test_what_a_person_decided_against_is_not_derived_from() -> None:
    history = rated_history({SEED: {Q1: [3], Q2: [3]}, GOOD: {Q1: [5], Q2: [5]}, POOR: {Q1: [4], Q2: [4]}})

    assert parent(history.add([decision("reject", GOOD.id, 1.0, current_id=SEED.id)])) == POOR
    assert parent(history.add([decision("rollback", SEED.id, 1.0, current_id=GOOD.id)])) == POOR


def test_after_a_change_of_model_the_current_prompts_are_derived_from_under_the_new_one() -> None:
    moved = variant(model="other", parent_id=SEED.id)

    assert parent(rated_history({SEED: {Q1: [3]}, GOOD: {Q1: [5]}}), moved) == moved


def test_without_ratings_the_current_variant_is_derived_from() -> None:
    assert parent(History()) == SEED
    assert parent(rated_history({SEED: {}, GOOD: {}})) == SEED


def test_a_current_variant_that_was_not_scored_is_derived_from() -> None:
    history = rated_history({GOOD: {Q1: [5]}})
    board = score_variants(history, current_id=GOOD.id, interval=0.9)

    assert best_expected_parent(history, board, current=SEED, seed=1) == SEED


def test_chance_has_no_say() -> None:
    history = rated_history({SEED: {question("how?"): [2]}, GOOD: {question("how?"): [4]}})

    assert {parent(history, seed=seed).id for seed in range(5)} == {GOOD.id}
