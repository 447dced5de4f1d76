"""What `reindex.py` gives LangChain's `index`: embeddings that are counted, and a record manager that survives."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from contextlib import closing
from pathlib import Path

from langchain_core.embeddings import Embeddings
from langchain_core.indexing import InMemoryRecordManager
from langchain_openai import OpenAIEmbeddings


class Counted(Embeddings):
    """LangChain's embeddings with a count of the texts that were sent."""

    def __init__(self, environ: Mapping[str, str], model: str, batch_size: int) -> None:
        self.sent = 0
        self._inner = OpenAIEmbeddings(
            model=model,
            base_url=environ["OPENAI_BASE_URL"],
            api_key=environ["OPENAI_API_KEY"],  # type: ignore[arg-type]  # it makes a secret of it
            check_embedding_ctx_length=False,
            chunk_size=batch_size,
        )

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Embed texts."""
        self.sent += len(texts)
        return self._inner.embed_documents(texts)

    def embed_query(self, text: str) -> list[float]:
        """Embed one text."""
        return self._inner.embed_query(text)


class KeptRecords(InMemoryRecordManager):
    """LangChain's record manager on an SQLite file, with the statements of its SQL one."""

    def __init__(self, file: Path) -> None:
        super().__init__(namespace="docs")
        self._file = file

    def create_schema(self) -> None:
        """Make the table."""
        with closing(sqlite3.connect(self._file)) as base, base:
            base.execute("CREATE TABLE IF NOT EXISTS record (key TEXT PRIMARY KEY, group_id TEXT, updated_at REAL)")
            base.execute("CREATE INDEX IF NOT EXISTS by_time ON record (updated_at)")

    def get_time(self) -> float:
        """Give the database's time."""
        with closing(sqlite3.connect(self._file)) as base:
            days: float = base.execute("SELECT julianday('now')").fetchone()[0]
            return (days - 2440587.5) * 86400.0

    def update(
        self, keys: Sequence[str], *, group_ids: Sequence[str | None] | None = None, time_at_least: float | None = None
    ) -> None:
        """Note that keys were seen."""
        now = self.get_time()
        if time_at_least and now < time_at_least:
            raise ValueError(f"time went back: {now} < {time_at_least}")
        rows = [(key, group, now) for key, group in zip(keys, group_ids or [None] * len(keys), strict=True)]
        with closing(sqlite3.connect(self._file)) as base, base:
            base.executemany("INSERT OR REPLACE INTO record VALUES (?, ?, ?)", rows)

    def exists(self, keys: Sequence[str]) -> list[bool]:
        """Say which keys are known."""
        marks = ",".join("?" * len(keys))
        with closing(sqlite3.connect(self._file)) as base:
            found = base.execute(f"SELECT key FROM record WHERE key IN ({marks})", list(keys))  # noqa: S608 - marks only
            known = {key for (key,) in found}
        return [key in known for key in keys]

    def list_keys(
        self,
        *,
        before: float | None = None,
        after: float | None = None,
        group_ids: Sequence[str] | None = None,
        limit: int | None = None,
    ) -> list[str]:
        """List the keys not seen since; `index(cleanup="full")` asks by nothing else."""
        if after is not None or group_ids is not None:
            raise NotImplementedError  # what `index(cleanup="full")` does not ask
        with closing(sqlite3.connect(self._file)) as base:
            found = base.execute("SELECT key FROM record WHERE updated_at < ? LIMIT ?", (before, limit or -1))
            return [key for (key,) in found]

    def delete_keys(self, keys: Sequence[str]) -> None:
        """Forget keys."""
        with closing(sqlite3.connect(self._file)) as base, base:
            base.executemany("DELETE FROM record WHERE key = ?", [(key,) for key in keys])
