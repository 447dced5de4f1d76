"""The rounds of one iteration, as the pipeline's steps call them. All of them in a row: `redraft.learning.loop`.

write_round     history -> candidates, variants          (step write_prompts)
policies.plan   history -> answers needed -> plan        (step answer_questions)
score_round     history with ratings -> scores, decision (step score_prompts)
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass, field

from redraft.learning.decide import decide_by_probability
from redraft.learning.dev_view import dev_view
from redraft.learning.history import History, current_variant, with_prompt
from redraft.learning.imported import imported_scores
from redraft.learning.meta_prompt import max_chars
from redraft.learning.parent import best_expected_parent
from redraft.learning.plan import BlockedPlan
from redraft.learning.protocols import (
    Agreement,
    ChooseParent,
    Decide,
    DecisionCase,
    PlanReview,
    Scoreboard,
    ScoreVariants,
    ScreenCandidates,
    ScreenCase,
    Screened,
    Stop,
    Trial,
    WriteCandidates,
    WritingBrief,
    Written,
)
from redraft.learning.rivals import choose_rival
from redraft.learning.score import score_variants
from redraft.learning.screen import NOTHING_ACCEPTED, choose_diverse
from redraft.learning.stop import stop_when_settled
from redraft.records import (
    Candidate,
    Decision,
    Judgement,
    Prompt,
    PromptKind,
    Question,
    Theme,
    Variant,
    VariantScore,
)
from redraft.settings import WriteSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """Who makes each decision; replace one with `dataclasses.replace`."""

    parent: ChooseParent = best_expected_parent
    screen: ScreenCandidates = choose_diverse
    plan: PlanReview = field(default_factory=BlockedPlan)
    score: ScoreVariants = score_variants
    decide: Decide = decide_by_probability
    stop: Stop = stop_when_settled


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
    stale: frozenset[str] = frozenset()  # answers that quote a passage which changed since

    @property
    def kind(self) -> PromptKind:
        """Which of the two prompts is improved; the other one stays as the parent has it."""
        return self.settings.target


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenRound:
    """What came of it."""

    candidates: tuple[Candidate, ...]  # accepted and rejected, with reasons
    themes: tuple[Theme, ...]
    current: Variant
    new: tuple[Variant, ...]  # that people will rate; none: every candidate was rejected
    rival: Variant | None  # an earlier variant that is compared again, when there is no new one
    prompts: tuple[Prompt, ...]  # that the variants need
    sentence: str  # how was chosen, or that the current prompt is kept
    trials: tuple[Trial, ...] = ()
    agreement: Agreement | None = None  # of the judge with people; None: no judge was asked
    judgements: tuple[Judgement, ...] = ()

    @property
    def variants(self) -> tuple[Variant, ...]:
        """The current variant, the new ones and the rival."""
        return (self.current, *self.new, *([self.rival] if self.rival else []))

    @property
    def compared_ids(self) -> tuple[str, ...]:
        """Ids of the variants that people compare with the current one."""
        return tuple(variant.id for variant in self.variants[1:])


def write_round(
    history: History, task: WritingRound, write: WriteCandidates, *, policies: Policies = POLICIES
) -> WrittenRound:
    """Choose a parent, have candidates written, choose those that reach people."""
    current = current_variant(history, task.seed_variant)
    known = history.add([task.seed_variant, *task.seed_prompts, current])
    board = policies.score(known, current_id=current.id, interval=task.interval, stale=task.stale)
    parent = policies.parent(known, board, current=current, seed=task.seed)
    dev = dev_view(known, task.questions)
    shown = policies.score(dev, current_id=current.id, interval=task.interval, stale=task.stale)
    written = write(_brief(known, task, parent, (*shown.scores, *imported_scores(dev, interval=task.interval))))
    case = ScreenCase(
        candidates=written.candidates,
        themes=written.themes,
        trials=written.trials,
        history=known,
        questions=task.questions,
        chosen=task.settings.chosen,
        seed=task.seed,
    )
    screened = policies.screen(case)
    rival = None if screened.chosen else choose_rival(known, board, current)
    return _written_round(known, (current, parent, rival), written, screened)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredRound:
    """Scores, comparisons, and what was decided."""

    board: Scoreboard
    decision: Decision
    stop: str | None = None  # why another iteration is not worth its ratings; None: it is


def score_round(
    history: History,
    case: DecisionCase,
    *,
    interval: float,
    stale: frozenset[str] = frozenset(),
    policies: Policies = POLICIES,
) -> ScoredRound:
    """Score every variant of the history, this round's ratings included, decide, and say whether to go on."""
    board = policies.score(history, current_id=case.current_id, interval=interval, stale=stale)
    decision = policies.decide(history, board, case)
    known = history.add([decision])
    promoted = dataclasses.replace(case, current_id=decision.variant_id) if decision.kind == "promote" else case
    return ScoredRound(board=board, decision=decision, stop=policies.stop(known, board, promoted))


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
    history: History, variants: tuple[Variant, Variant, Variant | None], written: Written, screened: Screened
) -> WrittenRound:
    current, parent, rival = variants
    new = tuple(with_prompt(parent, candidate.prompt) for candidate in screened.chosen)
    known = history.add(candidate.prompt for candidate in screened.chosen)
    needed = (current, *new, *([rival] if rival else []))
    used = {prompt_id for v in needed for prompt_id in (v.answer_prompt_id, v.extract_prompt_id)}
    return WrittenRound(
        candidates=screened.candidates or written.candidates,
        themes=written.themes,
        current=current,
        new=new,
        rival=rival,
        prompts=tuple(known.prompt(prompt_id) for prompt_id in sorted(used)),
        sentence=screened.sentence if new else _nothing_new(rival),
        trials=written.trials,
        agreement=screened.agreement,
        judgements=screened.judgements,
    )


def _nothing_new(rival: Variant | None) -> str:
    return f"{NOTHING_ACCEPTED} {f'The earlier prompt {rival.id} is compared with it again.' if rival else ''}".rstrip()


def _prompt_id(variant: Variant, kind: PromptKind) -> str:
    return variant.answer_prompt_id if kind == "answer" else variant.extract_prompt_id
