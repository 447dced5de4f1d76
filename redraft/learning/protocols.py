"""One Protocol a decision, and the values that go in and out: policies can be swapped, and benchmarked without a model.

A policy is a callable (the plan has two methods). It never reads a clock, a file or the environment: time and seeds
are in its arguments. What it needs besides (a model, a simulated world) it holds itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from redraft.config import WriteSettings
from redraft.learning.history import History
from redraft.llm import ChatReply, ChatRequest
from redraft.records import (
    Answer,
    Candidate,
    Decision,
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

    def __call__(self, history: History, scores: Sequence[VariantScore], *, current: Variant, seed: int) -> Variant:
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
class Written:
    """What a writer made of its brief."""

    candidates: tuple[Candidate, ...]  # accepted and rejected, with reasons
    themes: tuple[Theme, ...] = ()


class WriteCandidates(Protocol):
    """Propose prompts and check them."""

    def __call__(self, brief: WritingBrief) -> Written:
        """Return every proposal; one that failed is rejected with its reason."""


class CheckCandidate(Protocol):
    """A hard check: reject, never repair."""

    def __call__(self, prompt: Prompt, brief: WritingBrief) -> tuple[str, ...]:
        """Return why the prompt is refused; nothing: it is not."""


class SmokeCheck(Protocol):
    """Try prompts on a few questions before people see them (supplied by the step, which can answer)."""

    def __call__(self, prompts: Sequence[Prompt]) -> Sequence[tuple[str, ...]]:
        """Return for each prompt why it is refused, judged against the parent's own answers."""


class ScreenCandidates(Protocol):
    """Which accepted candidates reach people."""

    def __call__(
        self, candidates: Sequence[Candidate], *, themes: Sequence[Theme], history: History, chosen: int, seed: int
    ) -> tuple[Candidate, ...]:
        """Return at most `chosen` of the accepted ones, best first, the reason added."""


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


@dataclass(frozen=True, slots=True, kw_only=True)
class NeededAnswer:
    """An answer that has to be made before the plan."""

    question_id: str
    variant_id: str
    sample: int


class PlanReview(Protocol):
    """Which answers are made, and who rates which of them."""

    def ask(self, history: History, brief: ReviewBrief) -> tuple[NeededAnswer, ...]:
        """Choose questions by history, before anything is answered."""

    def plan(self, history: History, brief: ReviewBrief, answers: Sequence[Answer]) -> tuple[PlanItem, ...]:
        """Deal the answers that were made to reviewer slots; failed ones are never planned."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """A variant against the current one, on what the same reviewer said of both on the same question."""

    variant_id: str
    current_id: str
    difference: float | None  # rating points, positive: better than current; None: no pair
    low: float | None
    high: float | None
    n_pairs: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scoreboard:
    """What the ratings say of all variants."""

    scores: tuple[VariantScore, ...]
    comparisons: tuple[Comparison, ...]  # of every rated variant but the current one
    interval: float  # probability that the intervals are meant to hold, 0 to 1

    def of(self, variant_id: str) -> VariantScore:
        """Return a variant's score; an unrated one has no mean."""
        unrated = VariantScore(variant_id=variant_id, mean=None, low=None, high=None, n_ratings=0)
        return next((score for score in self.scores if score.variant_id == variant_id), unrated)

    def against_current(self, variant_id: str) -> Comparison | None:
        """Return a variant's comparison with the current one."""
        return next((c for c in self.comparisons if c.variant_id == variant_id), None)


class ScoreVariants(Protocol):
    """Turn ratings into scores."""

    def __call__(self, history: History, *, current_id: str, interval: float) -> Scoreboard:
        """Score every variant of the history."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DecisionCase:
    """What is decided on after a review, by whom and when."""

    current_id: str
    new_ids: tuple[str, ...]
    promote: Literal["auto", "confirm"]
    now: float  # Unix time, seconds
    author: str = "redraft"
    iteration: int | None = None
    run_id: str | None = None


class Decide(Protocol):
    """Which variant becomes current."""

    def __call__(self, history: History, board: Scoreboard, case: DecisionCase) -> Decision:
        """Return one decision with its evidence."""


class Stop(Protocol):
    """Whether another iteration is worth its ratings."""

    def __call__(self, history: History, board: Scoreboard, *, done: int, iterations: int) -> str | None:
        """Return why to stop, or None to go on."""
