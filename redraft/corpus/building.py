"""Builds an index, from nothing or from its parent (the index before it).

What the parent has embedded is not embedded again, whatever page the text has moved to; a text that occurs twice is
embedded once. How the rows get into Chroma: `redraft.corpus.rows`.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np

from redraft.corpus.chroma_server import ChromaServer, in_batches, opened_rows
from redraft.corpus.index_folder import (
    BM25,
    CHROMA,
    SERVED,
    EmbedTexts,
    IndexMeta,
    Sources,
    chunk_line,
    embedding_text,
    index_id,
    write_chunks,
    write_meta,
)
from redraft.corpus.keywords import Counts, count_tokens, load_tokens, save_keywords
from redraft.corpus.parent import Parent, load_parent
from redraft.corpus.publishing import built_beside
from redraft.corpus.rows import ParentRows, RowsLostError, store_rows
from redraft.corpus.vectors import Vectors, unit_rows
from redraft.errors import InputError, ModelReplyError
from redraft.records import Chunk


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexReport:
    """What building an index took."""

    index_id: str
    n_chunks: int
    n_documents: int
    texts_embedded: int  # sent to the embedding model
    texts_reused: int  # known from the parent, or repeated
    seconds: float
    note: str | None = None  # why the parent was not used


def build_index(  # noqa: PLR0913 - what is built, with what, from what, and where to
    chunks: Sequence[Chunk],
    embedder: EmbedTexts,
    folder: Path,
    *,
    parent: Path | None,
    sources: Sources | None = None,
    progress: str | None = None,
    server: ChromaServer | None = None,
) -> IndexReport:
    """Build an index in a fresh folder.

    Args:
        chunks: All chunks of the docs; their order does not matter.
        embedder: Called with the texts that the parent does not hold, each once.
        folder: Must not exist yet, or be empty; it appears only when the index is whole.
        parent: An earlier index to reuse; one of another embedder or a broken one is not used (see the note).
        sources: What `document_sources` gives, for citations.
        progress: Label of the progress bar.
        server: Where the vectors go; None: into the folder.

    Raises:
        InputError: There is nothing to index, or the folder is in use.
        ModelError: The embedder failed; no folder is left behind.
    """
    started = time.perf_counter()
    ordered = _ordered(chunks)
    if not ordered:
        raise InputError("no chunks to index", remedy="look at the list of skipped documents")
    ids = [chunk.id for chunk in ordered]
    with built_beside(folder) as beside:
        old, note = load_parent(parent, embedder.identity, ordered)
        if old is not None:
            old.write_chunks(ordered, beside)
        else:
            write_chunks(beside, ids, [chunk_line(chunk) for chunk in ordered])
        _store_words(ordered, beside / BM25, old)
        store = partial(_store_vectors if server is None else partial(_serve_vectors, server), ordered, embedder)
        try:
            embedded, dimension, deleted = store(beside, old, progress)
        except RowsLostError as error:
            note = f"{parent}: its vectors could not be used: {error}"
            embedded, dimension, deleted = store(beside, None, progress)
        meta = IndexMeta(
            id=index_id(ids, embedder.identity),
            embedder=embedder.identity,
            dimension=dimension,
            deleted_rows=deleted,
            sources=dict(sources or {}),
        )
        write_meta(beside, meta)
    return IndexReport(
        index_id=meta.id,
        n_chunks=len(ordered),
        n_documents=len({chunk.document_path for chunk in ordered}),
        texts_embedded=embedded,
        texts_reused=len(ordered) - embedded,
        seconds=time.perf_counter() - started,
        note=note,
    )


def texts_to_embed(
    chunks: Sequence[Chunk], identity: str, parent: Path | None, server: ChromaServer | None = None
) -> list[str]:
    """List the texts that `build_index` will have embedded, each once, in the same order everywhere.

    Args:
        chunks: All chunks of the docs.
        identity: The embedder's.
        parent: See `build_index`.
        server: See `build_index`.
    """
    ordered = _ordered(chunks)
    if server is not None and server.dimension(index_id([chunk.id for chunk in ordered], identity)) is not None:
        return []
    old, _ = load_parent(parent, identity, ordered)
    return list(dict.fromkeys(_new_texts(ordered, old.sources_of(ordered) if old else {}).values()))


def _ordered(chunks: Sequence[Chunk]) -> list[Chunk]:
    return sorted({chunk.id: chunk for chunk in chunks}.values(), key=lambda c: (c.document_path, c.ordinal, c.id))


def _new_texts(ordered: Sequence[Chunk], known: Mapping[str, str]) -> dict[str, str]:
    """Texts to embed by the ids of their chunks."""
    return {chunk.id: embedding_text(chunk) for chunk in ordered if chunk.id not in known}


def _store_words(ordered: Sequence[Chunk], folder: Path, parent: Parent | None) -> None:
    known: dict[int, Counts] = {}
    words: tuple[str, ...] = ()
    try:
        if parent is not None:
            tokens = load_tokens(parent.folder / BM25, len(parent.ids))
            if parent.lines is None:
                shutil.copytree(parent.folder / BM25, folder)
                return
            places = {chunk_id: place for place, chunk_id in enumerate(parent.ids)}
            known = {place: tokens.of(places[chunk.id]) for place, chunk in enumerate(ordered) if chunk.id in places}
            words = tokens.words
    except (OSError, ValueError):  # broken: words cost nothing but time to make anew
        shutil.rmtree(folder, ignore_errors=True)
    save_keywords(folder, count_tokens(ordered, known, words))


def _store_vectors(
    ordered: Sequence[Chunk], embedder: EmbedTexts, folder: Path, parent: Parent | None, progress: str | None
) -> tuple[int, int, int]:
    """Embed what is new and store every row; return how many texts were sent, a row's length, rows deleted so far."""
    sources = parent.sources_of(ordered) if parent else {}
    new, n_texts, dimension = _new_rows(ordered, embedder, parent, sources, progress)
    rows = None
    if parent is not None:
        rows = ParentRows(
            folder=parent.folder / CHROMA,
            ids=frozenset(parent.ids),
            source_of=sources,
            deleted=parent.meta.deleted_rows,
        )
    deleted = store_rows([chunk.id for chunk in ordered], new, folder / CHROMA, rows)
    return n_texts, dimension, deleted


