"""The made-up history of the benchmark is as large as it says, and is measured through the product's policies."""

from __future__ import annotations

from benchmark_scripts import load_benchmark

large_history = load_benchmark("large_history")
made_up_history = load_benchmark("made_up_history")


def test_a_made_up_history_has_the_size_that_is_asked_for() -> None:
    history = made_up_history.made_up(made_up_history.Size(), seed=3)
    assert (len(history.variants), len(history.questions)) == (200, 30)
    assert (len(history.ratings), len(history.overalls)) == (5000, 2000)
    assert {rating.reviewer for rating in history.ratings} == {f"reviewer {slot}" for slot in range(5)}
    assert len(history.rated()) == 5000


def test_prompts_are_one_family_tree() -> None:
    history = made_up_history.made_up(made_up_history.Size(prompts=50), seed=3)
    parents = {variant.id: variant.parent_id for variant in history.variants.values()}
    assert sum(parent is None for parent in parents.values()) == 1
    assert all(parent in parents for parent in parents.values() if parent is not None)


def test_the_same_seed_makes_the_same_history() -> None:
    size = made_up_history.Size(prompts=20)
    assert made_up_history.made_up(size, seed=3) == made_up_history.made_up(size, seed=3)
    assert made_up_history.made_up(size, seed=3) != made_up_history.made_up(size, seed=4)


def test_a_small_history_is_scored_decided_and_planned() -> None:
    figures = large_history.measure(made_up_history.Size(prompts=12, questions=8), seed=1)
    assert (figures["prompts"], figures["ratings"], figures["overalls"]) == (12, 300, 120)
    assert figures["total_s"] >= figures["score_s"] > 0
    assert 0 < figures["planned"] <= 25
    assert figures["peak_mb"] >= figures["imports_mb"] > 0
