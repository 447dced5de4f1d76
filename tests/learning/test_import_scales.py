from __future__ import annotations

import pytest

from redraft.errors import InputError
from redraft.learning.import_scales import parse_scale, recognise_scale


@pytest.mark.parametrize(
    ("scores", "name"),
    [
        ([1.0, 2.0, 5.0], "1..5"),
        ([1.0, 3.5, 4.0], "1..5"),
        ([0.0, 0.25, 1.0], "0..1"),
        ([0.0, 1.0], "0..1"),
        (["good", "bad"], "thumbs"),
        (["thumbs_up", "true", 0.0], "thumbs"),
        ([-1.0, 1.0], "thumbs"),
    ],
)
def test_a_scale_is_recognised_where_the_scores_can_be_of_no_other(scores: list[float | str], name: str) -> None:
    assert recognise_scale(scores).name == name


@pytest.mark.parametrize(
    "scores",
    [[1.0], [1.0, 2.0, 3.0], [0.0, 5.0], [1.0, 10.0], [20.0, 90.0], [-1.0, 0.0, 1.0], ["good", 5.0], ["great", "poor"]],
)
def test_an_ambiguous_scale_has_to_be_given_and_the_message_says_how(scores: list[float | str]) -> None:
    with pytest.raises(InputError, match="--scale"):
        recognise_scale(scores)


@pytest.mark.parametrize(
    ("scale", "pairs"),
    [
        ("1..5", {1.0: 1, 2.0: 2, 3.4: 3, 3.5: 4, 5.0: 5}),
        ("0..1", {0.0: 1, 0.12: 1, 0.13: 2, 0.5: 3, 1.0: 5}),
        ("0..100", {0.0: 1, 50.0: 3, 100.0: 5}),
        ("6..1", {6.0: 1, 1.0: 5, 3.5: 3}),
        ("-1..1", {-1.0: 1, 0.0: 3, 1.0: 5}),
        ("thumbs", {"good": 5, "bad": 1, 1.0: 5, 0.0: 1, -1.0: 1, "👍": 5}),
        ("poor=1, Very Good=5", {"poor": 1, "very_good": 5}),
    ],
)
def test_scores_are_converted_to_one_to_five(scale: str, pairs: dict[float | str, int]) -> None:
    assert {score: parse_scale(scale).convert(score) for score in pairs} == pairs


@pytest.mark.parametrize(("scale", "score"), [("1..5", 6.0), ("0..1", "good"), ("thumbs", "great"), ("thumbs", 2.0)])
def test_a_score_that_a_scale_does_not_have_is_refused(scale: str, score: float | str) -> None:
    with pytest.raises(InputError, match="score"):
        parse_scale(scale).convert(score)


@pytest.mark.parametrize("text", ["five", "5", "1..1", "a=6", "a=1,a=2", "=3", "1...5"])
def test_what_is_no_scale_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="--scale"):
        parse_scale(text)