def _serve_vectors(
    server: ChromaServer,
    ordered: Sequence[Chunk],
    embedder: EmbedTexts,
    folder: Path,
    parent: Parent | None,
    progress: str | None,
) -> tuple[int, int, int]:
    """Embed what is new and publish every row on a server; see `_store_vectors`."""
    ids = [chunk.id for chunk in ordered]
    name = index_id(ids, embedder.identity)
    (folder / SERVED).write_text(f"{name}\n", encoding="utf-8")
    there = server.dimension(name)
    if there is not None:
        return 0, there, 0
    sources = parent.sources_of(ordered) if parent else {}
    new, n_texts, dimension = _new_rows(ordered, embedder, parent, sources, progress)
    try:
        with opened_rows(parent.folder, parent.meta.id, server) if parent and sources else nullcontext() as known:
            server.publish(name, ids, in_batches(ids, new, known, sources))
    except InputError as error:  # the parent's collection is gone
        raise RowsLostError(error.message) from None
    return n_texts, dimension, 0


def _new_rows(
    ordered: Sequence[Chunk],
    embedder: EmbedTexts,
    parent: Parent | None,
    sources: Mapping[str, str],
    progress: str | None,
) -> tuple[dict[str, Vectors], int, int]:
    """Embed what the parent does not hold; return the rows by chunk id, how many texts were sent, a row's length."""
    texts = _new_texts(ordered, sources)
    fresh = list(dict.fromkeys(texts.values()))
    vectors = _embed(fresh, embedder, progress)
    if parent and fresh and vectors.shape[1] != parent.meta.dimension:
        raise RowsLostError(f"{vectors.shape[1]} numbers a text now, {parent.meta.dimension} then")
    place = {text: number for number, text in enumerate(fresh)}
    new = {chunk_id: vectors[place[text]] for chunk_id, text in texts.items()}
    return new, len(fresh), vectors.shape[1] if fresh or parent is None else parent.meta.dimension


def _embed(texts: Sequence[str], embedder: EmbedTexts, progress: str | None) -> Vectors:
    if not texts:
        return np.zeros((0, 0), dtype=np.float32)
    vectors = np.asarray(embedder.embed(texts, progress=progress))
    if vectors.ndim != 2 or len(vectors) != len(texts) or not np.isfinite(vectors).all():
        raise ModelReplyError(
            f"{embedder.identity}: expected {len(texts)} finite vectors, got an array of shape {vectors.shape}"
        )
    return unit_rows(vectors)
