"""What the tables of `exporting` and `exporting_events` share: columns with their types, times, a variant's prompts."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import pyarrow as pa

from redraft.learning.history import History

Kind = type[str] | type[int] | type[float] | type[bool] | type[list[str]]

_TYPES: Mapping[Kind, Any] = {
    str: pd.ArrowDtype(pa.string()),
    int: pd.ArrowDtype(pa.int64()),
    float: pd.ArrowDtype(pa.float64()),
    bool: pd.ArrowDtype(pa.bool_()),
    list: pd.ArrowDtype(pa.list_(pa.string())),
}


def frame_of(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, Kind]) -> pd.DataFrame:
    """Make a table of rows that hold every column; what is None is missing."""
    return pd.DataFrame(
        {name: pd.Series([row[name] for row in rows], dtype=_TYPES[kind]) for name, kind in columns.items()}
    )


def prompt_cells(history: History, variant_id: str | None) -> dict[str, str | None]:
    """Texts of a variant's `answer_prompt` and `extract_prompt`; None: the history does not hold it."""
    variant = history.variants.get(variant_id) if variant_id else None
    ids = [variant.answer_prompt_id, variant.extract_prompt_id] if variant else ["", ""]
    answer, extract = (history.prompts.get(prompt_id) for prompt_id in ids)
    return {"answer_prompt": answer.text if answer else None, "extract_prompt": extract.text if extract else None}


def iso_time(created: float) -> str | None:
    """Write a Unix time as people and programs read it.

    >>> iso_time(1767323045.25), iso_time(0.0)
    ('2026-01-02T03:04:05Z', None)
    """
    if not created:
        return None
    return f"{datetime.datetime.fromtimestamp(created, tz=datetime.UTC):%Y-%m-%dT%H:%M:%SZ}"
