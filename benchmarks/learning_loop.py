"""Benchmark B: the whole loop, through the product's own `run_iteration`; and what its outcomes come to."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

from learning_figures import mean_and_half, share_and_half
from learning_loop_policies import LOOPS
from learning_loop_world import INDEX, LoopWorld
from learning_worlds import WorldSettings

from redraft.config import load_config
from redraft.learning.history import History, current_variant
from redraft.learning.loop import Iteration, run_iteration
from redraft.learning.protocols import DecisionCase, Scoreboard
from redraft.learning.rounds import Policies, WritingRound
from redraft.settings import Config

RATINGS = 10  # of one review, by one reviewer


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """One set of policies in one kind of world."""

    policy: str
    settings: WorldSettings
    iterations: int = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a loop came to in one world."""

    truths: tuple[float, ...]  # of the published prompt, after each iteration
    stop: int | None  # iteration after which the stop rule first said so, from 1; None: never
    seed_truth: float
    promoted: bool  # the published prompt is not the seed prompt
    claim: float  # what the board says of the published prompt
    low: float
    high: float
    ratings: int  # that people gave

    @property
    def covered(self) -> bool:
        """Whether the shown interval holds the truth."""
        return self.low <= self.truths[-1] <= self.high


@dataclass(slots=True)
class _Watched:
    """A stop policy that is asked, remembered and not obeyed."""

    policies: Policies
    said: list[str | None]

    def __call__(self, history: History, board: Scoreboard, case: DecisionCase) -> str | None:
        found = self.policies.stop(history, board, case)
        self.said.append(found)
        return found


@cache
def _config() -> Config:
    return load_config(overrides={"plan.reviewers": 1, "run.ratings": RATINGS})


def run_loop(loop: Loop, seed: int) -> Outcome:
    """Run all iterations in one world, whatever the stop rule says."""
    world, watched = LoopWorld(seed, loop.settings), _Watched(LOOPS[loop.policy], [])
    policies = dataclasses.replace(LOOPS[loop.policy], screen=world.screen, stop=watched)
    history, truths = History(), []
    for number in range(loop.iterations):
        iteration = _iteration(world, loop, number, seed)
        history = run_iteration(history, iteration, world.acting(), policies=policies)
        truths.append(world.truth(current_variant(history, world.seed_variant)))
    published = current_variant(history, world.seed_variant)
    score = policies.score(history, current_id=published.id, interval=_config().score.interval).of(published.id)
    return Outcome(
        truths=tuple(truths),
        stop=next((number for number, said in enumerate(watched.said, start=1) if said is not None), None),
        seed_truth=world.truth(world.seed_variant),
        promoted=published.id != world.seed_variant.id,
        claim=cast(float, score.mean),  # every policy has had the published prompt rated
        low=cast(float, score.low),
        high=cast(float, score.high),
        ratings=len(history.ratings),
    )


def _iteration(world: LoopWorld, loop: Loop, number: int, seed: int) -> Iteration:
    config = _config()
    return Iteration(
        writing=WritingRound(
            questions=world.questions,
            seed_variant=world.seed_variant,
            seed_prompts=world.prompts,
            settings=config.write,
            n_candidates=loop.settings.candidates,
            writer_model="writer",
            interval=config.score.interval,
            seed=seed * 1000 + number,
            run_id=f"run {number}",
        ),
        index_id=INDEX,
        plan=config.plan,
        decide=config.decide,
        ratings=RATINGS,
        promote="auto",
        now=float(number),
    )


def table(found: Mapping[str, Sequence[Outcome]]) -> dict[str, Any]:
    """Sum up the outcomes of many worlds: a row a policy. All ran in the same worlds."""
    ours = found["redraft"]
    return {policy: _summary(outcomes, ours) for policy, outcomes in found.items()}


def _summary(outcomes: Sequence[Outcome], ours: Sequence[Outcome]) -> dict[str, Any]:
    promoted = [outcome for outcome in outcomes if outcome.promoted]
    differences = [one.truths[-1] - other.truths[-1] for one, other in zip(ours, outcomes, strict=True)]
    return {
        "worlds": len(outcomes),
        **mean_and_half("ratings", [outcome.ratings for outcome in outcomes]),
        **mean_and_half("true", [outcome.truths[-1] for outcome in outcomes]),
        **mean_and_half("redraft_better", differences),
        **mean_and_half("over_claim", [outcome.claim - outcome.truths[-1] for outcome in outcomes]),
        **share_and_half("p_worse", [outcome.truths[-1] < outcome.seed_truth for outcome in outcomes]),
        **share_and_half("coverage", [outcome.covered for outcome in promoted]),
        **share_and_half("coverage_with_seed", [outcome.covered for outcome in outcomes]),
        **share_and_half("seed_stayed", [not outcome.promoted for outcome in outcomes]),
    }
