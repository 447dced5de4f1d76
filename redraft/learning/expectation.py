"""What one more iteration can be expected to bring, before anything is written or rated.

What the last few edits did is what the next one will do: early edits mend what is plainly wrong and bring whole points,
later ones do not, and an average over all of them would promise the first gains for ever.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np

from redraft.learning.allocate import expected_loss
from redraft.learning.deviations import DEFAULTS
from redraft.learning.equations import DRIFT_SD
from redraft.learning.history import History
from redraft.learning.parent import best_expected_parent
from redraft.learning.posterior import Posterior
from redraft.learning.protocols import Scoreboard
from redraft.learning.threads import one_thread
from redraft.learning.variances import LOG_SD

USUAL_RATINGS = 10  # of a new variant, as long as none has ratings
RECENT = 4  # edits that the next one is expected to be like
HIGHEST = 5.0
SDS = DEFAULTS.edit * np.exp(LOG_SD * np.linspace(-3, 3, 25))  # of the effect of an edit, that are considered


class Effect(NamedTuple):
    """An effect of an edit on the expected rating: what is known of it."""

    mean: float  # rating points
    variance: float


@one_thread
def expected_gain(history: History, board: Scoreboard, current_id: str) -> float | None:
    """Expected gain of one more iteration in rating points: a child of the best variant is written, rated, compared.

    The child can only be chosen by what its ratings will say, so its difference counts by the part of its variance that
    they will resolve (preposterior analysis: Raiffa, Schlaifer, Applied Statistical Decision Theory, 1961, 5.3-5.4).
    Nothing is gained beyond the end of the scale.

    Returns:
        None: nothing is rated yet.
    """
    posterior, known = board.posterior, board.posterior.rows.variants
    if not len(posterior.rows.y) or current_id not in known:
        return None
    current = known.index(current_id)
    ahead, sd = posterior.difference(_best(history, board, current_id), current)
    edit = next_edit(recent_edits(history, posterior))
    n = _ratings_of_newest(history) or USUAL_RATINGS
    error = (posterior.deviations.cell**2 + posterior.deviations.noise**2) * 2 / n  # of both sides of the comparison
    variance = sd**2 + edit.variance
    mean, resolved = ahead + edit.mean, variance / math.sqrt(variance + error)
    room = max(0.0, HIGHEST - posterior.expected(current)[0])
    return expected_loss(mean, resolved) - expected_loss(mean - room, resolved)


def recent_edits(history: History, posterior: Posterior) -> list[Effect]:
    """What the ratings alone say of the last few variants against their parents, the prior of edits taken out again."""
    rows, prior = posterior.rows, posterior.deviations.edit**2 + DRIFT_SD**2
    place = {variant_id: number for number, variant_id in enumerate(rows.variants)}
    first = dict.fromkeys(answer.variant_id for _, answer in history.rated())  # ordered by their first rating
    children = [place[v] for v in first if v in place and rows.parents[place[v]] >= 0]
    found = []
    for child in children[-RECENT:]:
        mean, sd = posterior.difference(child, rows.parents[child])
        known = min(sd**2, 0.98 * prior)  # never quite nothing but the prior
        variance = 1 / (1 / known - 1 / prior)
        found.append(Effect(mean=mean / known * variance, variance=variance))
    return found


def next_edit(recent: list[Effect]) -> Effect:
    """Predict the effect of the next edit: normal, with mean and deviation learnt from recent ones.

    The mean has the prior N(0, `DRIFT_SD`^2); the deviation one around the default (`SDS`), over which is averaged.

    Source: a random-effects meta-analysis with few studies, Gelman et al., Bayesian Data Analysis (3rd ed.), 5.4-5.5.

    >>> nothing = next_edit([])
    >>> round(nothing.mean, 2), round(nothing.variance ** 0.5, 2)
    (0.0, 0.47)
    """
    z, u = np.array([e.mean for e in recent]), np.array([e.variance for e in recent])
    spread = SDS[:, None] ** 2 + u[None, :]  # (deviations, edits)
    precision = 1 / DRIFT_SD**2 + (1 / spread).sum(axis=1)
    mean = (z / spread).sum(axis=1) / precision
    fit = 0.5 * (mean**2 * precision - np.log(precision) - (z**2 / spread + np.log(spread)).sum(axis=1))
    fit -= 0.5 * (np.log(SDS / DEFAULTS.edit) / LOG_SD) ** 2
    weight = np.exp(fit - fit.max())
    weight /= weight.sum()
    centre = float(weight @ mean)
    return Effect(mean=centre, variance=float(weight @ (SDS**2 + 1 / precision + (mean - centre) ** 2)))


def _best(history: History, board: Scoreboard, current_id: str) -> int:
    """Place of the variant that the next candidates are derived from; one of other settings is none."""
    chosen = current_id
    if current_id in history.variants:
        chosen = best_expected_parent(history, board, current=history.variants[current_id], seed=0).id
    return board.posterior.rows.variants.index(chosen)


def _ratings_of_newest(history: History) -> int:
    """Ratings of the variant that was rated for the first time last, among those with a parent."""
    counts: dict[str, int] = {}
    for _, answer in history.rated():  # ordered by time
        variant = history.variants.get(answer.variant_id)
        if variant is not None and variant.parent_id is not None:
            counts[answer.variant_id] = counts.get(answer.variant_id, 0) + 1
    return list(counts.values())[-1] if counts else 0
