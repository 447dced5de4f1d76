"""Policies of the loop (benchmark B), behind the product's Protocols: who is improved on, rated and promoted.

The raw ones know mean ratings alone; what they claim of a prompt is its mean, with a t interval. They rate new prompts
only (the first review compares with the seed prompt, which nobody rated before), or pairs.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean, stdev

import numpy as np
from learning_loop_world import INDEX
from scipy.special import stdtrit

from redraft.learning.chance import shuffled
from redraft.learning.decide import make_decision
from redraft.learning.design import rows_of
from redraft.learning.deviations import DEFAULTS
from redraft.learning.history import History
from redraft.learning.posterior import fit
from redraft.learning.protocols import DecisionCase, NeededAnswer, ReviewBrief, Scoreboard
from redraft.learning.rounds import Policies
from redraft.records import Answer, Decision, PlanItem, Variant, VariantScore, content_id

EPSILON = 0.2
TOP = 3  # prompts that OPRO's parent is drawn from


def raw_scores(
    history: History, *, current_id: str, interval: float, stale: frozenset[str] = frozenset()
) -> Scoreboard:
    """`ScoreVariants`: mean ratings with t intervals; the posterior of the board knows nothing."""
    del stale
    found: dict[str, list[int]] = {}
    for rating, answer in history.rated():
        found.setdefault(answer.variant_id, []).append(rating.score)
    return Scoreboard(
        scores=tuple(_raw_score(variant_id, scores, interval) for variant_id, scores in sorted(found.items())),
        comparisons=(),
        interval=interval,
        posterior=fit(rows_of(History(), variant_ids=[current_id]), DEFAULTS),
    )


def _raw_score(variant_id: str, scores: Sequence[int], interval: float) -> VariantScore:
    mean, n = fmean(scores), len(scores)
    half = float(stdtrit(n - 1, 0.5 + interval / 2)) * stdev(scores) / math.sqrt(n) if n > 1 else math.inf
    return VariantScore(variant_id=variant_id, mean=mean, low=mean - half, high=mean + half, n_ratings=n)


def ranked(board: Scoreboard) -> list[str]:
    """Ids of the rated variants, best mean first."""
    return [score.variant_id for score in sorted(board.scores, key=lambda s: (-(s.mean or 0.0), s.variant_id))]


@dataclass(frozen=True, slots=True)
class RawPlan:
    """`PlanReview`: a part of the budget for the new variant, the rest for the current one, all by one reviewer."""

    pairs: bool  # always on the same questions; else the new one alone, once the current one was rated

    def ask(self, history: History, brief: ReviewBrief) -> tuple[NeededAnswer, ...]:
        """Draw the questions."""
        order = shuffled((question.id for question in brief.questions), "raw plan", brief.seed)
        half = self.pairs or not history.ratings
        n_new = min(brief.ratings // 2 if half else brief.ratings, len(order))
        asked = [(variant_id, q) for variant_id in brief.new_ids for q in order[:n_new]]
        asked += [(brief.current_id, q) for q in order[: brief.ratings - len(asked)]]
        return tuple(
            NeededAnswer(question_id=q, variant_id=v, sample=history.next_sample(v, q, INDEX)) for v, q in asked
        )

    def plan(self, history: History, brief: ReviewBrief, answers: Sequence[Answer]) -> tuple[PlanItem, ...]:
        """Have each answer rated once."""
        del history
        key = content_id("r", sorted(answer.id for answer in answers))
        return tuple(
            PlanItem(
                review_key=key, answer_id=answer.id, letter="B" if answer.variant_id == brief.current_id else "A",
                reviewer_slot=0, position=position, role="current" if answer.variant_id == brief.current_id else "new",
            )
            for position, answer in enumerate(answers)
        )  # fmt: skip


def best_raw_parent(history: History, board: Scoreboard, *, current: Variant, seed: int) -> Variant:
    """`ChooseParent`: the best raw mean."""
    del seed
    return history.variants[ranked(board)[0]] if board.scores else current


def current_parent(history: History, board: Scoreboard, *, current: Variant, seed: int) -> Variant:
    """`ChooseParent`: the current variant."""
    del history, board, seed
    return current


def mostly_best_parent(history: History, board: Scoreboard, *, current: Variant, seed: int) -> Variant:
    """`ChooseParent`: epsilon-greedy, any rated variant now and then."""
    generator = np.random.default_rng([seed, 6])
    if board.scores and generator.random() < EPSILON:
        return history.variants[str(generator.choice(ranked(board)))]
    return best_raw_parent(history, board, current=current, seed=seed)


def top_k_parent(history: History, board: Scoreboard, *, current: Variant, seed: int) -> Variant:
    """`ChooseParent`: OPRO, which shows its writer the best prompts; here one of the best is drawn."""
    best = ranked(board)[:TOP]
    return history.variants[str(np.random.default_rng([seed, 6]).choice(best))] if best else current


def thompson_parent(history: History, board: Scoreboard, *, current: Variant, seed: int) -> Variant:
    """`ChooseParent`: the best of one draw from the posterior."""
    rated = [score.variant_id for score in board.scores if score.n_ratings]
    if not rated:
        return current
    places = [board.posterior.rows.variants.index(variant_id) for variant_id in rated]
    drawn = board.posterior.draw(places, 1, np.random.default_rng([seed, 6]))[0]
    return history.variants[rated[int(drawn.argmax())]]


def promote_best_raw(history: History, board: Scoreboard, case: DecisionCase) -> Decision:
    """`Decide`: whatever has the best raw mean is current."""
    del history
    return _made_current(case, ranked(board)[0])


def promote_newest(history: History, board: Scoreboard, case: DecisionCase) -> Decision:
    """`Decide`: the new one, whatever people say."""
    del history, board
    return _made_current(case, case.new_ids[0])


def promote_if_pairs_say_so(history: History, board: Scoreboard, case: DecisionCase) -> Decision:
    """`Decide`: the new one if its mean in this review is higher than the current one's on the same questions."""
    del board
    last = history.ratings[-1].review_key
    means = [
        fmean(r.score for r, answer in history.rated() if r.review_key == last and answer.variant_id == variant_id)
        for variant_id in (case.new_ids[0], case.current_id)
    ]
    return _made_current(case, case.new_ids[0] if means[0] > means[1] else case.current_id)


def _made_current(case: DecisionCase, variant_id: str) -> Decision:
    return make_decision(case, "keep" if variant_id == case.current_id else "promote", variant_id, "")


_RAW = Policies(parent=best_raw_parent, plan=RawPlan(pairs=False), score=raw_scores, decide=promote_best_raw)

LOOPS: Mapping[str, Policies] = {
    "best_raw_mean": _RAW,
    "paired_strict_accept": dataclasses.replace(
        _RAW, parent=current_parent, plan=RawPlan(pairs=True), decide=promote_if_pairs_say_so
    ),
    "opro_top_k": dataclasses.replace(_RAW, parent=top_k_parent),
    "always_newest": dataclasses.replace(_RAW, parent=current_parent, decide=promote_newest),
    "epsilon_greedy": dataclasses.replace(_RAW, parent=mostly_best_parent),
    "thompson_parent": Policies(parent=thompson_parent),
    "redraft": Policies(),
}
