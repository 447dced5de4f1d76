"""Benchmark A: choose among given prompts. Plays a policy in worlds, and sums up what it lost by its choices.

Regret: truth of the best prompt minus truth of the recommended one, after 24, 36, ... ratings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from learning_figures import bootstrap_half, half_width, mean_and_half, ratings_to, ratio_and_half, rounded
from learning_policies import OURS, RAW, TOLD_HORIZON, Player
from learning_raw import Log
from learning_worlds import ChoiceWorld, WorldSettings

from redraft.learning.deviations import DEFAULTS
from redraft.learning.posterior import Array, Posterior, Rows, fit
from redraft.learning.variances import FEWEST_RATINGS, estimate_deviations

FIRST, STEP, MEAN_UNTIL = 24, 12, 192  # ratings: grid, and the part of it that `mean_regret` is the mean over
ENOUGH = 0.1  # regret that ratings are counted to
REESTIMATED_EVERY = 24  # ratings, once there are FEWEST_RATINGS


@dataclass(frozen=True, slots=True, kw_only=True)
class Game:
    """One policy in one kind of world."""

    policy: str
    settings: WorldSettings
    horizon: int  # ratings


def grid(horizon: int) -> list[int]:
    """Numbers of ratings at which the regret is taken.

    >>> grid(60)
    [24, 36, 48, 60]
    """
    return list(range(FIRST, horizon + 1, STEP))


def regrets(game: Game, seed: int) -> list[float]:
    """Regret at each point of the grid in one world."""
    if game.policy not in TOLD_HORIZON:
        return [regret for regret, _ in play(game, seed, game.horizon)]
    return [[regret for regret, _ in play(game, seed, horizon)][-1] for horizon in grid(game.horizon)]


def play(game: Game, seed: int, horizon: int) -> Iterator[tuple[float, Posterior]]:
    """Play until there are `horizon` ratings; at each point of the grid, yield the regret and what is known."""
    world = ChoiceWorld(seed, game.settings)
    generator = np.random.default_rng([seed, 2])
    log = Log(world.prompts, world.questions, horizon)
    player: Player = OURS[game.policy] if game.policy in OURS else RAW[game.policy](log)
    knowledge = _Knowledge(world, log, game.policy)
    turn = 0
    while len(log.scores) < horizon:
        reviewer = turn % world.reviewers
        turn += 1
        cells = player(knowledge.posterior, range(world.prompts), reviewer, generator)
        for number, (prompt, question) in enumerate(cells[: horizon - len(log.scores)]):
            score = float(world.rate(prompt, question, reviewer))
            log.add((prompt, question), reviewer, score, first=number == 0)
            knowledge.take_in(prompt, question, reviewer, score)
            if len(log.scores) >= FIRST and len(log.scores) % STEP == 0:
                yield world.regret(player.recommend(knowledge.posterior)), knowledge.posterior


class _Knowledge:
    """The posterior that a player is given; for raw policies it stays the prior."""

    def __init__(self, world: ChoiceWorld, log: Log, policy: str) -> None:
        self._log, self._reviewers = log, world.reviewers
        self._learns, self._estimates = policy in OURS, policy in OURS and policy != "oracle"
        self._estimated = 0  # ratings at the last estimate
        self.posterior = fit(self._rows(), world.deviations if policy == "oracle" else DEFAULTS)

    def take_in(self, prompt: int, question: int, reviewer: int, score: float) -> None:
        """Take in the rating that the log has got."""
        if not self._learns:
            return
        n = len(self._log.scores)
        if self._estimates and n >= max(FEWEST_RATINGS, self._estimated + REESTIMATED_EVERY):
            self._estimated = n
            rows = self._rows()
            self.posterior = fit(rows, estimate_deviations(rows, start=self.posterior.deviations))
        else:
            self.posterior.observe(prompt, question, reviewer, score)

    def _rows(self) -> Rows:
        log, n = self._log, len(self._log.scores)
        prompts = [prompt for prompt, _ in log.cells]
        questions = [question for _, question in log.cells]
        x: Array = np.zeros((n, 1 + log.prompts + log.questions + self._reviewers))
        at = np.arange(n)
        for first, places in (
            (0, [0] * n),
            (1, prompts),
            (1 + log.prompts, questions),
            (1 + log.prompts + log.questions, log.reviewers),
        ):
            x[at, first + np.array(places, dtype=np.intp)] = 1.0
        cells: dict[tuple[int, int], int] = {}
        return Rows(
            variants=tuple(f"prompt {number}" for number in range(log.prompts)),
            parents=(-1,) * log.prompts,
            questions=tuple(f"question {number}" for number in range(log.questions)),
            reviewers=tuple(f"reviewer {number}" for number in range(self._reviewers)),
            x=x,
            y=np.array(log.scores),
            precision=np.ones(n),
            cell=np.array([cells.setdefault(cell, len(cells)) for cell in log.cells], dtype=np.intp),
            cells=tuple(cells),
        )


def table(found: Mapping[str, Sequence[Sequence[float]]], horizon: int) -> dict[str, Any]:
    """Sum up the regrets of many worlds: a row a policy. All were played in the same worlds."""
    regret = {policy: np.array(each) for policy, each in found.items()}
    return {policy: _summary(each) | _compared(regret["redraft"], each, horizon) for policy, each in regret.items()}


def _summary(regret: Array) -> dict[str, Any]:
    points = grid(FIRST + STEP * (regret.shape[1] - 1))

    def reached(worlds: Array) -> float | None:
        return ratings_to(regret[worlds].mean(axis=0).tolist(), points, ENOUGH)

    mean, half = regret.mean(axis=0), half_width(regret)
    return {
        "worlds": len(regret),
        "ratings_to_0.1": reached(np.arange(len(regret))),
        "ratings_to_0.1_half_width": bootstrap_half(len(regret), reached),
        **mean_and_half("mean_regret", _over_grid(regret).tolist()),
        "regret": {str(n): rounded(value) for n, value in zip(points, mean, strict=True)},
        "regret_half_width": {str(n): rounded(value) for n, value in zip(points, half, strict=True)},
    }


def _compared(ours: Array, theirs: Array, horizon: int) -> dict[str, Any]:
    """Our regret divided by another policy's: over the grid, and at its end."""
    last = len(grid(horizon)) - 1
    return {
        **ratio_and_half("redraft_ratio", _over_grid(ours), _over_grid(theirs)),
        **ratio_and_half("redraft_ratio_at_end", ours[:, last], theirs[:, last]),
    }


def _over_grid(regret: Array) -> Array:
    """Mean regret of each world, (worlds,)."""
    return np.asarray(regret[:, : len(grid(MEAN_UNTIL))].mean(axis=1))
