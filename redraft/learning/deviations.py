"""How much ratings differ, and because of what: the standard deviations that scores, plans and attribution share.

rating = mu + prompt + question + prompt x question + reviewer + noise, all normal;
a child's prompt effect is its parent's + N(drift, edit^2).
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Deviations:
    """Standard deviations in rating points; the defaults are weak guesses from which estimation starts."""

    prompt: float = 0.40  # of variants without a parent
    edit: float = 0.35  # of a child around its parent
    question: float = 0.60
    cell: float = 0.45  # of prompt x question: some prompts suit some questions
    reviewer: float = 0.35  # strict and lenient people
    noise: float = 0.70  # of one rating, rounding included


DEFAULTS = Deviations()
