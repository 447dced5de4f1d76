"""Policies that know mean ratings alone (benchmark A), behind `ChooseRatings` as ours is.

A blocked one has several prompts rated on one question by one reviewer in one turn, so that questions and reviewers
cancel. Sequential halving alone is told how many ratings there will be.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from redraft.learning.allocate import Cell
from redraft.learning.posterior import Array, Posterior

RATING_SD = 1.1  # of a rating around its prompt's mean, all causes together, as Thompson's takes it to be
BLOCK_SD = 0.85  # ... within a block
PRIOR_MEAN, PRIOR_SD = 3.3, 0.4  # of a prompt's mean, as Thompson's takes it to be
EPSILON = 0.2
THOMPSON_BLOCK = 4  # prompts that are drawn for one block


@dataclass(slots=True)
class Log:
    """The ratings so far: policies read it, whoever plays them adds to it."""

    prompts: int
    questions: int
    horizon: int  # how many ratings there will be
    cells: list[Cell] = field(default_factory=list)
    reviewers: list[int] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    blocks: list[list[tuple[int, float]]] = field(default_factory=list)  # prompt and score, by turn
    sums: Array = field(init=False)  # of each prompt's scores, (prompts,)
    counts: Array = field(init=False)

    def __post_init__(self) -> None:
        self.sums, self.counts = np.zeros(self.prompts), np.zeros(self.prompts)

    def add(self, cell: Cell, reviewer: int, score: float, *, first: bool) -> None:
        """Add a rating; `first`: of its turn."""
        self.cells.append(cell)
        self.reviewers.append(reviewer)
        self.scores.append(score)
        self.blocks += [[]] if first else []
        self.blocks[-1].append((cell[0], score))
        self.sums[cell[0]] += score
        self.counts[cell[0]] += 1

    def means(self, missing: float = -math.inf) -> Array:
        """Mean rating of each prompt, (prompts,)."""
        return np.where(self.counts > 0, self.sums / np.maximum(self.counts, 1), missing)


class Pick(Protocol):
    """Which prompts are rated in one turn."""

    def __call__(self, log: Log, generator: np.random.Generator) -> Sequence[int]:
        """Return one prompt, or those of a block."""


class Raw:
    """A player that does not know the model of ratings."""

    def __init__(self, log: Log, pick: Pick, *, blocked: bool, estimate: Callable[[Log], Array] = Log.means) -> None:
        self._log, self._pick, self._blocked, self._estimate = log, pick, blocked, estimate
        self._turn: list[int] = []

    def __call__(
        self, posterior: Posterior, contenders: Sequence[int], reviewer: int, generator: np.random.Generator
    ) -> Sequence[Cell]:
        """Choose what one reviewer rates: a block on the question whose turn it is, or one rating of any question."""
        del posterior, contenders, reviewer
        question = self._next_question(generator) if self._blocked else int(generator.integers(self._log.questions))
        prompts = self._pick(self._log, generator)
        return [(int(p), question) for p in (generator.permutation(prompts) if len(prompts) > 1 else prompts)]

    def recommend(self, posterior: Posterior) -> int:
        """Recommend the best estimate."""
        del posterior
        return int(self._estimate(self._log).argmax())

    def _next_question(self, generator: np.random.Generator) -> int:
        if not self._turn:
            self._turn = generator.permutation(self._log.questions).tolist()
        return self._turn.pop()


def any_prompt(log: Log, generator: np.random.Generator) -> Sequence[int]:
    """Every prompt is as likely as any other."""
    return [int(generator.integers(log.prompts))]


def every_prompt(log: Log, generator: np.random.Generator) -> Sequence[int]:
    """All of them."""
    del generator
    return range(log.prompts)


def mostly_best(log: Log, generator: np.random.Generator) -> Sequence[int]:
    """The best mean so far, any prompt now and then; first those without ratings."""
    return any_prompt(log, generator) if generator.random() < EPSILON else [int(log.means(missing=math.inf).argmax())]


def highest_bound(log: Log, generator: np.random.Generator) -> Sequence[int]:
    """UCB1: the greatest upper confidence bound, for ratings whose deviation is about 1."""
    del generator
    bonus = np.sqrt(2 * math.log(len(log.scores) + 1) / np.maximum(log.counts, 1))
    return [int((log.means(missing=math.inf) + bonus).argmax())]


def highest_draw(log: Log, generator: np.random.Generator) -> Sequence[int]:
    """Thompson: the greatest of draws from each prompt's own normal posterior, given its raw mean."""
    precision = 1 / PRIOR_SD**2 + log.counts / RATING_SD**2
    mean = (PRIOR_MEAN / PRIOR_SD**2 + log.sums / RATING_SD**2) / precision
    return [int((mean + generator.standard_normal(log.prompts) / np.sqrt(precision)).argmax())]


class WithinBlocks:
    """Thompson in blocks: the greatest draws, from estimates that have the level of every block taken out."""

    def __init__(self, log: Log) -> None:
        self._precision, self._pull = np.eye(log.prompts) / PRIOR_SD**2, np.zeros(log.prompts)
        self._taken = 0  # blocks

    def __call__(self, log: Log, generator: np.random.Generator) -> Sequence[int]:
        """Draw the prompts of a block."""
        cov = self._learn(log.blocks)
        drawn = cov @ self._pull + np.sqrt(np.diagonal(cov)) * generator.standard_normal(log.prompts)
        return [int(prompt) for prompt in np.argsort(-drawn)[:THOMPSON_BLOCK]]

    def estimate(self, log: Log) -> Array:
        """Means of the prompts' effects, (prompts,)."""
        return np.asarray(self._learn(log.blocks) @ self._pull)

    def _learn(self, blocks: Sequence[Sequence[tuple[int, float]]]) -> Array:
        """Take the blocks in that are complete, and return the covariance of the effects."""
        for block in blocks[self._taken :]:
            if len(block) < min(THOMPSON_BLOCK, len(self._pull)):
                break
            prompts, scores = [prompt for prompt, _ in block], np.array([score for _, score in block])
            self._precision[prompts, prompts] += 1 / BLOCK_SD**2
            self._precision[np.ix_(prompts, prompts)] -= 1 / (len(block) * BLOCK_SD**2)
            self._pull[prompts] += (scores - scores.mean()) / BLOCK_SD**2
            self._taken += 1
        return np.linalg.inv(self._precision)


class Halving:
    """Sequential halving: log2(prompts) rounds of equal size, after each of them the worse half drops out.

    All ratings so far count, not the last round's alone (Karnin, Koren, Somekh, ICML 2013, forget them: that was worse
    here).
    """

    def __init__(self, log: Log, *, blocked: bool) -> None:
        self._alive = list(range(log.prompts))
        self._blocked = blocked
        self._rounds, self._round = max(1, math.ceil(math.log2(log.prompts))), 1

    def __call__(self, log: Log, generator: np.random.Generator) -> Sequence[int]:
        """Those that are left; not blocked: of them the one with the fewest ratings."""
        del generator
        size = len(self._alive) if self._blocked else 1
        if self._round < self._rounds and len(log.scores) + size > log.horizon * self._round / self._rounds:
            means = log.means()
            self._alive = sorted(self._alive, key=lambda prompt: -means[prompt])[: math.ceil(len(self._alive) / 2)]
            self._round += 1
        return self._alive if self._blocked else [min(self._alive, key=lambda prompt: log.counts[prompt])]

    def estimate(self, log: Log) -> Array:
        """Means of those that are left, (prompts,)."""
        means = np.full(log.prompts, -np.inf)
        means[self._alive] = log.means()[self._alive]
        return means
