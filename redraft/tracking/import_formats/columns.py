"""From a tool's columns to our fields: which column is what, said before anything is written.

--map score=stars        their column `stars` is our `score`
--map question=input.q   a part of a nested value
--map prompt=            no column is our `prompt`
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from redraft.errors import InputError
from redraft.learning.import_joins import flat
from redraft.learning.import_rows import ForeignRating
from redraft.learning.import_scales import score_of
from redraft.tracking.import_formats.reading import Row
from redraft.tracking.import_formats.texts import answer_text, parsed, question_text, system_text

FIELDS = (
    "question", "answer", "prompt", "extract_prompt", "score", "comment", "reviewer", "model", "variant", "answer_id",
    "tags", "split", "created",
)  # fmt: skip
MILLISECONDS = 1e11  # larger Unix times are in milliseconds
Choices = Mapping[str, str]
"""What somebody gave as --map: our field -> their column, or nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Laid:
    """A tool's rows, one a rating, and which of their columns is what."""

    rows: tuple[tuple[str, Row], ...]
    columns: Mapping[str, str]  # our field -> their column, as it is called there
    notes: tuple[str, ...] = ()  # what was left out, and why
    problems: tuple[str, ...] = ()  # rows that cannot be told


def parse_choices(items: Iterable[str]) -> dict[str, str]:
    """Read what somebody gave as --map.

    Raises:
        InputError: Not field=column, or no field of ours.
    """
    found: dict[str, str] = {}
    for item in items:
        name, sign, column = (part.strip() for part in item.partition("="))
        if not sign or name not in FIELDS:
            raise InputError(f"--map {item}: expected field=column", remedy=f"the fields are {', '.join(FIELDS)}")
        if name in found:
            raise InputError(f"--map: {name} is given twice")
        found[name] = column
    return found


def chosen_columns(rows: Sequence[tuple[str, Row]], guessed: Mapping[str, str], choices: Choices) -> dict[str, str]:
    """Put what somebody chose over what was guessed.

    Raises:
        InputError: No row has such a column.
    """
    for name, column in choices.items():
        if column and not any(has(row, column) for _, row in rows):
            raise InputError(f"--map {name}={column}: no such column", remedy=f"columns: {named_columns(rows)}")
    columns = {**guessed, **choices}
    return {name: columns[name] for name in FIELDS if columns.get(name)}


def named_columns(rows: Sequence[tuple[str, Row]]) -> str:
    """All columns, for a message."""
    return ", ".join(dict.fromkeys(str(key) for _, row in rows for key in row)) or "none"


def first_column(rows: Sequence[tuple[str, Row]], names: Iterable[str]) -> str | None:
    """The first of these columns that the rows have, whatever the case of its name."""
    known = {str(key).strip().lower().replace(" ", "_"): str(key) for _, row in rows for key in row}
    return next((known[name] for name in names if name in known), None)


def has(row: Row, column: str) -> bool:
    """Whether a row has a column, or a nested value there."""
    return column in row or _nested(row, column) is not _MISSING


def look_up(row: Row, column: str) -> Any:
    """The value of a column; None if there is none."""
    found = row[column] if column in row else _nested(row, column)
    return None if found is _MISSING else found


_MISSING = object()


def _nested(row: Row, column: str) -> Any:
    """A part of a nested value; names may have dots themselves, as flattened tables do."""
    head, dot, rest = column.partition(".")
    while dot:
        value = parsed(row.get(head))
        if isinstance(value, Mapping):
            return look_up(value, rest) if has(value, rest) else _MISSING
        more, dot, rest = rest.partition(".")
        head = f"{head}.{more}"
    return _MISSING


def to_ratings(laid: Laid) -> list[ForeignRating]:
    """Read every row by its columns."""
    return [_rating(place, row, laid.columns) for place, row in laid.rows]


def _rating(place: str, row: Row, columns: Mapping[str, str]) -> ForeignRating:
    values = {name: look_up(row, column) for name, column in columns.items()}
    # a chat holds the system message beside the question
    chat = columns.get("prompt") is not None and columns.get("prompt") == columns.get("question")
    texts = {name: text_of(values.get(name)) for name in ("comment", "reviewer", "model", "variant", "answer_id")}
    return ForeignRating(
        place=place,
        question=question_text(values.get("question")),
        answer=answer_text(values.get("answer")),
        prompt=system_text(values.get("prompt")) if chat else text_of(values.get("prompt")),
        extract_prompt=text_of(values.get("extract_prompt")),
        score=score_of(values.get("score")),
        tags=_tags(values.get("tags")),
        split=(text_of(values.get("split")) or "").lower() or None,
        created=time_of(values.get("created")),
        **texts,
    )


def text_of(value: Any) -> str | None:
    """A cell as text; None: it is empty."""
    if value is None or (isinstance(value, float) and value != value):
        return None
    return flat(str(value)) or None


def time_of(value: Any) -> float | None:
    """A date as Unix time: ISO 8601 (UTC unless it says otherwise), seconds or milliseconds; None: it is none.

    >>> time_of("2026-01-02T03:04:05Z"), time_of(1767323045250), time_of("yesterday")
    (1767323045.0, 1767323045.25, None)
    """
    try:
        number = float(value)
    except (TypeError, ValueError):
        try:
            date = datetime.datetime.fromisoformat(str(value).strip())
        except ValueError:
            return None
        return (date if date.tzinfo else date.replace(tzinfo=datetime.UTC)).timestamp()
    if not 0 < number < float("inf"):
        return None
    return number / 1000 if number > MILLISECONDS else number


def _tags(value: Any) -> tuple[str, ...]:
    value = parsed(value)
    items: Iterable[Any] = value.split(";") if isinstance(value, str) else value if isinstance(value, list) else ()
    return tuple(text for text in (text_of(item) for item in items) if text)


Lay = Callable[[Sequence[tuple[str, Row]], Choices], Laid]
"""Lays a tool's rows out, one a rating."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """How one tool writes ratings."""

    name: str
    recognises: Callable[[Sequence[tuple[str, Row]]], bool]
    lay: Lay
    beside: str | None = None  # the column of a row that names the row of a second file which it is about
