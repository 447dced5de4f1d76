"""The index of one docs version: its chunks, their vectors (Chroma) and their words (BM25), in one folder.

    index.json      what it is: {"schema": 1, "id": "i-...", "embedder": "...", "dimension": 384, "sources": {...}}
    chunks.jsonl    the chunks, ordered by document and place
    ids.txt         their ids, in the same order
    chroma/         one row a chunk, under the chunk's id
    served.txt      instead of chroma/ where the rows are in a Chroma server: the name of the collection
    bm25/           weights and tokens

It is built in a fresh folder by one writer and published whole (`redraft.corpus.building`); a finished index is only
read. Chroma changes bytes when it opens a folder, so an index is known by its id, never by its bytes.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType

from redraft.corpus.archive import pack_index, unpack_index
from redraft.corpus.building import IndexReport, build_index, texts_to_embed
from redraft.corpus.chroma_server import ChromaServer, chroma_server, opened_rows
from redraft.corpus.index_folder import (
    BM25,
    CHROMA,
    CHUNKS,
    SERVED,
    EmbedTexts,
    IndexMeta,
    document_sources,
    embedding_text,
    index_id,
    parse_chunks,
    read_meta,
)
from redraft.corpus.keywords import Keywords
from redraft.corpus.ranking import Hit
from redraft.corpus.vectors import Neighbours, Vectors
from redraft.errors import InputError
from redraft.records import Chunk

__all__ = [
    "EmbedTexts",
    "Index",
    "IndexReport",
    "build_index",
    "chroma_server",
    "document_sources",
    "embedding_text",
    "index_id",
    "open_index",
    "pack_index",
    "texts_to_embed",
    "unpack_index",
]


class Index:
    """A finished index, open for searching, also by several threads. Use it as a context manager, or close it."""

    def __init__(
        self, folder: Path, meta: IndexMeta, chunks: Sequence[Chunk], server: ChromaServer | None = None
    ) -> None:
        self.id = meta.id
        self.embedder = meta.embedder
        self.sources: Mapping[str, tuple[str, str | None]] = meta.sources
        self.chunks: Mapping[str, Chunk] = {chunk.id: chunk for chunk in chunks}
        self._folder = folder
        self._server = server
        self._keywords: Keywords | None = None
        self._neighbours: Neighbours | None = None
        self._open = ExitStack()
        self._lock = threading.Lock()  # both halves are opened at their first search

    def nearest(self, vectors: Vectors, count: int) -> list[list[Hit]]:
        """Find the chunks nearest to each vector, best first."""
        with self._lock:
            if self._neighbours is None:
                collection = self._open.enter_context(opened_rows(self._folder, self.id, self._server))
                self._neighbours = Neighbours(collection, list(self.chunks))
            return self._neighbours.nearest(vectors, count)

    def best_by_words(self, query: str, count: int) -> list[Hit]:
        """Find the chunks that hold words of the query, best first."""
        with self._lock:
            if self._keywords is None:
                self._keywords = Keywords(self._folder / BM25, list(self.chunks.values()))
            return self._keywords.best(query, count)

    def close(self) -> None:
        """Close the vector store."""
        with self._lock:
            self._neighbours = None
            self._open.close()

    def __enter__(self) -> Index:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def open_index(folder: Path, server: ChromaServer | None = None) -> Index:
    """Open a finished index for searching.

    Args:
        folder: Where it is.
        server: Where its vectors are, if they are not in the folder.

    Raises:
        InputError: The folder is not an index, or not a whole one.
    """
    meta = read_meta(folder)
    try:
        chunks = parse_chunks((folder / CHUNKS).read_text(encoding="utf-8"), name=str(folder / CHUNKS))
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{folder / CHUNKS}: cannot be read: {error}", remedy="build the index again") from None
    if index_id([chunk.id for chunk in chunks], meta.embedder) != meta.id:
        raise InputError(f"{folder}: {CHUNKS} does not belong to index {meta.id}", remedy="build the index again")
    for part in (BM25,) if (folder / SERVED).exists() else (CHROMA, BM25):
        if not (folder / part).is_dir():
            raise InputError(f"{folder}: {part}/ is missing", remedy="build the index again")
    return Index(folder, meta, chunks, server)
