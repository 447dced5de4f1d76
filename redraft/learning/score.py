"""Ratings to scores: the mean with a t interval (a model of prompts, questions and reviewers replaces it later).

What it does not know: ratings of one question, or by one reviewer, are alike, but count as independent here, so the
interval of a mean is too narrow when few questions were rated many times. The paired comparison is free of question
and reviewer effects; a decision that must be right looks at that.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from redraft.learning.history import History
from redraft.learning.protocols import Comparison, Scoreboard
from redraft.records import VariantScore

PRIOR_SD = 0.9  # of one rating around its variant's mean, in rating points, before any is seen
PRIOR_DIFFERENCE_SD = 1.2  # of one paired difference: rating noise .70 and prompt x question .45, both twice
PRIOR_DF = 4  # ratings that the prior deviation counts as
ROUNDING_SD = 1 / math.sqrt(12)  # of rounding to whole points: no deviation is believed to be smaller


def score_variants(history: History, *, current_id: str, interval: float) -> Scoreboard:
    """Score every variant, and compare each rated one with the current one."""
    scores: dict[str, list[float]] = {variant_id: [] for variant_id in {*history.variants, current_id}}
    for rating, answer in history.rated():
        scores.setdefault(answer.variant_id, []).append(float(rating.score))
    return Scoreboard(
        scores=tuple(_score(variant_id, values, interval) for variant_id, values in sorted(scores.items())),
        comparisons=tuple(
            compare(history, variant_id, current_id, interval=interval)
            for variant_id, values in sorted(scores.items())
            if values and variant_id != current_id
        ),
        interval=interval,
    )


def compare(history: History, variant_id: str, current_id: str, *, interval: float) -> Comparison:
    """Compare two variants on what one reviewer said of both on one question.

    Several ratings of one side of such a pair are averaged: the pair counts once.
    """
    sides: dict[tuple[str, str], tuple[list[int], list[int]]] = {}
    for rating, answer in history.rated():
        if answer.variant_id in (variant_id, current_id):
            pair = sides.setdefault((answer.question_id, rating.reviewer), ([], []))
            pair[answer.variant_id == current_id].append(rating.score)
    differences = [_mean(new) - _mean(current) for new, current in sides.values() if new and current]
    mean, low, high = t_interval(differences, interval, prior_sd=PRIOR_DIFFERENCE_SD, limits=(-4.0, 4.0))
    return Comparison(
        variant_id=variant_id, current_id=current_id, difference=mean, low=low, high=high, n_pairs=len(differences)
    )


def t_interval(
    values: Sequence[float], interval: float, *, prior_sd: float = PRIOR_SD, limits: tuple[float, float] = (1.0, 5.0)
) -> tuple[float | None, float | None, float | None]:
    """Return mean, low and high.

    The deviation is estimated from the values and a prior that counts as `PRIOR_DF` ratings, so that

    - no value: no mean (`None` three times), never a zero;
    - one value: the prior alone, mean +- 2.13 x 0.9 for 90 %;
    - two values, whose plain t interval (df 1) would be wider than the scale, are never said to tell less than one;
    - equal values: an interval that narrows but never has no width, because shown ratings are rounded.

    Args:
        values: Ratings, or differences of them, in rating points.
        interval: Probability, such as 0.9.
        prior_sd: Deviation of one value that the prior expects.
        limits: Ends of the scale; the interval is cut there.

    Source:
        Gelman et al., Bayesian Data Analysis (3rd ed.), 3.3: normal data, flat prior on the mean, scaled inverse
        chi-square prior on the variance: a t interval with `PRIOR_DF + n - 1` degrees of freedom.

    >>> [round(x, 2) for x in t_interval([2, 3, 4, 3], 0.9)]
    [3.0, 2.18, 3.82]
    >>> t_interval([], 0.9)
    (None, None, None)
    """
    if not values:
        return None, None, None
    from scipy.special import stdtrit  # half a second to import, and most steps need no quantile

    n, mean = len(values), _mean(values)
    df = PRIOR_DF + n - 1
    variance = (PRIOR_DF * prior_sd**2 + math.fsum((value - mean) ** 2 for value in values)) / df
    half = float(stdtrit(df, 0.5 + interval / 2)) * math.sqrt(max(variance, ROUNDING_SD**2) / n)
    return mean, max(limits[0], mean - half), min(limits[1], mean + half)


def _score(variant_id: str, values: Sequence[float], interval: float) -> VariantScore:
    mean, low, high = t_interval(values, interval)
    return VariantScore(variant_id=variant_id, mean=mean, low=low, high=high, n_ratings=len(values))


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values)
