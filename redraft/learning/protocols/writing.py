"""Which prompts are written, and which of them people see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from redraft.learning.history import History
from redraft.learning.protocols.deciding import Scoreboard
from redraft.llm import ChatReply, ChatRequest
from redraft.records import Answer, Candidate, Judgement, Prompt, Question, Theme, Variant, VariantScore
from redraft.settings import WriteSettings


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
    spearman: float | None = None  # rank correlation, -1 to 1; None: too few answers, or all rated alike
    spearman_low: float | None = None
    spearman_high: float | None = None
    kappa: float | None = None  # quadratically weighted kappa, -1 to 1
    kappa_low: float | None = None
    kappa_high: float | None = None

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
