"""One Protocol a decision, and the values that go in and out: policies can be swapped, and benchmarked without a model.

A policy is a callable (the plan has two methods). It never reads a clock, a file or the environment: time and seeds
are in its arguments. What it needs besides (a model, a simulated world) it holds itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal, Protocol

import numpy as np

from redraft.config import DecideSettings, WriteSettings
from redraft.learning.allocate import Cell
from redraft.learning.deviations import DEFAULTS, Deviations
from redraft.learning.history import History
from redraft.learning.posterior import Posterior
from redraft.llm import ChatReply, ChatRequest
from redraft.records import (
    Answer,
    Candidate,
    Decision,
    Judgement,
    PlanItem,
    Prompt,
    Question,
    Theme,
    Variant,
    VariantScore,
)


class Chat(Protocol):
    """The part of `redraft.llm.ChatModel` that learning uses."""

    def ask_many(self, requests: Sequence[ChatRequest], *, progress: str | None = None) -> list[ChatReply]:
        """Return a reply for each request, in order; a failed call is a reply with `error` set."""


class ChooseParent(Protocol):
    """Which variant the next candidates are derived from."""

    def __call__(self, history: History, board: Scoreboard, *, current: Variant, seed: int) -> Variant:
        """Return one of the variants that can be used under the present settings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WritingBrief:
    """What candidates are written from."""

    history: History  # all of it: what a writer may see of it is `redraft.learning.meta_prompt`'s business
    questions: tuple[Question, ...]  # of this iteration, dev and val
    parent: Prompt  # the prompt to improve; candidates are of its kind
    parent_variant_id: str
    scores: tuple[VariantScore, ...]  # from dev ratings only
    settings: WriteSettings
    n_candidates: int
    max_chars: int  # length cap of a candidate
    seed: int
    writer_model: str
    run_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A candidate's smoke answers: what it says to a few dev questions before people see it."""

    prompt_id: str
    answers: tuple[Answer, ...]
    reasons: tuple[str, ...] = ()  # why the prompt is refused, judged against the parent's own answers


@dataclass(frozen=True, slots=True, kw_only=True)
class Written:
    """What a writer made of its brief."""

    candidates: tuple[Candidate, ...]  # accepted and rejected, with reasons
    themes: tuple[Theme, ...] = ()
    trials: tuple[Trial, ...] = ()  # of the candidates that passed the hard checks


class WriteCandidates(Protocol):
    """Propose prompts and check them."""

    def __call__(self, brief: WritingBrief) -> Written:
        """Return every proposal; one that failed is rejected with its reason."""


class CheckCandidate(Protocol):
    """A hard check: reject, never repair."""

    def __call__(self, prompt: Prompt, brief: WritingBrief) -> tuple[str, ...]:
        """Return why the prompt is refused; nothing: it is not."""


class TryPrompts(Protocol):
    """Try prompts on a few questions before people see them (supplied by the step, which can answer)."""

    def __call__(self, prompts: Sequence[Prompt], *, parent: Variant) -> Sequence[Trial]:
        """Return a trial of each prompt, in order; each takes the place of the parent's prompt of its kind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreenCase:
    """What is chosen from."""

    candidates: tuple[Candidate, ...]  # accepted and rejected
    themes: tuple[Theme, ...]
    trials: tuple[Trial, ...]
    history: History
    questions: tuple[Question, ...]  # of this iteration
    chosen: int  # at most so many reach people
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How far the judge agrees with people, on answers that were no examples to it; 90 % intervals."""

    n: int  # answers that both rated
    spearman: float | None  # rank correlation, -1 to 1; None: too few answers, or all rated alike
    spearman_low: float | None
    spearman_high: float | None
    kappa: float | None  # quadratically weighted kappa, -1 to 1
    kappa_low: float | None
    kappa_high: float | None

    @property
    def proven(self) -> bool:
        """Whether the judge may screen: the lower bound of its rank correlation with people is above 0."""
        return self.spearman_low is not None and self.spearman_low > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Screened:
    """Which candidates reach people, and what the judge had to do with it."""

    chosen: tuple[Candidate, ...]  # best first, the reason added
    candidates: tuple[Candidate, ...] = ()  # all of them, with the judge's scores
    agreement: Agreement | None = None  # None: no judge was asked
    judgements: tuple[Judgement, ...] = ()  # new ones
    sentence: str = ""  # how was chosen, for people


class ScreenCandidates(Protocol):
    """Which accepted candidates reach people."""

    def __call__(self, case: ScreenCase) -> Screened:
        """Choose at most `case.chosen` of the accepted candidates."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A variant against the current one."""

    variant_id: str
    current_id: str
    difference: float  # rating points, positive: better than current
    low: float
    high: float
    p_better: float  # probability of being better than the current one
    val_difference: float | None = None  # from ratings of `val` questions alone; None: one of the two has none
    n_val_ratings: int = 0  # of the variant, on `val` questions


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewerView:
    """How a reviewer rates: what the scores are corrected for, and what a lead should look at."""

    reviewer: str
    n_ratings: int
    severity: float  # rating points above (lenient) or below (strict) the others
    drift: float | None  # change when the same answers were rated again, rating points; None: none were
    warning: str = ""  # rates everything alike, or by the overall impression (halo)


@dataclass(frozen=True, slots=True, kw_only=True)
class Scoreboard:
    """What the ratings say of all variants."""

    scores: tuple[VariantScore, ...]
    comparisons: tuple[Comparison, ...]  # of every rated variant but the current one
    interval: float  # probability that the intervals are meant to hold, 0 to 1
    posterior: Posterior = field(compare=False)  # of everything together; plans and parents are chosen by it
    reviewers: tuple[ReviewerView, ...] = ()
    alpha: float | None = None  # Krippendorff's, ordinal: people's agreement; None: no answer was read twice

    def of(self, variant_id: str) -> VariantScore:
        """Return a variant's score; an unrated one has no mean."""
        unrated = VariantScore(variant_id=variant_id, mean=None, low=None, high=None, n_ratings=0)
        return next((score for score in self.scores if score.variant_id == variant_id), unrated)

    def against_current(self, variant_id: str) -> Comparison | None:
        """Return a variant's comparison with the current one."""
        return next((c for c in self.comparisons if c.variant_id == variant_id), None)


class ScoreVariants(Protocol):
    """Turn ratings into scores."""

    def __call__(
        self, history: History, *, current_id: str, interval: float, stale: frozenset[str] = frozenset()
    ) -> Scoreboard:
        """Score every variant of the history; `stale` are answers that quote a passage which changed since."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionCase:
    """What is decided on after a review, by whom and when."""

    current_id: str
    new_ids: tuple[str, ...]
    promote: Literal["auto", "confirm"]
    settings: DecideSettings
    now: float  # Unix time, seconds
    author: str = "redraft"
    iteration: int | None = None
    run_id: str | None = None
    meanwhile: str = ""  # who made another variant current while people rated; empty: nobody did


class Decide(Protocol):
    """Which variant becomes current."""

    def __call__(self, history: History, board: Scoreboard, case: DecisionCase) -> Decision:
        """Return one decision with its evidence."""


class Stop(Protocol):
    """Whether another iteration is worth its ratings."""

    def __call__(self, history: History, board: Scoreboard, case: DecisionCase) -> str | None:
        """Return why to stop, or None to go on; the history holds this iteration's decision already."""
