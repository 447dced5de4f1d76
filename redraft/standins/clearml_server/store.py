"""JSON documents and events in one SQLite file (WAL): one connection, one transaction for each call.

A document is stored whole, beside the fields that are looked up often, which have an index. The file survives
`kill -9`: what was committed is there when the server opens it again.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from redraft.standins.clearml_server.call import Json, StoredText

_INDEXED = ("name", "project", "status", "type", "parent", "task", "job_hash")

COLUMNS = frozenset({"id", *_INDEXED})
"""What `Store.find` can narrow by, in SQL."""

_FORMAT = 2
_ENCODER = json.JSONEncoder(separators=(",", ":"))
_SCHEMA = f"""
CREATE TABLE IF NOT EXISTS documents (
    number INTEGER PRIMARY KEY,
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    {" TEXT, ".join(_INDEXED)} TEXT,
    doc TEXT NOT NULL,
    UNIQUE (kind, id)
);
{" ".join(f"CREATE INDEX IF NOT EXISTS by_{name} ON documents (kind, {name});" for name in _INDEXED)}
CREATE TABLE IF NOT EXISTS events (
    number INTEGER PRIMARY KEY,
    task TEXT NOT NULL,
    type TEXT NOT NULL,
    metric TEXT NOT NULL,
    variant TEXT NOT NULL,
    iter INTEGER NOT NULL,
    timestamp INTEGER NOT NULL,
    identity TEXT UNIQUE,
    doc TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS events_by_metric ON events (task, type, metric, variant, iter);
PRAGMA user_version = {_FORMAT};
"""
# an UPDATE rewrites the index of every column that it names, changed or not: most changes are none of these columns
_SAME = f"UPDATE documents SET doc = ? WHERE kind = ? AND id = ? AND {' AND '.join(f'{c} IS ?' for c in _INDEXED)}"  # noqa: S608
_PUT = (
    f"INSERT INTO documents (doc, kind, id, {', '.join(_INDEXED)}) VALUES (?, ?, ?{', ?' * len(_INDEXED)})"  # noqa: S608
    f" ON CONFLICT (kind, id) DO UPDATE SET doc = excluded.doc, {', '.join(f'{c} = excluded.{c}' for c in _INDEXED)}"
)


class StoreError(Exception):
    """The file is no database of this version."""


class Store:
    """The documents of one folder. Not for several threads or processes: the server has the file to itself.

    Raises:
        StoreError: another version made the file, or it is none.
    """

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        try:
            self._connection.execute("PRAGMA locking_mode = EXCLUSIVE")  # no locking calls for each request
            self._connection.execute("PRAGMA journal_mode = WAL")
            self._connection.execute("PRAGMA synchronous = NORMAL")
            self._connection.execute("PRAGMA cache_size = -8000")
            found = self._connection.execute("PRAGMA user_version").fetchone()[0]
            if found != _FORMAT and self._connection.execute("SELECT 1 FROM sqlite_master").fetchone():
                raise StoreError(f"{path} was made by another version; start with an empty folder")
            self._connection.executescript(_SCHEMA)
        except sqlite3.DatabaseError as error:
            raise StoreError(f"{path} cannot be opened: {error}") from error

    def close(self) -> None:
        """Fold the write-ahead log into the file and let go of it."""
        self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Commit everything that happens inside, or nothing if it raises."""
        self._connection.execute("BEGIN")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def get(self, kind: str, document_id: str) -> Json | None:
        """Return one document, or None."""
        text = self.get_text(kind, document_id)
        return None if text is None else json.loads(text)

    def get_text(self, kind: str, document_id: str) -> StoredText | None:
        """Return one document as it is stored, or None."""
        row = self._connection.execute(
            "SELECT doc FROM documents WHERE kind = ? AND id = ?", (kind, document_id)
        ).fetchone()
        return None if row is None else StoredText(row[0])

    def put(self, kind: str, document: Json) -> None:
        """Write one document, new or changed; a changed one keeps its place in the natural order."""
        columns = [value if isinstance(value, str) else None for value in map(document.get, _INDEXED[:-1])]
        job_hash = (document.get("runtime") or {}).get("pipeline_job_hash")
        values = (_ENCODER.encode(document), kind, document["id"], *columns, job_hash)
        if self._connection.execute(_SAME, values).rowcount == 0:
            self._connection.execute(_PUT, values)

    def delete(self, kind: str, document_id: str) -> bool:
        """Remove one document; say whether it was there."""
        cursor = self._connection.execute("DELETE FROM documents WHERE kind = ? AND id = ?", (kind, document_id))
        return cursor.rowcount > 0

    def find(self, kind: str, where: Mapping[str, Sequence[str]] | None = None) -> Iterator[Json]:
        """Return the documents whose columns hold one of the given values, in the order they were made."""
        clauses, values = ["kind = ?"], [kind]
        for column, allowed in (where or {}).items():
            if column not in COLUMNS:
                raise ValueError(f"no such column: {column}")
            clauses.append(f"{column} IN ({','.join('?' * len(allowed))})")
            values.extend(allowed)
        sql = f"SELECT doc FROM documents WHERE {' AND '.join(clauses)} ORDER BY number"  # noqa: S608 (names are ours)
        for (doc,) in self._connection.execute(sql, values).fetchall():
            yield json.loads(doc)

    def put_event(self, event: Json, identity: str | None) -> None:
        """Write one event; one with the same identity is overwritten."""
        self._connection.execute(
            "INSERT INTO events (task, type, metric, variant, iter, timestamp, identity, doc)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (identity) DO UPDATE"
            " SET doc = excluded.doc, timestamp = excluded.timestamp",
            (
                event["task"],
                event["type"],
                event["metric"],
                event["variant"],
                event["iter"],
                event["timestamp"],
                identity,
                _ENCODER.encode(event),
            ),
        )

    def events(self, task: str, event_type: str | None, order: str = "timestamp") -> list[Json]:
        """Return the events of a task (of one type, unless None), by time or by metric."""
        column = {"timestamp": "timestamp, number", "metric": "metric, variant, iter"}[order]
        sql = f"SELECT doc FROM events WHERE task = ? AND (? IS NULL OR type = ?) ORDER BY {column}"  # noqa: S608
        rows = self._connection.execute(sql, (task, event_type, event_type)).fetchall()
        return [json.loads(doc) for (doc,) in rows]

    def delete_events(self, task: str) -> int:
        """Remove the events of a task; return how many there were."""
        return self._connection.execute("DELETE FROM events WHERE task = ?", (task,)).rowcount
