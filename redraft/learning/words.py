"""Figures in sentences: never more than is known, and no "1 ratings"."""

from __future__ import annotations

import math


def counted(n: int, noun: str) -> str:
    """A number with its noun.

    >>> counted(1, "rating"), counted(24, "rating")
    ('1 rating', '24 ratings')
    """
    return f"{n} {noun}{'' if n == 1 else 's'}"


def probability_words(p: float) -> str:
    """Two decimals, rounded down so that less than is needed never looks like enough, and never certainty.

    >>> [probability_words(p) for p in (0.5, 0.899, 0.994, 0.998, 0.002)]
    ['0.50', '0.89', '0.99', 'above 0.99', 'below 0.01']
    """
    if p >= 0.995:
        return "above 0.99"
    hundredths = math.floor(100 * p + 1e-9)
    return f"{hundredths / 100:.2f}" if hundredths else "below 0.01"
