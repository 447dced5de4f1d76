"""Which earlier variant is worth comparing again when no candidate was accepted: people's time is not for nothing."""

from __future__ import annotations

from redraft.learning.allocate import expected_loss
from redraft.learning.history import History, settings_of
from redraft.learning.labels import refused_by_people
from redraft.learning.protocols import Scoreboard
from redraft.records import Variant

WORTH = 0.05  # rating points: what is lost, on average, by not knowing whether it is better than the current one


def choose_rival(history: History, board: Scoreboard, current: Variant) -> Variant | None:
    """Choose the earlier variant that it costs most not to know about; `None` if that is next to nothing.

    What it costs is E[(rival - current)+]: much for a variant that may well be better, little for one that is surely
    worse. Only variants of the current one's settings that no person decided against.
    """
    settings, refused = settings_of(current), refused_by_people(history)
    usable = {v.id for v in history.variants.values() if settings_of(v) == settings and v.id not in refused}
    place = {variant_id: number for number, variant_id in enumerate(board.posterior.rows.variants)}
    losses = {
        comparison.variant_id: expected_loss(
            *board.posterior.difference(place[comparison.variant_id], place[current.id])
        )
        for comparison in board.comparisons
        if comparison.variant_id in usable
    }
    best = min(losses, key=lambda variant_id: (-losses[variant_id], variant_id), default=None)
    return history.variant(best) if best is not None and losses[best] >= WORTH else None
