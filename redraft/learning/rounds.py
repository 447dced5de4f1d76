"""The rounds of one iteration, as the pipeline's steps call them. All of them in a row: `redraft.learning.loop`.

write_round     history -> candidates, variants          (step write_prompts)
policies.plan   history -> answers needed -> plan        (step answer_questions)
score_round     history with ratings -> scores, decision (step score_prompts)
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from redraft.config import WriteSettings
from redraft.learning.decide import decide_by_mean, stop_after_iterations
from redraft.learning.dev_view import dev_view
from redraft.learning.history import History, current_variant, derive_variant
from redraft.learning.meta_prompt import max_chars
from redraft.learning.plan import BlockedPlan
from redraft.learning.protocols import (
    ChooseParent,
    Decide,
    DecisionCase,
    PlanReview,
    Scoreboard,
    ScoreVariants,
    ScreenCandidates,
    Stop,
    WriteCandidates,
    WritingBrief,
    Written,
)
from redraft.learning.score import score_variants
from redraft.learning.screen import choose_diverse
from redraft.records import (
    Candidate,
    Decision,
    Prompt,
    PromptKind,
    Question,
    Theme,
    Variant,
    VariantScore,
)


def parent_is_current(history: History, scores: Sequence[VariantScore], *, current: Variant, seed: int) -> Variant:
    """Derive candidates from the current variant."""
    del history, scores, seed
    return current


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """Who makes each decision; replace one with `dataclasses.replace`."""

    parent: ChooseParent = parent_is_current
    screen: ScreenCandidates = choose_diverse
    plan: PlanReview = field(default_factory=BlockedPlan)
    score: ScoreVariants = score_variants
    decide: Decide = decide_by_mean
    stop: Stop = stop_after_iterations


POLICIES = Policies()


@dataclass(frozen=True, slots=True, kw_only=True)
class WritingRound:
    """What the writing round of an iteration is given."""

    questions: tuple[Question, ...]
    seed_variant: Variant  # of the seed prompts, with the present model and retrieval settings
    seed_prompts: tuple[Prompt, ...]  # its answer and extract prompt
    settings: WriteSettings
    n_candidates: int
    writer_model: str
    interval: float  # of the scores that the writer is shown
    seed: int
    run_id: str | None = None
    kind: PromptKind = "answer"  # which of the two prompts is improved


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenRound:
    """What came of it."""

    candidates: tuple[Candidate, ...]  # accepted and rejected, with reasons
    themes: tuple[Theme, ...]
    current: Variant
    new: tuple[Variant, ...]  # that people will rate; none: every candidate was rejected
    prompts: tuple[Prompt, ...]  # that the variants need

    @property
    def variants(self) -> tuple[Variant, ...]:
        """The current variant and the new ones."""
        return (self.current, *self.new)


def write_round(
    history: History, task: WritingRound, write: WriteCandidates, *, policies: Policies = POLICIES
) -> WrittenRound:
    """Choose a parent, have candidates written, choose those that reach people."""
    current = current_variant(history, task.seed_variant)
    known = history.add([task.seed_variant, *task.seed_prompts, current])
    scores = policies.score(dev_view(known, task.questions), current_id=current.id, interval=task.interval).scores
    parent = policies.parent(known, scores, current=current, seed=task.seed)
    written = write(_brief(known, task, parent, scores))
    chosen = policies.screen(
        written.candidates, themes=written.themes, history=known, chosen=task.settings.chosen, seed=task.seed
    )
    return _written_round(known, current, parent, written, chosen)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredRound:
    """Scores, comparisons, and what was decided."""

    board: Scoreboard
    decision: Decision


def score_round(history: History, case: DecisionCase, *, interval: float, policies: Policies = POLICIES) -> ScoredRound:
    """Score every variant of the history, this round's ratings included, and decide."""
    board = policies.score(history, current_id=case.current_id, interval=interval)
    return ScoredRound(board=board, decision=policies.decide(history, board, case))


def _brief(history: History, task: WritingRound, parent: Variant, scores: Sequence[VariantScore]) -> WritingBrief:
    seed_prompt = history.prompt(_prompt_id(task.seed_variant, task.kind))
    return WritingBrief(
        history=history,
        questions=task.questions,
        parent=history.prompt(_prompt_id(parent, task.kind)),
        parent_variant_id=parent.id,
        scores=tuple(scores),
        settings=task.settings,
        n_candidates=task.n_candidates,
        max_chars=max_chars(task.settings.max_prompt_chars, seed_prompt.text),
        seed=task.seed,
        writer_model=task.writer_model,
        run_id=task.run_id,
    )


def _written_round(
    history: History, current: Variant, parent: Variant, written: Written, chosen: Sequence[Candidate]
) -> WrittenRound:
    new = tuple(_with_prompt(parent, candidate.prompt) for candidate in chosen)
    known = history.add(candidate.prompt for candidate in chosen)
    used = {prompt_id for v in (current, *new) for prompt_id in (v.answer_prompt_id, v.extract_prompt_id)}
    with_reasons = {candidate.prompt.id: candidate for candidate in chosen}
    return WrittenRound(
        candidates=tuple(with_reasons.get(c.prompt.id, c) if c.accepted else c for c in written.candidates),
        themes=written.themes,
        current=current,
        new=new,
        prompts=tuple(known.prompt(prompt_id) for prompt_id in sorted(used)),
    )


def _prompt_id(variant: Variant, kind: PromptKind) -> str:
    return variant.answer_prompt_id if kind == "answer" else variant.extract_prompt_id


def _with_prompt(parent: Variant, prompt: Prompt) -> Variant:
    """Return the parent with one of its prompts replaced."""
    answer_id = prompt.id if prompt.kind == "answer" else parent.answer_prompt_id
    extract_id = prompt.id if prompt.kind == "extract" else parent.extract_prompt_id
    return derive_variant(parent, answer_id, extract_id, parent_id=parent.id)
