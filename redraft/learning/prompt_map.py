"""Prompts as points in a plane: near ones say much the same.

By principal components of their embeddings, not by t-SNE: t-SNE keeps neighbourhoods of about its perplexity (5 to 50
points), so that a picture of a dozen prompts shows the perplexity, another seed shows another picture, and distances
between groups mean nothing. A projection is the same every time, its distances are never too long, and it can say how
much it leaves out.

Source: Wattenberg, Viegas, Johnson, How to Use t-SNE Effectively, Distill (2016), https://doi.org/10.23915/distill.00002
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PlaneMap:
    """Points in a plane, and how much of the truth they show."""

    points: Floats  # (rows, 2)
    shown: float | None  # share of the variance that lies in the plane, 0 to 1; None: all rows are the same


def plane_map(vectors: Floats) -> PlaneMap:
    """Project rows on the plane in which they differ most.

    Each axis points to where its largest coordinate is, so that the same rows give the same picture on every machine.

    Args:
        vectors: (rows, dimensions), at least one row.

    >>> plane_map(np.array([[0.0, 0.0, 0.0], [1.0, 0.0, 0.0], [5.0, 0.0, 0.0]])).points.round(6).tolist()
    [[-2.0, 0.0], [-1.0, 0.0], [3.0, 0.0]]
    """
    centred = np.asarray(vectors, dtype=np.float64) - np.mean(vectors, axis=0)
    left, sizes, _ = np.linalg.svd(centred, full_matrices=False)
    sizes = np.where(sizes > 1e-9 * max(1.0, float(np.abs(vectors).max())), sizes, 0.0)
    points = np.zeros((len(centred), 2))
    n = min(2, len(sizes))
    points[:, :n] = left[:, :n] * sizes[:n]
    largest = points[np.abs(points.round(9)).argmax(axis=0), [0, 1]]
    points = points * np.where(largest < 0, -1.0, 1.0)
    total = float(np.square(sizes).sum())
    return PlaneMap(points=points, shown=float(np.square(sizes[:2]).sum()) / total if total else None)
