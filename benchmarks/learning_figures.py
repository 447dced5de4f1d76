"""Means with 95 % half-widths, for benchmarks/learning.py; worlds are what figures are taken over."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from redraft.learning.posterior import Array

RESAMPLES = 400  # of worlds, for half-widths of what is no mean
Z = 1.96


def half_width(values: Array) -> Array:
    """Half-width of the 95 % interval of the mean over worlds, which are the first axis."""
    return np.asarray(Z * values.std(axis=0, ddof=1) / math.sqrt(len(values))) if len(values) > 1 else 0 * values[0]


def mean_and_half(name: str, values: Sequence[float]) -> dict[str, float | None]:
    """A mean and its half-width, as two entries of a row; without values both are missing."""
    if not values:
        return {name: None, f"{name}_half_width": None}
    array = np.asarray(values, dtype=np.float64)
    return {name: rounded(array.mean()), f"{name}_half_width": rounded(float(half_width(array)))}


def share_and_half(name: str, happened: Sequence[bool]) -> dict[str, float | None]:
    """A share of worlds and its half-width (Agresti and Coull's, so that 0 of 400 is not certain)."""
    if not happened:
        return {name: None, f"{name}_half_width": None}
    n, share = len(happened), sum(happened) / len(happened)
    p = (sum(happened) + Z**2 / 2) / (n + Z**2)
    return {name: rounded(share), f"{name}_half_width": rounded(Z * math.sqrt(p * (1 - p) / (n + Z**2)))}


def ratings_to(regrets: Sequence[float], grid: Sequence[int], enough: float) -> float | None:
    """First number of ratings from which the regret is at most `enough` and stays so, interpolated; None: never.

    >>> ratings_to([0.3, 0.2, 0.0, 0.1, 0.05], [24, 36, 48, 60, 72], 0.1)
    42.0
    >>> ratings_to([0.3, 0.2, 0.0, 0.11], [24, 36, 48, 60], 0.1) is None
    True
    """
    above = [place for place, regret in enumerate(regrets) if regret > enough]
    last = above[-1] if above else -1
    if last == len(grid) - 1:
        return None
    if last < 0:
        return float(grid[0])
    share = (regrets[last] - enough) / (regrets[last] - regrets[last + 1])
    return round(grid[last] + share * (grid[last + 1] - grid[last]), 2)


def bootstrap_half(worlds: int, figure: Callable[[Array], float | None], seed: int = 0) -> float | None:
    """Half-width of a figure of some worlds, given by their numbers; None where resamples do not have the figure."""
    generator = np.random.default_rng(seed)
    found = [figure(generator.integers(0, worlds, worlds)) for _ in range(RESAMPLES)]
    known = [value for value in found if value is not None]
    if len(known) < 0.975 * RESAMPLES:
        return None
    low, high = np.quantile(known, [0.025, 0.975])
    return rounded((high - low) / 2)


def ratio_and_half(name: str, ours: Array, theirs: Array) -> dict[str, float | None]:
    """Ratio of two means over the same worlds; missing where the other one is 0."""

    def ratio(worlds: Array) -> float | None:
        other = float(theirs[worlds].mean())
        return float(ours[worlds].mean()) / other if other > 0 else None

    value = ratio(np.arange(len(ours)))
    half = bootstrap_half(len(ours), ratio)
    return {name: None if value is None else rounded(value), f"{name}_half_width": half}


def rounded(value: Any) -> float:
    """Four decimals: more are noise."""
    return round(float(value), 4)
