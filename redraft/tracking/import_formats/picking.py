"""Which of several scores of an answer is the rating: the only one that people gave, or the one that somebody names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from redraft.errors import InputError
from redraft.learning.words import counted
from redraft.tracking.import_formats.columns import Choices
from redraft.tracking.import_formats.reading import Row

Scored = tuple[list[tuple[str, Row]], tuple[str, ...]]
"""Rows with a score each, and what was left out."""


def without(n: int, what: str) -> tuple[str, ...]:
    """Say of how many there is no score; nothing, if all have one."""
    return (f"left out: {counted(n, what)} without a score",) if n else ()


def named_scores(rows: Iterable[tuple[str, Row]], machines: Sequence[str]) -> Scored:
    """Leave scores out that a model gave.

    Args:
        rows: Each with a `score` that has `name` and maybe `source`.
        machines: Sources that are no people.
    """
    given: list[tuple[str, Row]] = []
    n_machine = 0
    for place, row in rows:
        if str(row["score"].get("source") or "") in machines:
            n_machine += 1
        else:
            given.append((place, row))
    return given, (f"left out: {counted(n_machine, 'score')} that a model gave",) if n_machine else ()


def pick(scored: Scored, choices: Choices, what: str) -> Scored:
    """Keep the scores of one name.

    Args:
        scored: From `named_scores`.
        choices: `score` may name the one.
        what: What the tool calls a name.

    Raises:
        InputError: There is none, no such one, or more than one and nobody said which.
    """
    rows, notes = scored
    names: Counter[Any] = Counter(row["score"].get("name") for _, row in rows)
    if not names:
        raise InputError("no score that a person gave", remedy="; ".join(notes) or "export the scores with the answers")
    listed = ", ".join(f"{name} ({n})" for name, n in sorted(names.items(), key=lambda item: (-item[1], str(item[0]))))
    wanted = choices.get("score") or (next(iter(names)) if len(names) == 1 else None)
    if wanted is None:
        raise InputError(
            f"more than one {what} was given: {listed}",
            remedy=f"say which is the rating: --map score={next(iter(names))}",
        )
    if wanted not in names:
        raise InputError(f"--map score={wanted}: no such {what}", remedy=f"there are {listed}")
    kept = [(place, row) for place, row in rows if row["score"].get("name") == wanted]
    others = len(rows) - len(kept)
    left = (f"left out: {counted(others, 'score')} with other names ({listed})",) if others else ()
    return kept, (f"the {what} is {wanted}", *notes, *left)
