"""The parts of benchmarks/learning.py: which rows each has, and what becomes of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import learning_choice
import learning_loop
import learning_stop
from learning_choice import Game
from learning_loop import Loop
from learning_loop_policies import LOOPS
from learning_policies import POLICIES
from learning_rows import Row, Runner
from learning_tables import CHOICE_STOP_COLUMNS, LOOP_COLUMNS, LOOP_STOP_COLUMNS, choice_table, plain_table
from learning_worlds import WorldSettings

Figures = dict[str, Any]

USUAL_HORIZON, FAR_HORIZON = 192, 240  # ratings in A; the far one for more than 16 prompts
UNIFORM_HORIZON = 480  # of uniform averaging, so that it too reaches the regret that ratings are counted to
KEY_CHOICES = ("uniform", "uniform_blocked", "thompson_blocked", "sequential_halving_blocked", "redraft", "oracle")
KEY_LOOPS = ("best_raw_mean", "paired_strict_accept", "always_newest", "redraft")
GAINS = (-0.1, 0.0, 0.1)
BETTER_JUDGE_SD = 0.5  # r = .57; the usual one's is .33
STOP_GAINS = (-0.3, -0.1, 0.1)
MOST_ITERATIONS = 20

# How many worlds a row has, as shares of what was asked for. Among few prompts the number of ratings to a regret is as
# noisy as it is quick to find.
FEW_PROMPTS, SIDE_CHOICES, MAIN_LOOPS, SIDE_LOOPS = 2, 1 / 3, 2 / 3, 1 / 6

HARD_CHOICES = {
    "drifting reviewer": WorldSettings(reviewer_drift=0.05),
    "careless reviewers": WorldSettings(careless_share=0.1),
    "ceiling": WorldSettings(mu=4.3),
    "duplicated questions": WorldSettings(duplicated_questions=0.5),
}
HARD_LOOPS = {
    "judge rewards length": WorldSettings(length_bias=1.0),
    "edits hurt": WorldSettings(gain=-0.3),
    **HARD_CHOICES,
}


def part_a(run: Runner, worlds: int) -> Figures:
    """A: among 8 prompts, and among 30."""
    few, many = WorldSettings(prompts=8), WorldSettings(prompts=30)
    return {"A": {"8": choose(run, few, share_of(worlds, FEW_PROMPTS)), "30": choose(run, many, worlds)}}


def part_b(run: Runner, worlds: int) -> Figures:
    """B: edits that help or hurt; then a better judge, and one candidate, so that there is nothing to judge."""
    side = share_of(worlds, SIDE_LOOPS)
    by_gain = {
        f"{gain:g}": loop(run, WorldSettings(gain=gain), share_of(worlds, MAIN_LOOPS if gain < 0 else SIDE_LOOPS))
        for gain in GAINS
    }
    others = {
        "better judge": loop(run, WorldSettings(judge_sd=BETTER_JUDGE_SD), side, "better judge", KEY_LOOPS),
        "1 candidate": loop(run, WorldSettings(candidates=1), side, policies=KEY_LOOPS),
    }
    return {"B": by_gain, "B_others": others}


def part_sweeps(run: Runner, worlds: int) -> Figures:
    """A with other numbers of prompts and of questions than part A has."""
    n = share_of(worlds, SIDE_CHOICES)
    return {
        "sweeps": {
            "prompts": {"16": choose(run, WorldSettings(prompts=16), n, KEY_CHOICES)},
            "questions": {str(q): choose(run, WorldSettings(questions=q), n, KEY_CHOICES) for q in (5, 30)},
        }
    }


def part_hard(run: Runner, worlds: int) -> Figures:
    """Worlds that are otherwise than the model of ratings has them."""
    in_a = {
        name: choose(run, settings, share_of(worlds, SIDE_CHOICES), KEY_CHOICES, name)
        for name, settings in HARD_CHOICES.items()
    }
    in_b = {
        name: loop(run, settings, share_of(worlds, SIDE_LOOPS), name, KEY_LOOPS)
        for name, settings in HARD_LOOPS.items()
    }
    return {"hard": {"A": in_a, "B": in_b}}


def part_stop(run: Runner, worlds: int) -> Figures:
    """The loop's rule within 20 iterations, and P(best) in A."""
    loops = [
        Row(
            name=f"stop, gain {gain:g}",
            play=learning_loop.run_loop,
            game=Loop(policy="redraft", settings=WorldSettings(gain=gain), iterations=MOST_ITERATIONS),
            worlds=share_of(worlds, SIDE_LOOPS),
        )
        for gain in STOP_GAINS
    ]
    game = Game(policy="redraft", settings=WorldSettings(), horizon=FAR_HORIZON)
    choice = Row(name="stop, A", play=learning_stop.watched, game=game, worlds=share_of(worlds, SIDE_CHOICES))
    *found, chosen = run([*loops, choice])
    in_b = {f"gain {gain:g}": learning_stop.loop_figures(each) for gain, each in zip(STOP_GAINS, found, strict=True)}
    in_a = {"P(best) >= .9": learning_stop.choice_figures(chosen, FAR_HORIZON)}
    _show(plain_table("Stop rule of the loop, at most 20 iterations of 10 ratings", in_b, LOOP_STOP_COLUMNS))
    _show(plain_table(f"P(best) as stop rule in A, at most {FAR_HORIZON} ratings", in_a, CHOICE_STOP_COLUMNS))
    return {"stop": {"A": in_a, "B": in_b}}


