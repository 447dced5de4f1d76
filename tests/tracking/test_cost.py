"""What an iteration cost people and models; what is not known is said."""

from __future__ import annotations

from typing import Any

import pytest

from redraft.records import LlmCall, Rating
from redraft.tracking.cost import Cost, cost_of, cost_sentence


def rating(number: int, seconds: float | None, *, reviewer: str = "Ann") -> Rating:
    return Rating(
        id=f"rt-{number}-{reviewer}-{seconds}",
        review_key="r",
        answer_id=f"a-{number}",
        reviewer=reviewer,
        score=3,
        seconds=seconds,
    )


def call(tokens: int, usd: float | None) -> LlmCall:
    return LlmCall(
        step="s", kind="answer", model="m", messages=(), reply="", tokens_in=tokens, tokens_out=1, cost_usd=usd
    )


def cost(**fields: Any) -> Cost:
    return Cost(**{"ratings": 24, "timed": 24, "minutes": 19.2, "tokens": 81230, "usd": 0.07, **fields})


def test_minutes_tokens_and_money_are_sums() -> None:
    found = cost_of([rating(1, 60.0), rating(2, 90.0)], [call(9, 0.5), call(19, 0.25)])
    assert found == Cost(ratings=2, timed=2, minutes=2.5, tokens=30, usd=0.75)


def test_time_is_not_known_when_no_rating_has_it() -> None:
    assert cost_of([rating(1, None)], []).minutes is None


def test_the_sum_of_some_ratings_says_of_how_many() -> None:
    found = cost_of([rating(1, 60.0), rating(2, None), rating(3, 120.0)], [])
    assert "3 minutes of people's time (of 2 of them; the others' is not known)" in cost_sentence(found)


def test_a_rating_that_was_changed_counts_once_but_its_time_twice() -> None:
    found = cost_of([rating(1, 60.0), rating(1, 30.0), rating(1, 30.0, reviewer="Ben")], [])
    assert (found.ratings, found.minutes) == (2, 2.0)


def test_one_call_without_a_price_makes_the_money_unknown_not_less() -> None:
    assert cost_of([], [call(9, 0.5), call(9, None)]).usd is None


@pytest.mark.parametrize(
    ("given", "said"),
    [
        (cost(), "24 ratings, 19 minutes of people's time, 81,230 tokens, 0.07 USD."),
        (cost(ratings=1, timed=1, minutes=1.0), "1 rating, 1 minute of people's time, 81,230 tokens, 0.07 USD."),
        (cost(minutes=0.4), "24 ratings, less than a minute of people's time, 81,230 tokens, 0.07 USD."),
        (cost(minutes=None, timed=0), "24 ratings, an unknown amount of people's time, 81,230 tokens, 0.07 USD."),
        (cost(usd=None), "24 ratings, 19 minutes of people's time, 81,230 tokens, an unknown amount of money."),
        (cost(usd=0.00002), "24 ratings, 19 minutes of people's time, 81,230 tokens, less than 0.0001 USD."),
    ],
)
def test_the_sentence_says_what_is_known_and_what_is_not(given: Cost, said: str) -> None:
    assert cost_sentence(given) == f"This iteration cost {said}"
