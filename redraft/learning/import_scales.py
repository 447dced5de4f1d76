"""Scores of other tools on the scale from 1 to 5: recognised where there is no doubt, else somebody has to say.

thumbs    Good, up, yes, true, 1 -> 5    Bad, down, no, false, 0, -1 -> 1
LOW..HIGH 1 + 4 x (score - LOW) / (HIGH - LOW), rounded; 0..1, 1..5, 0..100, -1..1; 6..1 where 1 is best
a=5,b=3   every word by itself
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from redraft.errors import InputError

GOOD = ("good", "up", "thumbs_up", "thumb_up", "positive", "like", "liked", "true", "yes", "pass", "passed", "correct",
        "1", "👍")  # fmt: skip
BAD = ("bad", "down", "thumbs_down", "thumb_down", "negative", "dislike", "disliked", "false", "no", "fail", "failed",
       "incorrect", "-1", "0", "👎")  # fmt: skip
KNOWN = "1..5, 0..1, 0..10, any LOW..HIGH, thumbs, or word=1,other=5"
HOW = f"give --scale ({KNOWN})"
SHOWN = 12  # different scores in the table
_RANGE = re.compile(r"(-?\d+(?:\.\d+)?)\s*\.\.\s*(-?\d+(?:\.\d+)?)")

Score = str | float
"""A score as another tool wrote it: a number, or a word in small letters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """How another tool's scores become scores from 1 to 5; either a range or words."""

    name: str
    low: float = 0.0
    high: float = 0.0
    words: Mapping[str, int] | None = None

    def convert(self, score: Score) -> int:
        """Return the score from 1 to 5.

        Raises:
            InputError: The scale has no such score.

        >>> [parse_scale("0..1").convert(score) for score in (0.0, 0.5, 0.9, 1.0)]
        [1, 3, 5, 5]
        >>> parse_scale("6..1").convert(1.0), parse_scale("thumbs").convert("bad")
        (5, 1)
        """
        if self.words is not None:
            found = self.words.get(score_text(score))
            if found is None:
                raise InputError(f"score {score_text(score)!r} is not of the scale {self.name}")
            return found
        if isinstance(score, str) or not min(self.low, self.high) <= score <= max(self.low, self.high):
            raise InputError(f"score {score_text(score)!r} is outside {self.name}")
        return math.floor(1 + 4 * (score - self.low) / (self.high - self.low) + 0.5)

    @property
    def rule(self) -> str:
        """How it converts, in words."""
        if self.words is not None:
            return "each word by itself" if self.name != "thumbs" else "good is 5, bad is 1"
        if (self.low, self.high) == (1.0, 5.0):
            return "as it is; a fraction is rounded"
        low, high = score_text(self.low), score_text(self.high)
        return f"1 + 4 x (score - {low}) / ({high} - {low}), rounded"


def score_of(value: object) -> Score | None:
    """Read a score as it came out of a file; None: there is none.

    >>> score_of(" 4.0 "), score_of("Thumbs up"), score_of(True), score_of(""), score_of(None)
    (4.0, 'thumbs_up', 'true', None, None)
    """
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return float(value) if math.isfinite(value) else None
    text = "" if value is None else str(value).strip()
    try:
        number = float(text)
    except ValueError:
        return re.sub(r"[\s-]+", "_", text.casefold()) or None
    return number if math.isfinite(number) else None


def score_text(score: Score) -> str:
    """Write a score as people do.

    >>> score_text(4.0), score_text(0.25), score_text("good")
    ('4', '0.25', 'good')
    """
    return score if isinstance(score, str) else f"{score:g}"


THUMBS = Scale(name="thumbs", words={**dict.fromkeys(GOOD, 5), **dict.fromkeys(BAD, 1)})


def parse_scale(text: str) -> Scale:
    """Read what somebody gave as --scale.

    Raises:
        InputError: It is no scale.
    """
    given = text.strip()
    if given == "thumbs":
        return THUMBS
    if "=" in given:
        return _words(given)
    found = _RANGE.fullmatch(given)
    low, high = (float(found[1]), float(found[2])) if found else (0.0, 0.0)
    if found is None or low == high:
        raise InputError(f"--scale {text!r}: no scale", remedy=f"expected {KNOWN}")
    return Scale(name=f"{score_text(low)}..{score_text(high)}", low=low, high=high)


def recognise_scale(scores: Iterable[Score]) -> Scale:
    """Choose the scale that the scores can only be of.

    Raises:
        InputError: They could be of several scales, or of none that is known.
    """
    distinct = set(scores)
    numbers = sorted(score for score in distinct if isinstance(score, float))
    words = sorted(score for score in distinct if isinstance(score, str))
    shown = ", ".join([*map(score_text, numbers), *words][:SHOWN]) + (" ..." if len(distinct) > SHOWN else "")
    if words:
        if all(score_text(score) in THUMBS.words for score in distinct):  # type: ignore[operator]  # it has words
            return THUMBS
        raise InputError(f"the scores are words that are not known: {shown}", remedy=f"{HOW}, such as poor=1,good=5")
    if not numbers:
        return parse_scale("1..5")
    low, high = numbers[0], numbers[-1]
    if distinct <= {-1.0, 1.0} and low < 0:
        return THUMBS
    if low >= 0 and high <= 1 and low < 1:
        return parse_scale("0..1")
    if low >= 1 and 3 < high <= 5:
        return parse_scale("1..5")
    raise InputError(f"the scores can be of more than one scale: {shown}", remedy=HOW)


def _words(given: str) -> Scale:
    words: dict[str, int] = {}
    for item in given.split(","):
        word, _, number = (part.strip() for part in item.partition("="))
        score = score_of(word)
        if number not in ("1", "2", "3", "4", "5") or score is None or score_text(score) in words:
            raise InputError(f"--scale: {item.strip()!r} is not word=N with N from 1 to 5, each word once")
        words[score_text(score)] = int(number)
    return Scale(name=given, words=words)
