"""benchmarks/learning.py: worlds, policies, figures and the command line, in few worlds."""

from __future__ import annotations

import doctest
import json
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmark_scripts import load_benchmark

from redraft.errors import InputError

learning = load_benchmark("learning")  # puts the folder of its parts on the path
choice, loop, stop = import_module("learning_choice"), import_module("learning_loop"), import_module("learning_stop")
parts, rows, worlds = import_module("learning_parts"), import_module("learning_rows"), import_module("learning_worlds")
raw, world_file = import_module("learning_raw"), import_module("learning_world_file")
POLICIES = import_module("learning_policies").POLICIES
LOOPS = import_module("learning_loop_policies").LOOPS

AS_ASSUMED = worlds.WorldSettings(factor=1.0)
FAR_APART = worlds.WorldSettings(
    deviations={"prompt": 1.5, "question": 0.2, "cell": 0.1, "noise": 0.3, "reviewer": 0.1}
)


def regrets(policy: str, settings: Any, horizon: int, seed: int) -> list[float]:
    return choice.regrets(choice.Game(policy=policy, settings=settings, horizon=horizon), seed)


def outcome(policy: str, seed: int, iterations: int = 3) -> Any:
    return loop.run_loop(loop.Loop(policy=policy, settings=worlds.WorldSettings(), iterations=iterations), seed)


def figures_of(tmp_path: Path, *arguments: str) -> dict[str, Any]:
    path = tmp_path / "figures.json"
    assert learning.main([*arguments, "--worlds", "2", "--jobs", "1", "--json", str(path)]) == 0
    return json.loads(path.read_text(encoding="utf-8"))


