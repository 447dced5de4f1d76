"""Rankings and their fusion.

Source: Cormack, Clarke and Büttcher, "Reciprocal Rank Fusion outperforms Condorcet and individual Rank Learning
Methods" (SIGIR 2009): a chunk's score is the sum, over the rankings that hold it, of 1 / (constant + rank).

Different from the source: each summand is multiplied by how far the chunk stands out in its ranking, in standard
deviations of the scores of all chunks. Plain fusion trusts both rankings alike, so that vectors which know little pull
the right chunk down (benchmarks/README.md); here a ranking in which nothing stands out says little.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

WORDS_WEIGHT, VECTORS_WEIGHT = 1.0, 0.4  # standing out is worth more where most scores are zero
_LEAST = 0.05  # standard deviations: a chunk that was ranked at all counts a little


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A chunk in a ranking."""

    chunk_id: str
    score: float
    stands_out: float  # standard deviations above the mean score of all chunks


def stand_out(scores: npt.ArrayLike, background: npt.ArrayLike) -> list[float]:
    """Say how far scores lie above those of all chunks (or a sample of them), in standard deviations.

    >>> stand_out([5.0, 1.0], [0.0, 1.0, 2.0, 1.0])
    [5.65685424949238, 0.05]
    """
    sample = np.asarray(background, dtype=np.float64)
    deviation = float(sample.std()) if sample.size else 0.0
    if deviation == 0.0:  # one chunk, or all alike
        return [_LEAST] * len(np.atleast_1d(scores))
    above = (np.asarray(scores, dtype=np.float64) - sample.mean()) / deviation
    return [float(value) for value in np.maximum(above, _LEAST)]


def fuse(rankings: Sequence[tuple[float, Sequence[Hit]]], constant: int) -> list[tuple[str, float]]:
    """Fuse rankings, each with its weight: ids with their scores, best first.

    Equal scores stay in the order of the first ranking.

    >>> first, second = Hit(chunk_id="a", score=2, stands_out=3), Hit(chunk_id="b", score=1, stands_out=2)
    >>> [chunk_id for chunk_id, _ in fuse([(1, [first, second]), (1, [second])], 60)]
    ['b', 'a']
    """
    scores: dict[str, float] = {}
    for weight, ranking in rankings:
        for rank, hit in enumerate(ranking, start=1):
            scores[hit.chunk_id] = scores.get(hit.chunk_id, 0.0) + weight * hit.stands_out / (constant + rank)
    return sorted(scores.items(), key=lambda entry: -entry[1])
