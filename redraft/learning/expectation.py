"""What one more iteration can be expected to bring, before anything is written or rated."""

from __future__ import annotations

import dataclasses
import math

import numpy as np

from redraft.learning.allocate import expected_loss
from redraft.learning.history import History
from redraft.learning.parent import best_expected_parent
from redraft.learning.posterior import Rows, fit
from redraft.learning.protocols import Scoreboard
from redraft.learning.threads import one_thread

USUAL_RATINGS = 10  # of a new variant, as long as none has ratings


@one_thread
def expected_gain(history: History, board: Scoreboard, current_id: str) -> float | None:
    """Expected gain of one more iteration in rating points: a child of the best variant is written, rated, compared.

    The child is what a further edit makes of the best variant, as far as earlier edits tell (their mean effect is
    learnt with everything else). It can only be chosen by what its ratings will say, so its difference counts by the
    part of its variance that they will resolve (preposterior analysis: Raiffa, Schlaifer, Applied Statistical Decision
    Theory, 1961, 5.3-5.4).

    Returns:
        None: nothing is rated yet.
    """
    posterior, known = board.posterior, board.posterior.rows.variants
    if not len(posterior.rows.y) or current_id not in known:
        return None
    current = known.index(current_id)
    rows = with_child(posterior.rows, _best(history, board, current_id))
    mean, sd = fit(rows, posterior.deviations).difference(len(rows.variants) - 1, current)
    n = _ratings_of_newest(history) or USUAL_RATINGS
    error = (posterior.deviations.cell**2 + posterior.deviations.noise**2) * 2 / n  # of both sides of the comparison
    resolved = sd**2 / math.sqrt(sd**2 + error)
    return expected_loss(mean, resolved)


def _best(history: History, board: Scoreboard, current_id: str) -> int:
    """Place of the variant that the next candidates are derived from; one of other settings is none."""
    chosen = current_id
    if current_id in history.variants:
        chosen = best_expected_parent(history, board, current=history.variants[current_id], seed=0).id
    return board.posterior.rows.variants.index(chosen)


def with_child(rows: Rows, parent: int) -> Rows:
    """Add a variant without ratings, derived from the one at a place; it gets the last place."""
    column = 1 + len(rows.variants)
    return dataclasses.replace(
        rows,
        variants=(*rows.variants, "next"),
        parents=(*rows.parents, parent),
        x=np.insert(rows.x, column, 0.0, axis=1),
    )


def _ratings_of_newest(history: History) -> int:
    """Ratings of the variant that was rated for the first time last, among those with a parent."""
    counts: dict[str, int] = {}
    for _, answer in history.rated():  # ordered by time
        variant = history.variants.get(answer.variant_id)
        if variant is not None and variant.parent_id is not None:
            counts[answer.variant_id] = counts.get(answer.variant_id, 0) + 1
    return list(counts.values())[-1] if counts else 0
