"""What `redraft.learning.attribution` promises, on worlds whose truth is known (benchmarks/attribution.py)."""

from __future__ import annotations

import dataclasses
import math

import pytest
from benchmark_scripts import load_benchmark

attribution = load_benchmark("attribution")
SEEDS = range(200)


@pytest.mark.parametrize("name", ["as assumed", "themes by chance"])
def test_the_interval_of_an_edit_that_changes_nothing_includes_0_in_85_to_95_percent_of_200_seeds(name: str) -> None:
    figures = attribution.measure(attribution.SETTINGS[name], SEEDS)

    assert 0.85 <= figures["null_covered"] <= 0.95
    assert 0.85 <= figures["real_covered"] <= 0.97


@pytest.mark.parametrize("name", ["own deviations", "own deviations, told", "noise doubled", "noise halved"])
def test_wrong_deviations_cost_little_coverage(name: str) -> None:
    figures = attribution.measure(attribution.SETTINGS[name], SEEDS)

    assert 0.82 <= figures["null_covered"] <= 0.98


def test_an_edit_that_helps_is_found_far_more_often_than_one_that_changes_nothing() -> None:
    figures = attribution.measure(attribution.SETTINGS["as assumed"], SEEDS)

    assert figures["real_found"] > 4 * figures["null_above"]
    assert abs(figures["null_mean"]) < 0.15
    assert figures["real_mean"] == pytest.approx(0.8, abs=0.2)  # a little less: the scale ends at 5


def test_a_paired_comparison_calls_regression_to_the_mean_progress() -> None:
    """Why the model knows how much questions differ: without it, luck is called a change."""
    ours = attribution.measure(attribution.SETTINGS["as assumed"], SEEDS)
    paired = attribution.measure(attribution.SETTINGS["paired"], SEEDS)

    assert paired["null_above"] > 2 * ours["null_above"]
    assert paired["null_mean"] > ours["null_mean"] + 0.1


def test_the_same_seed_gives_the_same_world() -> None:
    setting = dataclasses.replace(attribution.SETTINGS["own deviations"], generations=2)

    assert attribution.simulate(3, setting) == attribution.simulate(3, setting)
    assert attribution.simulate(3, setting)[0].ratings != attribution.simulate(4, setting)[0].ratings
    assert all(math.isfinite(value) for value in attribution.measure(setting, range(3)).values())
