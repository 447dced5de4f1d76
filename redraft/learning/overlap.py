"""Whether two texts share a long run of words: how a prompt that quotes an example question is recognised.

Case, punctuation and line breaks do not matter. Chinese and Japanese have no spaces between words; there a run is
counted in characters.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

WORDS = 8  # length of a run that is not shared by chance
CHARACTERS = 12  # ... in scripts without spaces
FEWEST_WORDS = 5  # a whole question shorter than a run counts from this length on
FEWEST_CHARACTERS = 8

_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_TOKEN = re.compile(rf"[{_CJK}]|(?:(?![{_CJK}])\w)+")


def shared_run(text: str, question: str, *, except_in: str = "") -> str | None:
    """Return a run that a text shares with a question, if there is one.

    Args:
        text: Where to look.
        question: Whose runs to look for: each of 8 words (12 characters), or all of it if it is a little shorter.
        except_in: Runs that occur here too do not count.

    >>> shared_run("E.g. how do I clone a whole project, and where?", "How do I clone a whole project and its tasks?")
    'how do i clone a whole project and'
    >>> shared_run("Say how to clone a project.", "How do I clone a whole project and its tasks?") is None
    True
    """
    haystack, known = _joined(_tokens(text)), _joined(_tokens(except_in))
    for run in _runs(_tokens(question)):
        needle = _joined(run)
        if needle in haystack and needle not in known:
            return "".join(run) if _is_cjk(run[0]) else " ".join(run)
    return None


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(text.casefold())


def _joined(tokens: list[str]) -> str:
    return f" {' '.join(tokens)} "


def _runs(tokens: list[str]) -> Iterator[list[str]]:
    n_cjk = sum(_is_cjk(token) for token in tokens)
    cjk = n_cjk * 2 > len(tokens)
    length, fewest = (CHARACTERS, FEWEST_CHARACTERS) if cjk else (WORDS, FEWEST_WORDS)
    if fewest <= len(tokens) < length:
        yield tokens
    for start in range(len(tokens) - length + 1):
        yield tokens[start : start + length]


def _is_cjk(token: str) -> bool:
    return re.match(f"[{_CJK}]", token) is not None
