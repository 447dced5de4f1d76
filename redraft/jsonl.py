"""Records in and out of files, as JSON Lines.

The first line of a file names its kind and schema version, each further line holds one record:

    {"redraft": "Question", "schema": 2}
    {"id": "q-4fd0a1...", "text": "How do I ...?", "split": "dev", "answerable": true, "note": null, "replaces": null}

Files of older versions are read too (`redraft.migrations`); files are always written in the present one.
"""

from __future__ import annotations

import dataclasses
import json
import os
import tempfile
import types
import typing
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar

from redraft.errors import RecordError, all_problems
from redraft.migrations import SCHEMA_VERSION, check_version, migrate

RecordT = TypeVar("RecordT")


def to_dict(record: Any) -> dict[str, Any]:
    """Turn a record into plain JSON values."""
    return dataclasses.asdict(record)


def from_dict(kind: type[RecordT], data: dict[str, Any]) -> RecordT:
    """Read a record back, checking names and types.

    Raises:
        RecordError: An unknown, missing or ill-typed field, named.

    >>> from redraft.records import Extract
    >>> from_dict(Extract, {"chunk_id": "c-1", "text": 3})
    Traceback (most recent call last):
    redraft.errors.RecordError: Extract.text: expected str, got 3
    """
    hints = _type_hints(kind)
    unknown = sorted(set(data) - set(hints))
    if unknown:
        raise RecordError(f"{kind.__name__}: unknown field {unknown[0]!r}; known fields: {', '.join(hints)}")
    values = {name: _convert(f"{kind.__name__}.{name}", hints[name], value) for name, value in data.items()}
    try:
        return kind(**values)
    except TypeError as error:
        raise RecordError(f"{kind.__name__}: {error}".replace(f"{kind.__name__}.__init__() ", "")) from None


_hints_cache: dict[type, dict[str, Any]] = {}


def _type_hints(kind: type) -> dict[str, Any]:
    if kind not in _hints_cache:
        _hints_cache[kind] = typing.get_type_hints(kind)
    return _hints_cache[kind]


def _convert(where: str, expected: Any, value: Any) -> Any:
    origin, args = typing.get_origin(expected), typing.get_args(expected)
    if origin in (types.UnionType, typing.Union):
        if value is None:
            return None
        return _convert(where, next(arg for arg in args if arg is not type(None)), value)
    if origin is Literal:
        if value in args:
            return value
        raise RecordError(f"{where}: expected one of {', '.join(map(str, args))}, got {value!r}")
    if origin is tuple and isinstance(value, list | tuple):
        kinds = args[:1] * len(value) if args[-1] is Ellipsis else args
        if len(kinds) == len(value):
            return tuple(_convert(where, kind, item) for kind, item in zip(kinds, value, strict=True))
    if dataclasses.is_dataclass(expected) and isinstance(value, dict):
        return from_dict(typing.cast("type[Any]", expected), value)
    if expected is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if isinstance(expected, type) and isinstance(value, expected) and (expected is bool or not isinstance(value, bool)):
        return value
    raise RecordError(f"{where}: expected {getattr(expected, '__name__', expected)}, got {value!r}")


def dump_jsonl(kind: type[RecordT], records: Iterable[RecordT]) -> str:
    """Write records as JSON Lines, the header first."""
    lines = [json.dumps({"redraft": kind.__name__, "schema": SCHEMA_VERSION})]
    lines += [json.dumps(to_dict(record), ensure_ascii=False, separators=(",", ":")) for record in records]
    return "\n".join(lines) + "\n"


def parse_jsonl(kind: type[RecordT], text: str, *, name: str) -> list[RecordT]:
    """Read records back, reporting every wrong line at once.

    Args:
        kind: The record that the file must hold.
        text: The file's content.
        name: What to call the file in messages.

    Raises:
        RecordError: Not JSON, another kind of record, a schema version that is not read, or wrong fields; with line
            numbers.
    """
    lines = text.split("\n")  # never `splitlines`: it also breaks at U+2028, which JSON leaves as it is
    version = _read_header(kind, lines[0], name)
    records, problems = [], []
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip():
            continue
        try:
            records.append(_record(kind, json.loads(line), version))
        except json.JSONDecodeError as error:
            problems.append(f"{name} line {number}: not JSON ({error.msg} at column {error.colno})")
        except RecordError as error:
            problems.append(f"{name} line {number}: {error}")
    if problems:
        raise RecordError(all_problems(problems))
    return records


def check_header(header: Mapping[str, Any], *, kind: str, name: str) -> int:
    """Return the schema version of a file of records.

    Args:
        header: Its first line.
        kind: Name of the record that the file must hold.
        name: What to call the file in messages.

    Raises:
        RecordError: It holds another kind of record, or has a schema version that is not read.
    """
    if header["redraft"] != kind:
        raise RecordError(f"{name}: holds {header['redraft']} records, expected {kind}")
    return check_version(header.get("schema"), name=name)


def _record(kind: type[RecordT], row: Any, version: int) -> RecordT:
    if not isinstance(row, dict):
        raise RecordError(f"{kind.__name__}: expected fields, got {row!r}")
    return from_dict(kind, migrate(kind.__name__, row, version))


def _read_header(kind: type, line: str, name: str) -> int:
    """Return the file's schema version."""
    try:
        header = json.loads(line)
    except json.JSONDecodeError:
        header = None
    if not isinstance(header, dict) or "redraft" not in header:
        raise RecordError(f'{name} line 1: expected {{"redraft": "{kind.__name__}", "schema": {SCHEMA_VERSION}}}')
    return check_header(header, kind=kind.__name__, name=name)


def write_jsonl(path: Path, kind: type[RecordT], records: Iterable[RecordT]) -> Path:
    """Write a file of records whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(dump_jsonl(kind, records))
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    return path


def read_jsonl(path: Path, kind: type[RecordT]) -> list[RecordT]:
    """Read a file of records; see `parse_jsonl`."""
    try:
        return parse_jsonl(kind, path.read_text(encoding="utf-8"), name=str(path))
    except FileNotFoundError:
        raise RecordError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise RecordError(f"{path}: a folder, expected a file of {kind.__name__} records") from None
    except UnicodeDecodeError as error:
        raise RecordError(f"{path}: not UTF-8 (byte {error.start})") from None
