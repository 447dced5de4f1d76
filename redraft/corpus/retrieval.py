"""Finds the passages that a question is answered from: by words and by meaning, fused by rank."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from redraft.corpus.index import Index
from redraft.corpus.index_folder import EmbedTexts
from redraft.corpus.ranking import VECTORS_WEIGHT, WORDS_WEIGHT, fuse
from redraft.corpus.vectors import unit_rows
from redraft.errors import InputError
from redraft.records import Chunk
from redraft.settings import RetrievalSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A chunk that was found for a question."""

    chunk: Chunk
    score: float
    rank: int  # from 1


def retrieve(
    index: Index, queries: Sequence[str], embedder: EmbedTexts, settings: RetrievalSettings
) -> list[list[Passage]]:
    """Find the passages for each query: at most `top_k`, at most `chunks_per_page` of one page, best first.

    Raises:
        InputError: The index was built by another embedder: its vectors mean something else.
    """
    if embedder.identity != index.embedder:
        raise InputError(
            f"index {index.id} was embedded by {index.embedder}, the query would be by {embedder.identity}",
            remedy="use the embedding model that the index was built with, or build it again",
        )
    asked = [number for number, query in enumerate(queries) if query.strip()]
    found: list[list[Passage]] = [[] for _ in queries]
    if not asked:
        return found
    pool = max(settings.pool, settings.top_k)
    vectors = unit_rows(embedder.embed([queries[number] for number in asked]))
    for number, by_meaning in zip(asked, index.nearest(vectors, pool), strict=True):
        by_words = index.best_by_words(queries[number], pool)
        scores = fuse([(WORDS_WEIGHT, by_words), (VECTORS_WEIGHT, by_meaning)], settings.rank_constant)
        found[number] = _choose(index, scores, settings)
    return found


def _choose(index: Index, scores: Sequence[tuple[str, float]], settings: RetrievalSettings) -> list[Passage]:
    passages: list[Passage] = []
    of_page: Counter[str] = Counter()
    for key, score in scores:
        chunk = index.chunks[key]
        if of_page[chunk.document_path] < settings.chunks_per_page:
            of_page[chunk.document_path] += 1
            passages.append(Passage(chunk=chunk, score=score, rank=len(passages) + 1))
        if len(passages) == settings.top_k:
            break
    return passages
