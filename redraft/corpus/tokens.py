"""Makes the words that BM25 counts.

A word becomes its stem; an identifier is kept whole, with the stems of its parts beside it. Chinese and Japanese, which
have no spaces, become pairs of neighbouring characters.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from functools import lru_cache
from typing import cast

_CJK = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_RUN = re.compile(rf"[{_CJK}]+|[^\W{_CJK}]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_PART = re.compile(r"[^\W\d_]+|\d+")


def tokenize(text: str) -> list[str]:
    """List the tokens of a text, repeated as often as they occur.

    >>> tokenize("Running BackgroundTasks")
    ['run', 'backgroundtasks', 'background', 'task']
    >>> tokenize("max_age 数据库")
    ['max_age', 'max', 'age', '数据', '据库']
    """
    return [token for run in _RUN.findall(unicodedata.normalize("NFKC", text)) for token in _tokens_of(run)]


@lru_cache(maxsize=200_000)
def _tokens_of(run: str) -> tuple[str, ...]:
    if re.match(f"[{_CJK}]", run):
        return tuple(run[i : i + 2] for i in range(len(run) - 1)) or (run,)
    whole = run.lower()
    parts = [part.lower() for part in _PART.findall(_CAMEL.sub("_", run))]
    stem = _stemmer()
    if len(parts) < 2:
        return (stem(whole),)
    return tuple(dict.fromkeys([whole, *(stem(part) for part in parts)]))


@lru_cache(maxsize=1)
def _stemmer() -> Callable[[str], str]:
    import Stemmer

    return cast("Callable[[str], str]", Stemmer.Stemmer("english").stemWord)
