"""What ratings come to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

DecisionKind = Literal["promote", "keep", "reject", "rollback", "stop"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EditEffect:
    """What one edit of a prompt did to the ratings of the questions that it touched."""

    variant_id: str  # the variant that has the edit
    parent_id: str  # the variant without it, that it is compared with
    theme_id: str | None  # the comment theme that the edit answers
    sentence: str
    question_ids: tuple[str, ...]  # questions that it touched and that were rated on both sides
    difference: float | None  # change in their ratings, rating points; None: it cannot be told
    low: float | None  # interval of `difference`
    high: float | None
    n_ratings: int  # that the figure rests on
    note: str = ""  # why there is no figure, or what it cannot be told apart from


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantScore:
    """What the ratings say of a variant."""

    variant_id: str
    mean: float | None  # expected rating, 1 to 5; None: no rating yet
    low: float | None  # 90 % interval
    high: float | None
    n_ratings: int
    p_best: float | None = None
    p_better_than_current: float | None = None
    n_stale: int = 0  # of its ratings, those of answers that quote a passage which changed since


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The figures that a decision rests on; differences are the variant's minus the current one's, in rating points."""

    difference: float | None  # None: one of the two has no ratings
    low: float | None  # interval of `difference`
    high: float | None
    interval: float  # probability that the interval is meant to hold, 0 to 1
    p_better: float | None  # that the variant is better than the current one
    p_best: float | None  # that it is the best of all variants
    n_ratings: int  # of the variant
    val_difference: float | None = None  # from ratings of `val` questions alone
    n_val_ratings: int = 0  # of the variant, on `val` questions
    expected_gain: float | None = None  # of one more iteration
    drift: float | None = None  # of reviewers, from answers that they rated again
    variant_id: str | None = None  # the variant that the figures are of; a decision to keep may name another one


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """An entry of the decision log: who made which variant current, and on what evidence."""

    id: str
    kind: DecisionKind
    variant_id: str  # the variant that is decided on
    current_id: str | None  # the variant that was current before
    evidence: str  # one plain sentence
    author: str  # "redraft" or a person's name
    created: float  # Unix time, seconds
    iteration: int | None = None
    run_id: str | None = None
    figures: Evidence | None = None  # None: a person's decision


@dataclass(frozen=True, slots=True, kw_only=True)
class IterationResult:
    """What one iteration found: a row of the table that compares iterations."""

    iteration: int
    variant_id: str  # the new variant that people judged
    mean: float | None  # its rating, 1 to 5
    low: float | None  # 90 % interval
    high: float | None
    n_ratings: int
    citations_valid: float | None  # share of its answers whose citations are all valid, 0 to 1
    refusals_right: float | None  # share of its labelled answers that rightly refused or rightly did not, 0 to 1
    tokens: int  # of all model calls of the iteration
    seconds: float  # from the run's start to its scoring
    task_id: str  # the pipeline task
    decision: str  # one plain sentence
    published_id: str | None  # the variant that is current after this iteration
    prompt: str  # the new prompt, of the kind that was improved
    minutes: float | None = None  # people's time: sum of the seconds of its ratings / 60; None: no rating has them
    cost_usd: float | None = None  # of its model calls; None: a price is not known
    cost: str = ""  # one plain sentence