def test_the_table_of_a_has_every_policy_with_its_regrets_and_half_widths(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = figures_of(tmp_path, "--only", "A")["A"]

    assert {k: set(table) for k, table in found.items()} == {k: set(POLICIES) for k in ("8", "30")}
    assert list(found["8"]["redraft"]["regret"]) == [str(n) for n in range(24, 193, 12)]
    assert list(found["30"]["redraft"]["regret"])[-1] == "240"
    for row in (*found["8"].values(), *found["30"].values()):
        assert {"ratings_to_0.1", "ratings_to_0.1_half_width", "mean_regret", "mean_regret_half_width"} < set(row)
        assert row["regret"].keys() == row["regret_half_width"].keys()
    assert "2 worlds, ± 95 % half-widths" in capsys.readouterr().out


def test_the_table_of_b_has_every_policy_at_every_gain(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    found = figures_of(tmp_path, "--only", "B")["B"]

    assert {gain: set(table) for gain, table in found.items()} == {gain: set(LOOPS) for gain in ("-0.1", "0", "0.1")}
    for row in found["0"].values():
        assert {"true", "over_claim", "p_worse", "coverage", "true_half_width", "p_worse_half_width"} < set(row)
        assert row["ratings"] <= 100
    assert "redraft" in capsys.readouterr().out


@pytest.mark.parametrize("policy", POLICIES)
def test_the_same_seed_gives_the_same_regrets_and_another_seed_others(policy: str) -> None:
    first, again = ([regrets(policy, worlds.WorldSettings(), 72, seed) for seed in range(5)] for _ in range(2))

    assert first == again
    assert len({tuple(each) for each in first}) > 1


def test_two_processes_find_what_one_finds() -> None:
    game = choice.Game(policy="redraft", settings=worlds.WorldSettings(), horizon=36)
    many = [rows.Row(name="r", play=choice.regrets, game=game, worlds=2 * rows.CHUNK + 1)]
    with rows.runner(1, quiet=True) as run:
        alone = run(many)
    with rows.runner(2, quiet=True) as run:
        assert run(many) == alone


def test_the_oracle_is_ours_when_what_it_is_told_are_the_defaults() -> None:
    """Below 60 ratings ours takes the defaults; later it estimates, the oracle does not."""
    for seed in range(3):
        assert regrets("oracle", AS_ASSUMED, 48, seed) == regrets("redraft", AS_ASSUMED, 48, seed)


@pytest.mark.parametrize("policy", POLICIES)
def test_every_policy_finds_the_best_prompt_when_prompts_are_far_apart(policy: str) -> None:
    truths = [worlds.ChoiceWorld(seed, FAR_APART).truth for seed in range(5)]

    assert np.mean([np.ptp(truth) for truth in truths]) > 1.5
    assert np.mean([regrets(policy, FAR_APART, 96, seed)[-1] for seed in range(5)]) < 0.1


def test_halving_spends_most_ratings_on_those_that_are_left() -> None:
    log = raw.Log(8, 12, 96)
    halving = raw.Halving(log, blocked=True)
    while len(log.scores) < log.horizon:
        for number, prompt in enumerate(halving(log, np.random.default_rng(0))):
            log.add((prompt, 0), 0, float(prompt), first=number == 0)

    assert log.counts.tolist() == [4, 4, 4, 4, 12, 12, 28, 28]
    assert halving.estimate(log).argmax() == 7


@pytest.mark.parametrize("policy", LOOPS)
def test_a_loop_is_repeatable_and_spends_no_more_than_its_budget(policy: str) -> None:
    found = outcome(policy, 1)

    assert found == outcome(policy, 1) != outcome(policy, 2)
    assert len(found.truths) == 3
    assert 24 <= found.ratings <= 30


def test_always_newest_publishes_another_prompt_every_time_and_ours_only_with_evidence() -> None:
    newest, ours = outcome("always_newest", 3, 6), outcome("redraft", 3, 6)

    assert len(set(newest.truths)) == 6
    assert len(set(ours.truths)) < 6


def test_people_drift_and_are_careless_as_they_are_told_to() -> None:
    silent = worlds.draw_deviations(
        worlds.WorldSettings(deviations={"reviewer": 0.0, "noise": 0.01}), np.random.default_rng(0)
    )

    def ratings(reviewer: int, **settings: float) -> list[int]:
        people = worlds.People(worlds.WorldSettings(**settings), silent, np.random.default_rng(1), block=10)
        return [people.rate(3.0, reviewer) for _ in range(40)]

    assert set(ratings(0)) == {3}
    assert (ratings(0, reviewer_drift=0.4)[0], ratings(0, reviewer_drift=0.4)[-1]) == (3, 4)
    assert set(ratings(1, reviewer_drift=0.4)) == {3}
    assert set(ratings(0, careless_share=1.0)) == {1, 2, 3, 4, 5}


def test_stopping_by_probability_is_held_against_the_fixed_budget_of_the_same_regret() -> None:
    """One world stops after 36 of 48 ratings, one never does: 42 on average; a fixed 36 would have done."""
    found = [[(0.4, 0.5), (0.0, 0.95), (0.0, 0.95)], [(0.4, 0.2), (0.0, 0.3), (0.0, 0.5)]]

    figures = stop.choice_figures(found, 48)

    assert (figures["ratings"], figures["regret"], figures["saved"]) == (42.0, 0.0, -6.0)
    assert (figures["stopped"], figures["too_early"]) == (0.5, 0.0)


def test_the_loop_stops_too_early_where_going_on_would_have_gained() -> None:
    def made(truths: tuple[float, ...], stopped: int | None) -> Any:
        return loop.Outcome(
            truths=truths, stop=stopped, seed_truth=3.0, promoted=True, claim=3.0, low=2.0, high=4.0, ratings=30
        )

    figures = stop.loop_figures([made((3.0, 3.5, 3.5), 2), made((3.0, 3.0, 3.5), 1)])

    assert (figures["ratings"], figures["true"], figures["true_at_end"]) == (15.0, 3.25, 3.5)
    assert (figures["too_early"], figures["saved"]) == (0.5, 5.0)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"gian": 0.1}', "unknown key 'gian' with value 0.1; known keys: deviations, judge, mu"),
        ('{"judge": {"noise": 1}}', "unknown key 'judge.noise' with value 1; known keys: sd, length_bias"),
        ('{"gain": "much"}', "gain must be a number, got 'much'"),
        ('{"prompts": 8.5}', "prompts must be a whole number, got 8.5"),
        ('{"careless_share": 2}', "careless_share must be from 0 to 1, got 2"),
        ('{"deviations": {"noise": NaN}}', "deviations.noise must be from 0.01 to 5, got nan"),
        (
            '{"deviations": [1]}',
            "deviations must be an object of prompt, edit, question, cell, reviewer, noise, got [1]",
        ),
        ("[]", "the file must be an object of deviations, judge, mu"),
        ("{", "not valid JSON"),
    ],
)
def test_a_wrong_world_is_refused_by_file_key_and_value(
    text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "mine.json"
    path.write_text(text, encoding="utf-8")

    assert learning.main(["--world", str(path)]) == 2
    assert said in (error := capsys.readouterr().err)
    assert error.startswith(f"{path}: ")


def test_a_world_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be read: No such file"):
        world_file.read_world(tmp_path / "none.json")


def test_the_example_in_the_help_is_a_world_that_runs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mine.json"
    text = world_file.__doc__
    path.write_text(text[text.index("{") : text.rindex("}") + 1], encoding="utf-8")

    found = figures_of(tmp_path, "--world", str(path))

    assert set(found) == {"worlds", "A", "B"}
    assert (set(found["A"]), set(found["B"])) == ({"8"}, {"-0.1"})
    assert worlds.copies(12, world_file.read_world(path).duplicated_questions) == [0, 1, 2, 3, 4, 5] * 2
    assert "A: 8 prompts" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments", [["--worlds", "0"], ["--only", "A,C"], ["--jobs", "two"], ["--json", "none/x.json"]]
)
def test_wrong_arguments_are_refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match="2"):
        learning.main(arguments)
    assert arguments[1].removeprefix("A,") in capsys.readouterr().err


@pytest.mark.parametrize("module", [choice, import_module("learning_figures"), parts, stop, worlds])
def test_examples_in_docstrings_are_true(module: Any) -> None:
    assert doctest.testmod(module) == (0, doctest.testmod(module).attempted)
    assert doctest.testmod(module).attempted > 0
