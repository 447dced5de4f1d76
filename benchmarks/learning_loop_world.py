"""A world for the whole loop (benchmark B): writes candidates, answers and rates, with a truth that it alone knows.

A child's quality is its parent's + gain (1 - parent / 1.2) + N(0, edit): the better a prompt, the less an edit helps.
The judge sees a candidate's quality + N(0, sd), and its length if it is biased.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from learning_worlds import UNSEEN, People, WorldSettings, copies, draw_deviations, expected_rating

from redraft.learning.history import History
from redraft.learning.loop import World
from redraft.learning.posterior import Array
from redraft.learning.protocols import NeededAnswer, ScreenCase, Screened, WritingBrief, Written
from redraft.records import (
    Answer,
    Candidate,
    PlanItem,
    Question,
    Rating,
    Variant,
    answer_id,
    content_id,
    make_prompt,
    make_variant,
)

CEILING = 1.2  # quality above the seed prompt's at which an edit changes nothing on average
INDEX = "i-simulated"
SETTINGS = {"chat_model": "m", "endpoint": "e", "sampling": "{}", "retrieval": "{}", "embedder": "e"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What the world knows of a prompt."""

    quality: float  # latent, 0: the seed prompt's
    cells: Array  # its own effect on each question, (questions,)
    truth: float  # expected rating on unseen questions
    view: float  # what the judge thinks of it


class LoopWorld:
    """One world; the same seed, the same world. Its numbers are drawn as they are asked for."""

    def __init__(self, seed: int, settings: WorldSettings) -> None:
        self._settings, n = settings, settings.questions or 10
        generator = np.random.default_rng([seed, 3])
        self.deviations = draw_deviations(settings, generator)
        self._level = 3.0 if settings.mu is None else settings.mu
        self._copied = copies(n, settings.duplicated_questions)
        self._ease = generator.normal(0, self.deviations.question, n)[self._copied]
        self._unseen = generator.normal(0, self.deviations.question, UNSEEN)
        self._writer = np.random.default_rng([seed, 4])
        self._people = People(settings, self.deviations, np.random.default_rng([seed, 5]), block=10)
        self._reviews: dict[str, int] = {}
        self.questions = tuple(_question(number) for number in range(n))
        self._place = {question.id: number for number, question in enumerate(self.questions)}
        self.prompts = (make_prompt("answer", "Prompt 0"), make_prompt("extract", "Copy out what helps."))
        answer, extract = self.prompts
        self.seed_variant = make_variant(answer_prompt_id=answer.id, extract_prompt_id=extract.id, **SETTINGS)
        self._made = {answer.id: self._make(0.0)}

    def acting(self) -> World:
        """Who writes, answers and rates."""
        return World(write=self._write, answer=self._answer, rate=self._rate)

    def truth(self, variant: Variant) -> float:
        """Expected rating of a variant on questions that nobody was asked, by an average reviewer."""
        return self._made[variant.answer_prompt_id].truth

    def screen(self, case: ScreenCase) -> Screened:
        """Choose the candidates that the judge likes best: the `ScreenCandidates` policy of all loops here."""
        liked = sorted(case.candidates, key=lambda candidate: -self._made[candidate.prompt.id].view)
        return Screened(chosen=tuple(liked[: case.chosen]), candidates=case.candidates)

    def _make(self, quality: float) -> Made:
        of, n = self.deviations, len(self._copied)
        cells = self._writer.normal(0, of.cell, n + UNSEEN)
        latent = self._level + quality + self._unseen + cells[n:]
        length, error = self._writer.standard_normal(2)
        view = quality + error * self._settings.judge_sd + length * self._settings.length_bias
        truth = float(expected_rating(latent, of.noise).mean())
        return Made(quality=quality, cells=cells[:n][self._copied], truth=truth, view=float(view))

    def _write(self, brief: WritingBrief) -> Written:
        parent = self._made[brief.parent.id].quality
        mean = parent + self._settings.gain * (1 - parent / CEILING)
        candidates = []
        for _ in range(brief.n_candidates):
            prompt = make_prompt(brief.parent.kind, f"Prompt {len(self._made)}", parent_ids=(brief.parent.id,))
            self._made[prompt.id] = self._make(mean + float(self._writer.normal(0, self.deviations.edit)))
            candidates.append(Candidate(prompt=prompt, accepted=True))
        return Written(candidates=tuple(candidates))

    def _answer(self, history: History, needed: Sequence[NeededAnswer]) -> list[Answer]:
        del history
        return [
            Answer(
                id=answer_id(each.variant_id, each.question_id, INDEX, each.sample), run_id="", dataset_id="", text="",
                variant_id=each.variant_id, question_id=each.question_id, index_id=INDEX, sample=each.sample,
            )
            for each in needed
        ]  # fmt: skip

    def _rate(self, history: History, plan: Sequence[PlanItem]) -> list[Rating]:
        found = []
        for item in plan:
            review = self._reviews.setdefault(item.review_key, len(self._reviews))
            reviewer = (review + item.reviewer_slot) % self._settings.reviewers
            answer = history.answers[item.answer_id]
            made = self._made[history.variant(answer.variant_id).answer_prompt_id]
            question = self._place[answer.question_id]
            latent = self._level + made.quality + self._ease[question] + made.cells[question]
            found.append(
                Rating(
                    id=content_id("rt", item.review_key, item.answer_id, reviewer), review_key=item.review_key,
                    answer_id=item.answer_id, reviewer=f"reviewer {reviewer}", position=item.position,
                    score=self._people.rate(float(latent), reviewer), created=float(review),
                )
            )  # fmt: skip
        return found


def _question(number: int) -> Question:
    """Every third is `val`."""
    text = f"Question {number}?"
    return Question(id=content_id("q", text), text=text, split="val" if number % 3 == 2 else "dev")
