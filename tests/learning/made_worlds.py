"""Worlds with a known truth: what people who are no model of ours would rate, and what the prompts are truly worth."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from made_records import answer, question, rating, variant
from scipy.special import ndtr

from redraft.learning.deviations import DEFAULTS, Deviations
from redraft.learning.history import History, make_history
from redraft.records import Overall, PlanItem, Question, Variant, make_prompt

MU = 3.3
LEVELS = np.array([1.5, 2.5, 3.5, 4.5])


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A history of reviews, each of a prompt and the one that it was made from."""

    history: History
    variants: tuple[Variant, ...]  # oldest first
    truth: tuple[float, ...]  # expected rating of each: any question, an average reviewer, rounding and limits included


def simulate(seed: int, *, reviews: int = 4, n_questions: int = 10, overalls: bool = False) -> World:
    """Simulate a world whose deviations lie between half and twice the defaults; the same seed, the same world.

    In a review, three people rate both prompts on two questions each. An overall score is what somebody thinks of the
    answers they just rated: it repeats their ratings, and their luck.
    """
    draw = np.random.default_rng(seed)
    factors = {name: math.exp(draw.uniform(-1, 1) * math.log(2)) for name in dataclasses.asdict(DEFAULTS)}
    truth = Deviations(**{name: value * factors[name] for name, value in dataclasses.asdict(DEFAULTS).items()})
    variants, effects = [variant()], [float(draw.normal(0, truth.prompt))]
    for number in range(reviews):
        parent = int(draw.integers(len(variants)))
        prompt = make_prompt("answer", f"Prompt {number} of world {seed}.")
        variants.append(variant(prompt, parent_id=variants[parent].id))
        effects.append(effects[parent] + float(draw.normal(0, truth.edit)))
    asked = [question(f"{n}?", split="val" if n % 3 == 2 else "dev") for n in range(n_questions)]
    people = _People(truth, effects, asked, draw)
    records = [record for number in range(1, len(variants)) for record in people.review(variants, number, overalls)]
    everything = math.sqrt(truth.noise**2 + truth.question**2 + truth.cell**2)
    return World(
        history=make_history([*variants, *asked, *records]),
        variants=tuple(variants),
        truth=tuple(float(1 + ndtr((MU + effect - LEVELS) / everything).sum()) for effect in effects),
    )


class _People:
    def __init__(
        self, truth: Deviations, effects: list[float], asked: list[Question], draw: np.random.Generator
    ) -> None:
        self._noise, self._draw, self._asked = truth.noise, draw, asked
        ease = draw.normal(0, truth.question, len(asked))
        cells = draw.normal(0, truth.cell, (len(effects), len(asked)))
        self._latent = MU + np.array(effects)[:, None] + ease + cells
        self._severity = draw.normal(0, truth.reviewer, 3)

    def review(self, variants: list[Variant], new: int, overalls: bool) -> Iterator[object]:
        current = next(n for n, v in enumerate(variants) if v.id == variants[new].parent_id)
        places = self._draw.permutation(len(self._asked))[:6]
        for reviewer in range(3):
            for letter, which in (("A", new), ("B", current)):
                felt = []
                for place in places[reviewer::3]:
                    felt.append(
                        self._latent[which, place] + self._severity[reviewer] + self._draw.normal(0, self._noise)
                    )
                    given = answer(variants[which], self._asked[place], sample=new)
                    yield given
                    yield PlanItem(
                        review_key=f"r-{new}", answer_id=given.id, letter=letter, reviewer_slot=reviewer,
                        position=len(felt), role="new",
                    )  # fmt: skip
                    yield rating(
                        given, _shown(felt[-1]), reviewer=f"r{reviewer}", created=float(new), review_key=f"r-{new}"
                    )
                if overalls:
                    yield Overall(
                        review_key=f"r-{new}",
                        letter=letter,
                        reviewer=f"r{reviewer}",
                        score=_shown(float(np.mean(felt))),
                    )


def _shown(felt: float) -> int:
    return int(min(5, max(1, round(felt))))
