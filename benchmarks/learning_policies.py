"""The policies of benchmark A: all behind `ChooseRatings`, so that only the policy differs.

Each makes two choices: what the reviewer whose turn it is rates next, and which prompt it would recommend.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from learning_raw import (
    Halving,
    Log,
    Raw,
    WithinBlocks,
    any_prompt,
    every_prompt,
    highest_bound,
    highest_draw,
    mostly_best,
)

from redraft.learning.allocate import Cell, next_ratings
from redraft.learning.posterior import Posterior
from redraft.learning.protocols import ChooseRatings

REVIEW = 12  # ratings that are planned before any of them is given


class Player(ChooseRatings, Protocol):
    """A policy at work."""

    def recommend(self, posterior: Posterior) -> int:
        """Which prompt to take if there were no more ratings."""


@dataclass(frozen=True, slots=True)
class Redraft:
    """The product's own choice, `batch` ratings at a time; its posterior is kept up to date by whoever plays it."""

    batch: int = 1

    def __call__(
        self, posterior: Posterior, contenders: Sequence[int], reviewer: int, generator: np.random.Generator
    ) -> Sequence[Cell]:
        """Choose what one reviewer rates."""
        return next_ratings(posterior, contenders, reviewer, generator, n=self.batch)

    def recommend(self, posterior: Posterior) -> int:
        """Recommend the best posterior mean."""
        return int(posterior.effects().argmax())


def _within_blocks(log: Log) -> Raw:
    within = WithinBlocks(log)
    return Raw(log, within, blocked=True, estimate=within.estimate)


def _halving(log: Log, *, blocked: bool) -> Raw:
    halving = Halving(log, blocked=blocked)
    return Raw(log, halving, blocked=blocked, estimate=halving.estimate)


RAW: Mapping[str, Callable[[Log], Player]] = {
    "uniform": lambda log: Raw(log, any_prompt, blocked=False),
    "uniform_blocked": lambda log: Raw(log, every_prompt, blocked=True),
    "epsilon_greedy": lambda log: Raw(log, mostly_best, blocked=False),
    "ucb1": lambda log: Raw(log, highest_bound, blocked=False),
    "thompson": lambda log: Raw(log, highest_draw, blocked=False),
    "thompson_blocked": _within_blocks,
    "sequential_halving": lambda log: _halving(log, blocked=False),
    "sequential_halving_blocked": lambda log: _halving(log, blocked=True),
}
OURS: Mapping[str, Redraft] = {
    "redraft": Redraft(),
    "redraft_batched": Redraft(batch=REVIEW),
    "oracle": Redraft(),
}
TOLD_HORIZON = ("sequential_halving", "sequential_halving_blocked")  # another number of ratings is another game
POLICIES = (*RAW, *OURS)
