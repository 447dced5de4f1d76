"""Files of other tools as rows: CSV (comma, semicolon or tab), JSON Lines, JSON or Parquet, told by their content."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from redraft.errors import InputError, all_problems
from redraft.tracking.import_formats.decoding import decode

MAX_MB = 50
SEPARATORS = {",": "commas", ";": "semicolons", "\t": "tabs"}
WRAPPERS = ("data", "runs", "records", "items", "rows", "traces", "results")  # of lists, in replies of an API
SHOWN_PROBLEMS = 20

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A file's rows as they are written, each with its place."""

    name: str
    kind: str  # "CSV with commas, UTF-8"
    sha256: str
    rows: tuple[tuple[str, Row], ...]  # ("line 2", {"question": ...})

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of all columns, in their order; of nested values only the outermost."""
        return tuple(dict.fromkeys(key for _, row in self.rows for key in row))


def read_source(path: Path) -> Source:
    """Read a file whole.

    Raises:
        InputError: It is missing, too large, empty, or not one of the kinds; every wrong line is named.
    """
    data = _bytes(path)
    if data.startswith(b"PAR1"):
        kind, rows = "Parquet", _parquet(data, path.name)
    else:
        text, encoding = decode(data, name=path.name)
        kind, rows = _text_rows(text, path.name)
        kind = f"{kind}, {encoding}"
    if not rows:
        raise InputError(f"{path.name}: no row in it", remedy="export the ratings with their questions and answers")
    return Source(name=path.name, kind=kind, sha256=hashlib.sha256(data).hexdigest(), rows=tuple(rows))


def _bytes(path: Path) -> bytes:
    try:
        size = path.stat().st_size
        if path.is_dir():
            raise InputError(f"{path}: a folder, expected a file")
        if size > MAX_MB * 1024 * 1024:
            raise InputError(
                f"{path.name}: {size / 1024 / 1024:.0f} MB, at most {MAX_MB} MB are read", remedy="import it in parts"
            )
        return path.read_bytes()
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None


def _text_rows(text: str, name: str) -> tuple[str, list[tuple[str, Row]]]:
    start = text.lstrip()[:1]
    if start == "[":
        return "JSON", _json_rows(text, name)
    if start == "{":
        first, _, more = text.strip().partition("\n")
        by_line = more and _is_json(first)
        return ("JSON Lines", _jsonl_rows(text, name)) if by_line else ("JSON", _json_rows(text, name))
    return _csv_rows(text, name)


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


def _jsonl_rows(text: str, name: str) -> list[tuple[str, Row]]:
    rows: list[tuple[str, Row]] = []
    problems = []
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            problems.append(f"{name} line {number}: not JSON ({getattr(error, 'msg', 'nested too deep')})")
            continue
        if isinstance(value, dict):
            rows.append((f"line {number}", value))
        else:
            problems.append(f"{name} line {number}: expected a JSON object, found {type(value).__name__}")
    _raise(problems)
    return rows


def _json_rows(text: str, name: str) -> list[tuple[str, Row]]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        where = f" line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise InputError(f"{name}{where}: not JSON ({getattr(error, 'msg', 'nested too deep')})") from None
    if isinstance(value, dict):
        value = _unwrapped(value)
    _raise(
        [
            f"{name} record {number}: expected a JSON object, found {type(row).__name__}"
            for number, row in enumerate(value, start=1)
            if not isinstance(row, dict)
        ]
    )
    return [(f"record {number}", row) for number, row in enumerate(value, start=1)]


def _unwrapped(value: dict[str, Any]) -> list[Any]:
    """The rows of a document: a list in it, columns of equal length, records by id, or the document itself."""
    for key in WRAPPERS:
        if isinstance(value.get(key), list):
            return list(value[key])
    lists = [len(item) for item in value.values() if isinstance(item, list)]
    if value and len(lists) == len(value) and len(set(lists)) == 1:
        return [dict(zip(value, cells, strict=True)) for cells in zip(*value.values(), strict=True)]
    if value and all(isinstance(item, dict) and "fields" in item for item in value.values()):
        return list(value.values())
    return [value]


def _csv_rows(text: str, name: str) -> tuple[str, list[tuple[str, Row]]]:
    limit = csv.field_size_limit(MAX_MB * 1024 * 1024)
    try:
        separator = _separator(text)
        return f"CSV with {SEPARATORS[separator]}", list(_cells(text, separator, name))
    except csv.Error as error:
        raise InputError(f"{name}: not a CSV file ({error})") from None
    finally:
        csv.field_size_limit(limit)


def _separator(text: str) -> str:
    """What stands most often between the column names."""
    head = text.lstrip().split("\n", 1)[0]
    return max(SEPARATORS, key=lambda mark: len(next(csv.reader([head], delimiter=mark), [])))


def _cells(text: str, separator: str, name: str) -> Iterator[tuple[str, Row]]:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    head = [column.strip() for column in next(reader, [])]
    twice = sorted({column for column in head if column and head.count(column) > 1})
    if twice:
        raise InputError(f"{name} line 1: two columns are called {twice[0]!r}", remedy="rename one of them")
    problems = []
    while True:
        line = reader.line_num + 1
        row = next(reader, None)
        if row is None:
            break
        if len(row) > len(head):
            problems.append(f"{name} line {line}: {len(row)} cells, but {len(head)} columns")
        elif any(cell.strip() for cell in row):
            cells = dict(zip(head, row, strict=False))
            yield f"line {line}", {column: cell for column, cell in cells.items() if column}
    _raise(problems)


def _parquet(data: bytes, name: str) -> list[tuple[str, Row]]:
    try:
        rows = pq.read_table(io.BytesIO(data)).to_pylist()
    except (OSError, ValueError) as error:  # pyarrow's own errors are kinds of these
        raise InputError(f"{name}: not a Parquet file that can be read ({type(error).__name__})") from None
    return [(f"row {number}", row) for number, row in enumerate(rows, start=1)]


def _raise(problems: list[str]) -> None:
    if problems:
        more = len(problems) - SHOWN_PROBLEMS
        shown = problems[:SHOWN_PROBLEMS] + ([f"and {more} more"] if more > 0 else [])
        raise InputError(all_problems(shown), remedy="nothing was imported; mend the file and import it again")
