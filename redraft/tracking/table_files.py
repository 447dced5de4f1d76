"""Tables as files for other programs: CSV, JSONL, Parquet. Written whole or not at all."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from redraft.errors import InputError
from redraft.tracking.inert_cells import inert
from redraft.tracking.prompt_file import write_whole


def write_table(frame: pd.DataFrame, path: Path) -> None:
    """Write a table whole or not at all, as its file's name says: .csv, .jsonl or .parquet.

    Raises:
        InputError: Another suffix, or it cannot be written there.
    """
    suffix = path.suffix.lower()
    if suffix not in FORMATS:
        raise InputError(
            f"{path}: expected a file that ends in {', '.join(FORMATS)}, got {path.suffix or 'no ending'}",
            remedy=f"name it {path.stem or 'ratings'}.csv, for instance",
        )
    write_whole(path, FORMATS[suffix](frame))


def csv_bytes(frame: pd.DataFrame) -> bytes:
    """Write a table for spreadsheets: UTF-8 with its mark, and no cell that would be taken for a formula."""
    cells = frame.astype(object).where(frame.notna(), None).map(_cell)
    return cells.to_csv(index=False, lineterminator="\r\n").encode("utf-8-sig")


def jsonl_bytes(frame: pd.DataFrame) -> bytes:
    """Write a JSON object a line; what is missing is null."""
    rows = frame_rows(frame)
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()


def parquet_bytes(frame: pd.DataFrame) -> bytes:
    """Write a table with its types, but without pandas' own note of them: it cannot read back its note of a list."""
    file = BytesIO()
    pq.write_table(pa.Table.from_pandas(frame, preserve_index=False).replace_schema_metadata(None), file)
    return file.getvalue()


FORMATS: Mapping[str, Callable[[pd.DataFrame], bytes]] = {
    ".csv": csv_bytes,
    ".jsonl": jsonl_bytes,
    ".parquet": parquet_bytes,
}


def frame_rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows as plain values; what is missing is None."""
    rows: list[dict[str, Any]] = pa.Table.from_pandas(frame, preserve_index=False).to_pylist()
    return rows


def _cell(value: Any) -> Any:
    if isinstance(value, str):
        return inert(value)
    return inert("; ".join(map(str, value))) if hasattr(value, "__len__") else value
