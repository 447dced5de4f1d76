"""A whole iteration in one process, without ClearML: for tests and benchmarks, with models and people or without.

The pipeline does the same in separate tasks; every decision is in `redraft.learning.rounds` and the policies.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from redraft.learning.design import rows_of
from redraft.learning.history import History
from redraft.learning.protocols import DecisionCase, NeededAnswer, ReviewBrief, WriteCandidates
from redraft.learning.rounds import POLICIES, Policies, WritingRound, score_round, write_round
from redraft.learning.variances import estimate_deviations
from redraft.records import Answer, PlanItem, Rating
from redraft.settings import DecideSettings, PlanSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Who writes, answers and rates: models and people, or a simulation."""

    write: WriteCandidates
    answer: Callable[[History, Sequence[NeededAnswer]], Sequence[Answer]]
    rate: Callable[[History, Sequence[PlanItem]], Sequence[Rating]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Iteration:
    """What one iteration is given."""

    writing: WritingRound
    index_id: str
    plan: PlanSettings
    decide: DecideSettings
    ratings: int  # budget
    promote: Literal["auto", "confirm"]
    now: float  # Unix time, seconds
    known_chunks: frozenset[str] = frozenset()  # of the index: without them no answer from passages is rated again


def run_iteration(history: History, iteration: Iteration, world: World, *, policies: Policies = POLICIES) -> History:
    """Write, answer, rate, score and decide; return the history with everything that was added."""
    writing = iteration.writing
    written = write_round(history, writing, world.write, policies=policies)
    new_ids = tuple(variant.id for variant in written.new)
    known = history.add([*writing.questions, *written.prompts, *written.variants, *written.candidates])
    known = known.add([*written.themes, *written.judgements])
    review = _brief(known, iteration, written.current.id, written.compared_ids)
    answers = world.answer(known, policies.plan.ask(known, review))
    plan = policies.plan.plan(known, review, answers)
    known = known.add([*answers, *plan])
    known = known.add(world.rate(known, plan))
    case = DecisionCase(
        current_id=written.current.id,
        new_ids=new_ids,
        promote=iteration.promote,
        settings=iteration.decide,
        now=iteration.now,
        run_id=writing.run_id,
    )
    return known.add([score_round(known, case, interval=writing.interval, policies=policies).decision])


def _brief(history: History, iteration: Iteration, current_id: str, new_ids: tuple[str, ...]) -> ReviewBrief:
    return ReviewBrief(
        questions=iteration.writing.questions,
        current_id=current_id,
        new_ids=new_ids,
        index_id=iteration.index_id,
        ratings=iteration.ratings,
        reviewers=iteration.plan.reviewers,
        current_share=iteration.plan.current_share,
        second_share=iteration.plan.second_share,
        anchor_share=iteration.plan.anchor_share,
        known_chunks=iteration.known_chunks,
        deviations=estimate_deviations(rows_of(history)),
        seed=iteration.writing.seed,
    )
