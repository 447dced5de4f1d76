"""Whether two texts share a long run of words: how a prompt that repeats somebody's text is recognised.

Case, punctuation and line breaks do not matter. Chinese and Japanese have no spaces between words; there a run is
counted in characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_TOKEN = re.compile(rf"[{_CJK}]|(?:(?![{_CJK}])\w)+")
_ASCII_TOKEN = re.compile(r"\w+")  # the same where there is nothing but ASCII, several times as fast


@dataclass(frozen=True, slots=True, kw_only=True)
class RunLength:
    """From how many words on a run is not shared by chance."""

    words: int
    characters: int  # in scripts without spaces
    fewest_words: int  # a whole text shorter than a run counts from this length on
    fewest_characters: int


QUESTION = RunLength(words=8, characters=12, fewest_words=5, fewest_characters=8)
TEXT = RunLength(words=8, characters=12, fewest_words=8, fewest_characters=12)
PAYLOAD = RunLength(words=5, characters=8, fewest_words=1, fewest_characters=2)


def shared_run(text: str, other: str, *, except_in: str = "", length: RunLength = QUESTION) -> str | None:
    """Return a run that a text shares with another one, if there is one.

    Args:
        text: Where to look.
        other: Whose runs to look for: each of 8 words (12 characters), or all of it if it is a little shorter.
        except_in: Runs that occur here too do not count.
        length: Of a run; that of a question unless told.

    >>> shared_run("E.g. how do I clone a whole project, and where?", "How do I clone a whole project and its tasks?")
    'how do i clone a whole project and'
    >>> shared_run("Say how to clone a project.", "How do I clone a whole project and its tasks?") is None
    True
    """
    haystack, known = _searchable(text), _searchable(except_in)
    for run in _runs_of(other, length):
        needle = _joined(run)
        if needle in haystack and needle not in known:
            return _written(run)
    return None


def copied_run(text: str, sources: Iterable[str], *, except_in: str = "") -> str | None:
    """Return a run of 8 words (12 characters) that a short text took from one of many long ones, if there is one.

    As `shared_run`, but the short text's runs are looked for in all sources together: each source is read once.
    """
    known = _searchable(except_in)
    runs = {needle: run for run in _runs_of(text, TEXT) if (needle := _joined(run)) not in known}
    if not runs:
        return None
    haystack = "\n".join(_joined(_tokens(source)) for source in dict.fromkeys(sources))
    return next((_written(run) for needle, run in runs.items() if needle in haystack), None)


def _tokens(text: str) -> list[str]:
    return (_ASCII_TOKEN if text.isascii() else _TOKEN).findall(text.casefold())


def _joined(tokens: Iterable[str]) -> str:
    return f" {' '.join(tokens)} "


@lru_cache(maxsize=256)  # the same prompt is held against every question, the same comment against every hidden one
def _searchable(text: str) -> str:
    return _joined(_tokens(text))


@lru_cache(maxsize=4096)
def _runs_of(text: str, length: RunLength) -> tuple[tuple[str, ...], ...]:
    return tuple(map(tuple, _runs(_tokens(text), length)))


def _runs(tokens: list[str], length: RunLength) -> Iterator[list[str]]:
    n_cjk = sum(_is_cjk(token) for token in tokens)
    cjk = n_cjk * 2 > len(tokens)
    size, fewest = (length.characters, length.fewest_characters) if cjk else (length.words, length.fewest_words)
    if fewest <= len(tokens) < size:
        yield tokens
    for start in range(len(tokens) - size + 1):
        yield tokens[start : start + size]


def _written(run: tuple[str, ...]) -> str:
    return "".join(run) if _is_cjk(run[0]) else " ".join(run)


def _is_cjk(token: str) -> bool:
    return re.match(f"[{_CJK}]", token) is not None
