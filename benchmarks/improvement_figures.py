"""What a seed of `improvement.py` came to, iteration by iteration, and what all seeds say together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import mean
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What is known after one iteration."""

    iteration: int
    current: str  # id of the variant that is current now
    mean: float | None  # its expected rating
    low: float | None  # 90 % interval
    high: float | None
    n_ratings: int  # of the current variant
    ratings: int  # of all variants
    kind: str  # of the decision
    decision: str  # one plain sentence
    screen: str  # how the candidate was chosen
    prompt: str  # the current prompt of the kind that is improved
    p_best: float | None  # of the current variant
    expected_gain: float | None  # of one more iteration
    drift: float | None  # of reviewers
    stop: str | None  # why the stop rule would end here


@dataclass(frozen=True, slots=True, kw_only=True)
class SeedResult:
    """What one seed came to; rating points."""

    seed: int
    before: float  # fresh ratings of the seed prompt, val questions
    after: float  # of the published prompt
    gain: float
    gain_all: float  # the same on all questions
    fresh_all: float  # fresh ratings of the published prompt, all questions
    claim: float | None  # what its score says
    claim_low: float | None
    claim_high: float | None
    claim_gain: float | None  # what its score says against the seed prompt's
    ratings: int
    seconds: float
    path: tuple[Step, ...]

    @property
    def over_claim(self) -> float | None:
        """How much the score promises too much, against fresh ratings of all questions."""
        return None if self.claim is None else self.claim - self.fresh_all

    @property
    def claim_holds(self) -> bool:
        """Whether the fresh mean of all questions is inside the claimed interval."""
        known = self.claim_low is not None and self.claim_high is not None
        return known and self.claim_low <= self.fresh_all <= self.claim_high

    @property
    def val_holds(self) -> bool:
        """Whether the fresh mean of the val questions is inside the claimed interval."""
        known = self.claim_low is not None and self.claim_high is not None
        return known and self.claim_low <= self.after <= self.claim_high


def step_line(step: Step) -> str:
    """One iteration, for people."""
    score = "not rated" if step.mean is None else f"{step.mean:.2f} [{step.low:.2f}, {step.high:.2f}]"
    stop = f" (would stop: {step.stop})" if step.stop else ""
    return f"{step.iteration:2}  {score} on {step.n_ratings} of {step.ratings} ratings  {step.decision}{stop}"


def summary(results: Sequence[SeedResult]) -> dict[str, float | int]:
    """The figures that the aim is about, and how honest the claims were."""
    claims = [result.over_claim for result in results if result.over_claim is not None]
    return {
        "seeds": len(results),
        "gain_at_least_half": sum(result.gain >= 0.5 for result in results),
        "mean_gain": mean(result.gain for result in results),
        "least_gain": min(result.gain for result in results),
        "worse_than_seed": sum(result.gain < 0 for result in results),
        "claim_holds": sum(result.claim_holds for result in results),
        "claim_holds_on_val": sum(result.val_holds for result in results),
        "mean_over_claim": mean(claims) if claims else 0.0,
        "would_have_stopped": sum(any(step.stop for step in result.path) for result in results),
        "seconds": sum(result.seconds for result in results),
    }


def as_row(result: SeedResult) -> dict[str, Any]:
    """A result as plain values."""
    derived = {name: getattr(result, name) for name in ("over_claim", "claim_holds", "val_holds")}
    return {**asdict(result), **derived}


def result_line(result: SeedResult) -> str:
    """One seed, for people."""
    return (
        f"fresh ratings: val {result.before:.2f} -> {result.after:.2f} ({result.gain:+.2f}), all "
        f"{result.gain_all:+.2f} to {result.fresh_all:.2f}; claimed {result.claim or 0:.2f} "
        f"[{result.claim_low or 0:.2f}, {result.claim_high or 0:.2f}], {result.claim_gain or 0:+.2f}; "
        f"{result.ratings} ratings, {result.seconds:.0f} s"
    )
