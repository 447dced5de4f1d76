"""A made-up history of any size: a family tree of prompts, one review each, reviewers with known minds.

Every prompt is compared with its parent on five questions: each reviewer rates three answers of the new one and two of
the parent's, then gives both letters an overall score. So a review of five reviewers has 25 ratings and 10 scores.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from redraft.learning.deviations import DEFAULTS
from redraft.learning.history import History, make_history
from redraft.records import (
    Answer,
    Decision,
    Overall,
    PlanItem,
    Question,
    Rating,
    Variant,
    answer_id,
    content_id,
    make_prompt,
    make_variant,
)

MU = 3.3
NEW, CURRENT = "A", "B"
RATINGS_OF = {NEW: 3, CURRENT: 2}  # by one reviewer in one review
INDEX = "i-made-up"
SETTINGS = {"chat_model": "m", "endpoint": "e", "sampling": "{}", "retrieval": "{}", "embedder": "e"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Size:
    """How much there is of everything; a review has 25 ratings and 10 overall scores."""

    prompts: int = 200
    questions: int = 30
    reviewers: int = 5


def made_up(size: Size, seed: int) -> History:
    """Make a history of as many reviews as prompts; the same seed, the same history."""
    draw = random.Random(seed)
    questions = [
        Question(id=content_id("q", number), text=f"Question {number}?", split="val" if number % 3 == 2 else "dev")
        for number in range(size.questions)
    ]
    extract = make_prompt("extract", "Copy.")
    prompts = [make_prompt("answer", f"Answer as number {number} says.") for number in range(size.prompts)]
    variants: list[Variant] = []
    truth: list[float] = []
    for number, prompt in enumerate(prompts):
        parent = draw.randrange(number) if number else None
        variants.append(
            make_variant(
                answer_prompt_id=prompt.id,
                extract_prompt_id=extract.id,
                parent_id=None if parent is None else variants[parent].id,
                **SETTINGS,
            )
        )
        truth.append(draw.gauss(0, DEFAULTS.prompt) if parent is None else truth[parent] + draw.gauss(0, DEFAULTS.edit))
    world = _World(draw, questions, variants, truth, size)
    records: list[Any] = [*questions, extract, *prompts, *variants]
    for number in range(size.prompts):
        records += world.review(number)
    return make_history(records)


class _World:
    """What the made-up reviewers think."""

    def __init__(
        self, draw: random.Random, questions: list[Question], variants: list[Variant], truth: list[float], size: Size
    ) -> None:
        self.draw, self.questions, self.variants, self.truth = draw, questions, variants, truth
        self.ease = [draw.gauss(0, DEFAULTS.question) for _ in questions]
        self.severity = [draw.gauss(0, DEFAULTS.reviewer) for _ in range(size.reviewers)]
        self.cells: dict[tuple[int, int], float] = {}
        self.place = {variant.id: number for number, variant in enumerate(variants)}
        self.current = 0

    def review(self, number: int) -> Iterator[Any]:
        """One review: plan, answers, ratings, overall scores and a decision."""
        new = max(1, number)  # the first prompt has no parent: the second is compared with it twice
        sides = {NEW: new, CURRENT: self.place[str(self.variants[new].parent_id)]}
        asked = self.draw.sample(range(len(self.questions)), 5)
        for variant in sides.values():
            for question in asked:
                yield self._answer(number, variant, question)
        for slot in range(len(self.severity)):
            yield from self._reviewer(number, slot, sides, asked)
        better = self.truth[new] > self.truth[self.current]
        yield self._decision(number, new, promote=better)
        if better:
            self.current = new

    def _reviewer(self, number: int, slot: int, sides: dict[str, int], asked: list[int]) -> Iterator[Any]:
        shown = [(letter, question) for letter, n in RATINGS_OF.items() for question in self.draw.sample(asked, n)]
        for position, (letter, question) in enumerate(shown):
            answer = self._answer(number, sides[letter], question)
            yield PlanItem(
                review_key=f"r-{number}", answer_id=answer.id, letter=letter, reviewer_slot=slot, position=position,
                role="new" if letter == NEW else "current",
            )  # fmt: skip
            yield Rating(
                id=content_id("rt", number, slot, answer.id),
                review_key=f"r-{number}",
                answer_id=answer.id,
                reviewer=f"reviewer {slot}",
                score=self._score(sides[letter], slot, question),
                comment="Cite a source." if self.draw.random() < 0.4 else None,
                position=position,
                seconds=self.draw.uniform(10, 90),
                created=float(number * 100 + position),
            )
        for letter, variant in sides.items():
            yield Overall(
                review_key=f"r-{number}", letter=letter, reviewer=f"reviewer {slot}",
                score=self._score(variant, slot, None), created=float(number * 100 + 50),
            )  # fmt: skip

    def _answer(self, number: int, variant: int, question: int) -> Answer:
        ids = (self.variants[variant].id, self.questions[question].id, INDEX, number)
        text = f"Answer of {variant} to {question} in review {number}."
        return Answer(
            id=answer_id(*ids), run_id="", variant_id=ids[0], question_id=ids[1], dataset_id="", index_id=INDEX,
            sample=number, text=text,
        )  # fmt: skip

    def _score(self, variant: int, slot: int, question: int | None) -> int:
        felt = MU + self.truth[variant] + self.severity[slot] + self.draw.gauss(0, DEFAULTS.noise)
        if question is not None:
            cell = self.cells.setdefault((variant, question), self.draw.gauss(0, DEFAULTS.cell))
            felt += self.ease[question] + cell
        return min(5, max(1, round(felt)))

    def _decision(self, number: int, new: int, *, promote: bool) -> Decision:
        return Decision(
            id=f"d-{number}",
            kind="promote" if promote else "keep",
            variant_id=self.variants[new if promote else self.current].id,
            current_id=self.variants[self.current].id,
            evidence="made up",
            author="redraft",
            created=float(number * 100 + 99),
            iteration=number,
        )
