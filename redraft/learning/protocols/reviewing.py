"""Which answers people rate, and who rates which."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from redraft.learning.allocate import Cell
from redraft.learning.deviations import DEFAULTS, Deviations
from redraft.learning.history import History
from redraft.learning.posterior import Posterior
from redraft.records import Answer, PlanItem, Question


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewBrief:
    """What a rating plan is made for."""

    questions: tuple[Question, ...]
    current_id: str
    new_ids: tuple[str, ...]  # variants to compare with the current one; none: the current one is rated alone
    index_id: str
    ratings: int  # budget
    reviewers: int  # slots that the budget is dealt out to
    current_share: float  # of the budget, for the current variant once it has ratings on record
    seed: int
    second_share: float = 0.0  # of the budget, for second readers, with two or more slots
    anchor_share: float = 0.0  # of the budget, for answers of earlier reviews that are rated again
    known_chunks: frozenset[str] = frozenset()  # of the present index: an answer from others is no anchor
    stale: frozenset[str] = frozenset()  # answers that quote a passage which changed since
    deviations: Deviations = DEFAULTS  # as estimated from the history


@dataclass(frozen=True, slots=True, kw_only=True)
class NeededAnswer:
    """An answer that has to be made before the plan."""

    question_id: str
    variant_id: str
    sample: int


class ChooseRatings(Protocol):
    """What one reviewer rates next, to find the best of some variants with few ratings."""

    def __call__(
        self, posterior: Posterior, contenders: Sequence[int], reviewer: int, generator: np.random.Generator
    ) -> Sequence[Cell]:
        """Return one cell or several in a row: places of variant and question in the posterior's rows.

        Args:
            posterior: What the ratings so far tell; it is not changed.
            contenders: Places of the variants that may be chosen in the end.
            reviewer: Place of who rates.
            generator: Of everything drawn by chance.
        """


class PlanReview(Protocol):
    """Which answers are made, and who rates which of them."""

    def ask(self, history: History, brief: ReviewBrief) -> tuple[NeededAnswer, ...]:
        """Choose questions by history, before anything is answered."""

    def plan(self, history: History, brief: ReviewBrief, answers: Sequence[Answer]) -> tuple[PlanItem, ...]:
        """Deal the answers that were made to reviewer slots; failed ones are never planned."""
