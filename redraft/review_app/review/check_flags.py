"""The automatic checks of an answer, in a few words each: beside the person's judgement, never instead of it."""

from __future__ import annotations

from typing import Literal, NamedTuple

from redraft.records import Answer

MAX_NAMED = 4


class CheckFlag(NamedTuple):
    """What a program saw."""

    words: str
    colour: Literal["orange", "red", "gray", "green"]


def check_flags(answer: Answer) -> list[CheckFlag]:
    """Say what is worth a look, the gravest first."""
    checks = answer.checks
    found: list[CheckFlag] = []
    if checks.refusal_right is False:
        found.append(CheckFlag("says it does not know" if checks.refused else "should say it does not know", "red"))
    elif checks.refused:
        found.append(CheckFlag("says it does not know", "gray"))
    if checks.unsupported:
        found.append(CheckFlag(f"in no passage: {_named(checks.unsupported)}", "orange"))
    if checks.quotes_found is not None and checks.quotes_found < 1:
        found.append(CheckFlag("a quotation is not in the passages", "orange"))
    if checks.citations_valid is not None and checks.citations_valid < 1:
        found.append(CheckFlag("names a source that it was not given", "orange"))
    if checks.sources_cited is False and not checks.refused:
        found.append(CheckFlag("names no source", "gray"))
    if checks.absent_words:
        found.append(CheckFlag(f"asked, but in no passage: {_named(checks.absent_words)}", "gray"))
    if checks.words is not None:
        found.append(CheckFlag(f"{checks.words} words", "gray"))
    return found


def _named(words: tuple[str, ...]) -> str:
    more = f" and {len(words) - MAX_NAMED} more" if len(words) > MAX_NAMED else ""
    return ", ".join(words[:MAX_NAMED]) + more
