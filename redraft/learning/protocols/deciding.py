"""What the ratings say, which variant becomes current, and whether to go on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, Protocol

from redraft.learning.history import History
from redraft.learning.posterior import Posterior
from redraft.records import Decision, VariantScore
from redraft.settings import DecideSettings


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