def own_world(run: Runner, settings: WorldSettings, worlds: int, parts: Sequence[str]) -> Figures:
    """A and B in worlds of one's own."""
    found: Figures = {}
    if "A" in parts:
        found["A"] = {str(settings.prompts): choose(run, settings, worlds)}
    if "B" in parts:
        found["B"] = {f"{settings.gain:g}": loop(run, settings, share_of(worlds, MAIN_LOOPS))}
    return found


def choose(
    run: Runner, settings: WorldSettings, worlds: int, policies: Sequence[str] = POLICIES, named: str = ""
) -> Figures:
    """Benchmark A in one kind of world: a row a policy, printed as a table."""
    usual = USUAL_HORIZON if settings.prompts <= 16 else FAR_HORIZON
    games = {
        policy: Game(policy=policy, settings=settings, horizon=UNIFORM_HORIZON if policy == "uniform" else usual)
        for policy in policies
    }
    title = _title("A", f"{settings.prompts} prompts", f"{settings.questions or 12} questions", named)
    rows = [
        Row(name=f"{title}, {policy}", play=learning_choice.regrets, game=game, worlds=worlds)
        for policy, game in games.items()
    ]
    found = learning_choice.table(dict(zip(policies, run(rows), strict=True)), usual)
    _show(choice_table(title, found))
    return found


def loop(
    run: Runner, settings: WorldSettings, worlds: int, named: str = "", policies: Sequence[str] = tuple(LOOPS)
) -> Figures:
    """Benchmark B in one kind of world: a row a policy, printed as a table."""
    title = _title("B", f"gain {settings.gain:g}", _count(settings.candidates, "candidate"), named)
    rows = [
        Row(
            name=f"{title}, {policy}",
            play=learning_loop.run_loop,
            game=Loop(policy=policy, settings=settings),
            worlds=worlds,
        )
        for policy in policies
    ]
    found = learning_loop.table(dict(zip(policies, run(rows), strict=True)))
    _show(plain_table(title, found, LOOP_COLUMNS))
    return found


def share_of(worlds: int, share: float) -> int:
    """A part of the worlds; at least 2, so that there is a half-width.

    >>> share_of(1000, 0.2), share_of(3, 0.2)
    (200, 2)
    """
    return max(2, round(worlds * share))


def _count(n: int, noun: str) -> str:
    return f"{n} {noun}" if n == 1 else f"{n} {noun}s"


def _title(part: str, *about: str) -> str:
    return f"{part}: {', '.join(filter(None, about))}"


def _show(table: str) -> None:
    print(f"\n{table}", flush=True)


PARTS: Mapping[str, Callable[[Runner, int], Figures]] = {
    "A": part_a,
    "B": part_b,
    "sweeps": part_sweeps,
    "hard": part_hard,
    "stop": part_stop,
}
