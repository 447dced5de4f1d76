"""What an iteration cost: people's ratings and minutes, the model's tokens, money. What is not known is said."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from redraft.learning.words import counted
from redraft.records import LlmCall, Rating


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What was spent."""

    ratings: int  # that people gave
    timed: int  # of them, those whose time is known
    minutes: float | None  # people's time for those; None: no time is known
    tokens: int  # of all model calls, in and out
    usd: float | None  # None: a price is not known


def cost_of(ratings: Iterable[Rating], calls: Iterable[LlmCall]) -> Cost:
    """Sum up; a rating that was changed counts once, the time for it as often as it was taken.

    >>> cost_of([], [])
    Cost(ratings=0, timed=0, minutes=None, tokens=0, usd=0.0)
    """
    given, made = list(ratings), list(calls)
    prices = [call.cost_usd for call in made if call.cost_usd is not None]
    return Cost(
        ratings=len({(rating.reviewer, rating.answer_id) for rating in given}),
        timed=len({(rating.reviewer, rating.answer_id) for rating in given if rating.seconds is not None}),
        minutes=minutes_of(given),
        tokens=sum(call.tokens_in + call.tokens_out for call in made),
        usd=sum(prices, 0.0) if len(prices) == len(made) else None,
    )


def minutes_of(ratings: Iterable[Rating]) -> float | None:
    """People's time for ratings; None: no time is known.

    Args:
        ratings: Also those that a later one supersedes: each took its own time.
    """
    seconds = {rating.id: rating.seconds for rating in ratings if rating.seconds is not None}
    return sum(seconds.values()) / 60 if seconds else None


def cost_sentence(cost: Cost) -> str:
    """Say it in one sentence.

    >>> cost_sentence(Cost(ratings=24, timed=24, minutes=19.2, tokens=81230, usd=0.0712))
    "This iteration cost 24 ratings, 19 minutes of people's time, 81,230 tokens, 0.07 USD."
    >>> cost_sentence(Cost(ratings=1, timed=0, minutes=None, tokens=900, usd=None))
    "This iteration cost 1 rating, an unknown amount of people's time, 900 tokens, an unknown amount of money."
    """
    parts = [counted(cost.ratings, "rating"), _time(cost), f"{cost.tokens:,} tokens"]
    parts.append("an unknown amount of money" if cost.usd is None else f"{_money(cost.usd)} USD")
    return f"This iteration cost {', '.join(parts)}."


def _time(cost: Cost) -> str:
    if cost.minutes is None:
        return "an unknown amount of people's time"
    said = "less than a minute" if cost.minutes < 1 else counted(round(cost.minutes), "minute")
    partly = "" if cost.timed == cost.ratings else f" (of {cost.timed} of them; the others' is not known)"
    return f"{said} of people's time{partly}"


def _money(usd: float) -> str:
    """Two decimals, or as many as it takes to show anything.

    >>> [_money(usd) for usd in (12.345, 0.07, 0.00042, 0.0)]
    ['12.35', '0.07', '0.0004', '0.00']
    """
    return f"{usd:.2f}" if usd >= 0.005 or usd == 0 else f"{usd:.1g}" if usd >= 0.0001 else "less than 0.0001"
