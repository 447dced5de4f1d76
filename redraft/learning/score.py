"""Ratings to scores: what the mixed model says of every variant, with intervals and probabilities.

The score of a variant is its expected rating on a question that was not asked, by an average reviewer. Strict people,
hard questions and luck are taken out of it as far as the ratings allow; what cannot be told makes the interval wide.
Edge cases, all tested: without ratings there is no score (`None`, never 0); one reviewer or one question: that person's
severity, or that question's hardness, cannot be told from the level, so scores are wide while differences are not; all
ratings equal: an interval that narrows but always has a width; somebody who rates everything 3 tells nothing of
differences and draws all scores to the middle a little.

`n_ratings` and a score are of one variant; `p_best` is among all rated variants that share the current one's settings.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from scipy.special import ndtr, ndtri

from redraft.learning.design import rows_of
from redraft.learning.deviations import Deviations
from redraft.learning.history import History, settings_of
from redraft.learning.imported import own_part
from redraft.learning.posterior import Posterior, fit
from redraft.learning.protocols import Comparison, Scoreboard
from redraft.learning.reviewers import krippendorff_alpha, reviewer_views
from redraft.learning.rows import sums_of
from redraft.learning.threads import one_thread
from redraft.learning.variances import estimate_deviations
from redraft.records import VariantScore

LOWEST, HIGHEST = 1.0, 5.0
DIGITS = 9  # a difference of 0 must not look negative because of the machine's rounding


@dataclass(slots=True)
class _Count:
    """Ratings of one variant."""

    all: int = 0
    stale: int = 0
    val: int = 0


@one_thread
def score_variants(
    history: History, *, current_id: str, interval: float, stale: frozenset[str] = frozenset()
) -> Scoreboard:
    """Score every variant that answered here, and compare each rated one with the current one.

    Args:
        history: Everything so far.
        current_id: The variant that the others are compared with.
        interval: Probability that the intervals are meant to hold, 0 to 1.
        stale: Answers that quote a passage which has changed since: their ratings count as a quarter.
    """
    history = own_part(history)
    every = sorted({*history.variants, current_id})
    rows = rows_of(history, variant_ids=every, stale=stale)
    sums = sums_of(rows)
    posterior = fit(rows, estimate_deviations(rows, sums), sums)
    counts = _counts(history, stale)
    half = float(ndtri(0.5 + interval / 2))
    comparisons = _compare(history, posterior, counts, current_id, half, stale)
    chances = _p_best(history, posterior, [*counts], current_id)
    better = {comparison.variant_id: comparison.p_better for comparison in comparisons}
    return Scoreboard(
        scores=tuple(_score(posterior, v, half, counts.get(v), chances.get(v), better.get(v)) for v in every),
        comparisons=comparisons,
        interval=interval,
        posterior=posterior,
        reviewers=reviewer_views(history, severities(posterior), within_letter_sd(posterior.deviations)),
        alpha=krippendorff_alpha(history),
    )


def severities(posterior: Posterior) -> dict[str, float]:
    """How much higher (lenient) or lower (strict) each reviewer rates than an average one, rating points."""
    rows = posterior.rows
    return {name: float(posterior.mean[rows.column("reviewer", place)]) for place, name in enumerate(rows.reviewers)}


def within_letter_sd(deviations: Deviations) -> float:
    """By how much one person's ratings of one variant are expected to differ from question to question."""
    return math.sqrt(deviations.question**2 + deviations.cell**2 + deviations.noise**2)


def _counts(history: History, stale: frozenset[str]) -> dict[str, _Count]:
    """Count the ratings of each rated variant."""
    found: dict[str, _Count] = {}
    for _, answer in history.rated():
        count = found.setdefault(answer.variant_id, _Count())
        count.all += 1
        count.stale += answer.id in stale
        count.val += _is_val(history, answer.question_id)
    return dict(sorted(found.items()))


def _is_val(history: History, question_id: str) -> bool:
    return question_id in history.questions and history.questions[question_id].split == "val"


def _compare(
    history: History,
    posterior: Posterior,
    counts: Mapping[str, _Count],
    current_id: str,
    half: float,
    stale: frozenset[str],
) -> tuple[Comparison, ...]:
    on_val = _fit_val(history, posterior, stale)
    place = {variant_id: number for number, variant_id in enumerate(posterior.rows.variants)}
    on_current = counts.get(current_id, _Count())
    found = []
    for variant_id, count in counts.items():
        if variant_id == current_id:
            continue
        mean, sd = posterior.difference(place[variant_id], place[current_id])
        val = on_val.difference(place[variant_id], place[current_id])
        found.append(
            Comparison(
                variant_id=variant_id,
                current_id=current_id,
                difference=mean,
                low=mean - half * sd,
                high=mean + half * sd,
                p_better=float(ndtr(mean / sd)) if sd > 0 else 0.5,
                val_difference=round(val[0], DIGITS) if count.val and on_current.val else None,
                n_val_ratings=count.val,
            )
        )
    return tuple(found)


def _fit_val(history: History, posterior: Posterior, stale: frozenset[str]) -> Posterior:
    """What ratings of val questions alone say.

    Without the family tree: equal ratings of a parent and its child are then no difference, however low they are.
    """
    val = frozenset(question_id for question_id in history.questions if _is_val(history, question_id))
    rows = rows_of(history, variant_ids=posterior.rows.variants, stale=stale, only=val)
    return fit(dataclasses.replace(rows, parents=(-1,) * len(rows.variants)), posterior.deviations)


def _p_best(history: History, posterior: Posterior, rated: Sequence[str], current_id: str) -> dict[str, float]:
    """Probability of being best among the rated variants that can be used under the current one's settings."""
    own = settings_of(history.variants[current_id]) if current_id in history.variants else None
    usable = [v for v in rated if v in history.variants and own in (None, settings_of(history.variants[v]))]
    if not usable:
        return {}
    place = {variant_id: number for number, variant_id in enumerate(posterior.rows.variants)}
    chances = posterior.p_best([place[variant_id] for variant_id in usable])
    return {variant_id: float(chance) for variant_id, chance in zip(usable, chances, strict=True)}


def _score(
    posterior: Posterior,
    variant_id: str,
    half: float,
    count: _Count | None,
    p_best: float | None,
    p_better: float | None,
) -> VariantScore:
    if count is None:
        return VariantScore(variant_id=variant_id, mean=None, low=None, high=None, n_ratings=0)
    mean, sd = posterior.expected(posterior.rows.variants.index(variant_id))
    return VariantScore(
        variant_id=variant_id,
        mean=_on_scale(mean),
        low=_on_scale(mean - half * sd),
        high=_on_scale(mean + half * sd),
        n_ratings=count.all,
        p_best=p_best,
        p_better_than_current=p_better,
        n_stale=count.stale,
    )


def _on_scale(value: float) -> float:
    return min(HIGHEST, max(LOWEST, value))
