"""The schema versions of files of records, and how rows of an older one become rows of the present one.

A version is raised when a file of records may hold what an older Redraft cannot read. Files are never rewritten: a row
is migrated each time that it is read, one version after another. It knows no record, only names and plain values, so
that a migration stays as it was written when records change again.

1 -> 2: `Decision.figures`, `VariantScore.n_stale`, what an iteration cost (`IterationResult`) and `LlmCall.kept` were
added, with defaults; the kinds Judgement, EditEffect, Evidence and KeptReply are new. No field changed its meaning, so
rows stay as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from redraft.errors import RecordError

SCHEMA_VERSION = 2

Row = dict[str, Any]
"""A record as plain JSON values, by field name."""

Migration = Callable[[str, Row], Row]
"""Kind of record and its row in one version -> its row in the next version; it never changes its argument."""


def unchanged(kind: str, row: Row) -> Row:
    """Return the row as it is: what was added since has a default."""
    del kind
    return row


MIGRATIONS: Mapping[int, Migration] = {1: unchanged}
"""Version that a file has -> the step to the next one."""


def check_version(version: object, *, name: str) -> int:
    """Return a file's schema version if this Redraft reads it.

    Args:
        version: What the header says; anything that JSON can hold, None when it says nothing.
        name: What to call the file in messages.

    Raises:
        RecordError: Unknown, newer or missing version, with the versions that can be read.

    >>> check_version(99, name="ratings.jsonl")
    Traceback (most recent call last):
    redraft.errors.RecordError: ratings.jsonl: schema version 99, this Redraft reads 1 and 2. Use the version of \
Redraft that wrote it, or a newer one; the file stays as it is.
    """
    # `True` equals 1 and 2.0 equals 2, but neither is a version that any Redraft wrote
    if type(version) is int and (version == SCHEMA_VERSION or version in MIGRATIONS):
        return version
    readable = " and ".join(str(each) for each in (*sorted(MIGRATIONS), SCHEMA_VERSION))
    found = "no schema version" if version is None else f"schema version {version!r}"
    raise RecordError(
        f"{name}: {found}, this Redraft reads {readable}",
        remedy="use the version of Redraft that wrote it, or a newer one; the file stays as it is",
    )


def migrate(kind: str, row: Row, version: int, *, migrations: Mapping[int, Migration] = MIGRATIONS) -> Row:
    """Bring a row of a readable version to the newest one, step by step.

    >>> steps = {1: lambda kind, row: {**row, "b": row["a"]}, 2: lambda kind, row: {**row, "c": row["b"]}}
    >>> migrate("Kind", {"a": 5}, 1, migrations=steps)
    {'a': 5, 'b': 5, 'c': 5}
    >>> migrate("Kind", {"b": 5}, 2, migrations=steps)
    {'b': 5, 'c': 5}
    """
    while version in migrations:
        row, version = migrations[version](kind, row), version + 1
    return row
