"""From which variant the next candidates are derived.

The variant with the best posterior mean, current or not: every child differs from its parent by the same distribution,
so the best mean gives the best children. But none that a person decided against: its children would have what the
person did not want. A Thompson draw, and the current variant alone, were tried and are worse
(benchmarks/README.md, benchmark B).
"""

from __future__ import annotations

from redraft.learning.history import History, settings_of
from redraft.learning.labels import refused_by_people
from redraft.learning.protocols import Scoreboard
from redraft.records import Variant

DIGITS = 9  # effects that differ by less are equal: no variant is better by the machine's rounding


def best_expected_parent(history: History, board: Scoreboard, *, current: Variant, seed: int) -> Variant:
    """Choose the variant with the best expected rating; equals: the current one, then the smaller id."""
    del seed
    rounded = board.posterior.effects().round(DIGITS).tolist()
    effects: dict[str, float] = dict(zip(board.posterior.rows.variants, rounded, strict=True))
    if current.id not in effects:
        return current
    rated = {score.variant_id for score in board.scores if score.n_ratings} - refused_by_people(history)
    usable = [
        variant
        for variant in history.variants.values()
        if variant.id in rated and variant.id in effects and settings_of(variant) == settings_of(current)
    ]
    best = min(usable, key=lambda v: (-effects[v.id], v.id), default=current)
    return best if effects[best.id] > effects[current.id] else current
