"""How far a judge agrees with people: rank correlation and weighted kappa, each with a 90 % interval.

    spearman = correlation of the ranks (equal scores share their mean rank)
    kappa    = 1 - sum_i (x_i - y_i)^2 / (1/n sum_i sum_j (x_i - y_j)^2)        quadratic weights

The rank correlation decides whether the judge may screen: a judge that is always a point too kind still puts the
better answer first. Kappa is shown beside it because it also counts the point.

What the intervals do not know: two answers to one question are more alike than any two, and count as independent here.
With many answers to each of a few questions a judge that guesses is proven more often than in the one case of twenty
that is meant.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from redraft.learning.protocols import Agreement

FEWEST_ANSWERS = 8  # with fewer no interval says anything
INTERVAL = 0.9
_Z = 1.6448536269514722  # standard normal quantile of (1 + INTERVAL) / 2
_RESAMPLES = 2000

Floats = NDArray[np.float64]


def measure_agreement(pairs: Sequence[tuple[float, float]], *, seed: int = 0) -> Agreement:
    """Compare a judge's scores with people's.

    Args:
        pairs: The judge's score and people's mean score of each answer, 1 to 5.
        seed: Of the bootstrap resamples.

    Returns:
        Figures and intervals; only the number of answers if there are fewer than 8, or if one side rated all alike.
    """
    judge, people = (np.array([pair[side] for pair in pairs], dtype=np.float64) for side in (0, 1))
    if len(pairs) < FEWEST_ANSWERS or np.ptp(judge) == 0 or np.ptp(people) == 0:
        return Agreement(n=len(pairs))
    correlation = spearman(judge, people)
    low, high = spearman_interval(correlation, len(pairs))
    kappa_low, kappa_high = _kappa_interval(judge, people, seed)
    return Agreement(
        n=len(pairs),
        spearman=correlation,
        spearman_low=low,
        spearman_high=high,
        kappa=float(weighted_kappa(judge, people)),
        kappa_low=kappa_low,
        kappa_high=kappa_high,
    )


def spearman(one: Floats, other: Floats) -> float:
    """Rank correlation, -1 to 1; neither side may be all equal.

    >>> round(spearman(np.array([1.0, 2.0, 3.0, 4.0]), np.array([2.0, 1.0, 3.0, 4.0])), 6)
    0.8
    """
    return float(np.clip(np.corrcoef(_ranks(one), _ranks(other))[0, 1], -1.0, 1.0))


def spearman_interval(correlation: float, n: int) -> tuple[float, float]:
    """90 % interval of a rank correlation by Fisher's z with the standard error sqrt((1 + r^2 / 2) / (n - 3)).

    Closed form rather than bootstrap: with a dozen answers and five possible scores, resamples repeat answers and so
    pile up ties, and percentile intervals come out too narrow exactly where they decide. A correlation of 1 would get
    an interval of no width; there it is computed as if two neighbouring ranks were exchanged.

    Source: Bonett & Wright (2000), Sample size requirements for estimating Pearson, Kendall and Spearman correlations,
    Psychometrika 65, 23-28.
    """
    largest = 1 - 12 / (n * (n * n - 1))  # one exchange of neighbours among n ranks
    inner = max(-largest, min(largest, correlation))
    half = _Z * math.sqrt((1 + inner * inner / 2) / (n - 3))
    low, high = math.tanh(math.atanh(inner) - half), math.tanh(math.atanh(inner) + half)
    return min(low, correlation), max(high, correlation)


def weighted_kappa(one: Floats, other: Floats) -> Floats:
    """Cohen's kappa with quadratic weights, -1 to 1, along the last axis; NaN where both sides are one same value.

    The scores need not be whole: with quadratic weights kappa depends on means and variances only, so a mean of two
    people's scores is not rounded first.

    Source: Fleiss & Cohen (1973), The equivalence of weighted kappa and the intraclass correlation coefficient as
    measures of reliability, Educational and Psychological Measurement 33, 613-619.
    """
    seen = np.mean((one - other) ** 2, axis=-1)
    by_chance = np.var(one, axis=-1) + np.var(other, axis=-1) + (np.mean(one, axis=-1) - np.mean(other, axis=-1)) ** 2
    with np.errstate(invalid="ignore"):
        return np.asarray(1 - seen / by_chance, dtype=np.float64)


def _ranks(scores: Floats) -> Floats:
    """Rank from 1; equal scores share the mean of their ranks."""
    _, place, counts = np.unique(scores, return_inverse=True, return_counts=True)
    return np.asarray((np.cumsum(counts) - (counts - 1) / 2)[place], dtype=np.float64)


def _kappa_interval(judge: Floats, people: Floats, seed: int) -> tuple[float, float]:
    """Percentile bootstrap over answers; kappa has no closed-form interval that holds for few answers."""
    rows = np.random.default_rng(seed).integers(0, len(judge), size=(_RESAMPLES, len(judge)))
    tail = (1 - INTERVAL) / 2
    low, high = np.nanquantile(weighted_kappa(judge[rows], people[rows]), [tail, 1 - tail])
    return float(low), float(high)
