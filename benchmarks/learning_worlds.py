"""Worlds with a known truth, for benchmarks/learning.py: what they are like, and people who rate in them.

    rating = clip(round(mu + prompt + question + prompt x question + reviewer + noise), 1, 5)

Every world draws deviations of its own, which no policy is told (but the oracle). The truth of a prompt is its mean
expected rating over 200 questions that nobody is asked, by an average reviewer.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from scipy.special import ndtr

from redraft.learning.deviations import DEFAULTS, Deviations
from redraft.learning.posterior import Array

UNSEEN = 200  # questions that the truth of a prompt is the mean over
DRAWN_AT_ONCE = 64  # ratings
RATINGS_A_BLOCK = 12  # after so many ratings in all, a reviewer who drifts has moved by `reviewer_drift`


@dataclass(frozen=True, slots=True, kw_only=True)
class WorldSettings:
    """What the worlds of one row have in common. A: choose among prompts; B: the loop."""

    deviations: Mapping[str, float] = field(default_factory=dict)  # those that every world has as they are given
    factor: float = 2.0  # the others are drawn between the default / factor and the default * factor; 1: the defaults
    mu: float | None = None  # level of the scale; None: 3.3 in A, 3.0 (the seed prompt's) in B
    prompts: int = 8  # A: to choose among
    questions: int | None = None  # None: 12 in A, 10 in B
    reviewers: int = 3  # in turn
    gain: float = -0.1  # B: mean effect of an edit of the seed prompt, rating points
    candidates: int = 4  # B: prompts that the judge chooses one of
    judge_sd: float = 1.0  # B: the judge sees quality + N(0, sd)
    length_bias: float = 0.0  # B: ... + this times a prompt's length, N(0, 1), which has nothing to do with quality
    reviewer_drift: float = 0.0  # rating points a block (A: 12 ratings, B: a review) that the first reviewer moves by
    careless_share: float = 0.0  # of all ratings: drawn from 1 to 5, whatever the answer
    duplicated_questions: float = 0.0  # share of the questions that are copies of others


def draw_deviations(settings: WorldSettings, generator: np.random.Generator) -> Deviations:
    """Draw what a world's deviations are; every world draws as often, whatever is given."""
    drawn = {}
    for name, default in dataclasses.asdict(DEFAULTS).items():
        factor = math.exp(generator.uniform(-1, 1) * math.log(settings.factor))
        drawn[name] = settings.deviations.get(name, default * factor)
    return Deviations(**drawn)


def expected_rating(latent: Array, noise: float) -> Array:
    """Expectation of the shown rating when `noise` is added to a latent one, then rounded and clipped.

    >>> [round(float(rating), 3) for rating in expected_rating(np.array([3.0, 9.0, -9.0]), 0.7)]
    [3.0, 5.0, 1.0]
    """
    steps = np.array([1.5, 2.5, 3.5, 4.5])
    if noise <= 0:
        return np.clip(np.round(latent), 1.0, 5.0)
    return np.asarray(1.0 + ndtr((latent[..., None] - steps) / noise).sum(axis=-1))


def copies(n_questions: int, share: float) -> list[int]:
    """Of each question the one that it is a copy of: itself, or one of the first ones.

    >>> copies(5, 0.4)
    [0, 1, 2, 0, 1]
    """
    own = max(1, n_questions - round(n_questions * share))
    return [number if number < own else number % own for number in range(n_questions)]


class People:
    """Reviewers of one world; they rate what they are shown, in the order in which they are asked."""

    def __init__(
        self, settings: WorldSettings, deviations: Deviations, generator: np.random.Generator, *, block: int
    ) -> None:
        self._settings, self._deviations, self._generator, self._block = settings, deviations, generator, block
        self._severity = generator.normal(0, deviations.reviewer, settings.reviewers).tolist()
        self._given = 0
        self._drawn: list[tuple[float, float, int]] = []  # noise, chance of being careless, and what is said then

    def rate(self, latent: float, reviewer: int) -> int:
        """Rate an answer whose latent quality is given: 1 to 5."""
        if self._given % DRAWN_AT_ONCE == 0:
            of, n = self._generator, DRAWN_AT_ONCE
            drawn = of.normal(0, self._deviations.noise, n), of.random(n), of.integers(1, 6, n)
            self._drawn = list(zip(*(values.tolist() for values in drawn), strict=True))
        noise, careless, anything = self._drawn[self._given % DRAWN_AT_ONCE]
        drift = self._settings.reviewer_drift * (self._given // self._block) if reviewer == 0 else 0.0
        self._given += 1
        if careless < self._settings.careless_share:
            return anything
        return int(min(5, max(1, round(latent + self._severity[reviewer] + drift + noise))))


class ChoiceWorld:
    """Prompts to choose among, questions to ask and people to rate; the same seed, the same world."""

    def __init__(self, seed: int, settings: WorldSettings) -> None:
        self.prompts, self.questions = settings.prompts, settings.questions or 12
        self.reviewers = settings.reviewers
        generator = np.random.default_rng([seed, self.prompts, self.questions])
        self.deviations = draw_deviations(settings, generator)
        of, mu = self.deviations, 3.3 if settings.mu is None else settings.mu
        effects = mu + generator.normal(0, of.prompt, self.prompts)
        unseen = generator.normal(0, of.question, UNSEEN) + generator.normal(0, of.cell, (self.prompts, UNSEEN))
        self.truth = expected_rating(effects[:, None] + unseen, of.noise).mean(axis=1)
        copied = copies(self.questions, settings.duplicated_questions)
        ease = generator.normal(0, of.question, self.questions)[copied]
        cells = generator.normal(0, of.cell, (self.prompts, self.questions))[:, copied]
        self._latent = (effects[:, None] + ease + cells).tolist()
        people = np.random.default_rng([seed, self.prompts, self.questions, 1])
        self._people = People(settings, of, people, block=RATINGS_A_BLOCK)

    def rate(self, prompt: int, question: int, reviewer: int) -> int:
        """Have a prompt's answer to a question rated."""
        return self._people.rate(self._latent[prompt][question], reviewer)

    def regret(self, prompt: int) -> float:
        """How much worse a prompt truly is than the best one, rating points."""
        return float(self.truth.max() - self.truth[prompt])
