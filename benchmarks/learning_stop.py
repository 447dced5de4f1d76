"""What the stop rules save: the loop's (benchmark B) and "P(best) is high enough" (benchmark A), against fixed budgets.

Saved ratings are at equal quality: the rule's mean outcome is reached by everybody spending a fixed budget, of which
the rule's mean budget is subtracted.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from learning_choice import Game, grid, play
from learning_figures import bootstrap_half, mean_and_half, rounded, share_and_half
from learning_loop import RATINGS, Outcome

from redraft.learning.posterior import Array

STOP_AT = 0.9  # P(best)
TOO_EARLY = 0.1  # rating points that going on would have gained


def watched(game: Game, seed: int) -> list[tuple[float, float]]:
    """Regret and probability that the recommended prompt is the best, at each point of the grid."""
    prompts = range(game.settings.prompts)
    return [(regret, float(posterior.p_best(prompts).max())) for regret, posterior in play(game, seed, game.horizon)]


def choice_figures(found: Sequence[Sequence[tuple[float, float]]], horizon: int) -> dict[str, Any]:
    """Stop in A as soon as P(best) >= STOP_AT, else at the end."""
    points = np.array(grid(horizon), dtype=np.float64)
    regret, p_best = np.array(found)[..., 0], np.array(found)[..., 1]
    at = np.where((p_best >= STOP_AT).any(axis=1), (p_best >= STOP_AT).argmax(axis=1), len(points) - 1)
    stopped = regret[np.arange(len(regret)), at]
    return {
        "worlds": len(regret),
        **mean_and_half("ratings", points[at].tolist()),
        **mean_and_half("regret", stopped.tolist()),
        **_saved(-stopped, points[at], -regret, points),
        **share_and_half("too_early", (stopped - regret[:, -1] >= TOO_EARLY).tolist()),
        **share_and_half("stopped", (at < len(points) - 1).tolist()),
        **mean_and_half("regret_at_end", regret[:, -1].tolist()),
    }


def loop_figures(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Stop in B when the loop's own rule says so, else at the end."""
    truth = np.array([outcome.truths for outcome in outcomes])
    points = RATINGS * np.arange(1, truth.shape[1] + 1, dtype=np.float64)
    at = np.array([(outcome.stop or truth.shape[1]) - 1 for outcome in outcomes])
    stopped = truth[np.arange(len(truth)), at]
    return {
        "worlds": len(truth),
        **mean_and_half("ratings", points[at].tolist()),
        **mean_and_half("true", stopped.tolist()),
        **_saved(stopped, points[at], truth, points),
        **share_and_half("too_early", (truth[:, -1] - stopped >= TOO_EARLY).tolist()),
        **share_and_half("stopped", (at < truth.shape[1] - 1).tolist()),
        **mean_and_half("true_at_end", truth[:, -1].tolist()),
        "true_by_ratings": {str(int(n)): rounded(value) for n, value in zip(points, truth.mean(axis=0), strict=True)},
    }


def _saved(stopped: Array, spent: Array, quality: Array, points: Array) -> dict[str, Any]:
    """Ratings that a fixed budget of equal quality needs, less those that the rule spent."""

    def saved(worlds: Array) -> float | None:
        needed = budget_for(float(stopped[worlds].mean()), quality[worlds].mean(axis=0), points)
        return needed - float(spent[worlds].mean())

    every = np.arange(len(stopped))
    return {"saved": rounded(saved(every)), "saved_half_width": bootstrap_half(len(every), saved)}


def budget_for(wanted: float, quality: Array, points: Array) -> float:
    """Smallest fixed budget whose quality is at least as wanted, interpolated; the whole one if none is.

    Luck makes the curve go down at times: what was reached once counts as reached.

    >>> budget_for(0.5, np.array([0.0, 1.0, 0.9]), np.array([10.0, 20.0, 30.0]))
    15.0
    """
    best = np.maximum.accumulate(quality)
    reached = int((best >= wanted).argmax()) if best[-1] >= wanted else len(best) - 1
    if reached == 0 or best[-1] < wanted:
        return float(points[reached])
    share = (wanted - best[reached - 1]) / (best[reached] - best[reached - 1])
    return float(points[reached - 1] + share * (points[reached] - points[reached - 1]))
