"""The word half of an index: BM25 (bm25s), with the tokens of every chunk kept for the next index to reuse.

Source: Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), in Lucene's form.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from redraft.corpus.index_folder import embedding_text
from redraft.corpus.ranking import Hit, stand_out
from redraft.corpus.tokens import tokenize
from redraft.records import Chunk

# The number is raised when `tokenize` changes: kept counts are then made anew.
_KEPT = {name: f"{name}.v2.npy" for name in ("numbers", "times", "ends")}

_PAGE_SHARE = 0.4  # of its page's best score is added to a chunk's; from 0.3 to 0.5 it makes no difference

# How a question is asked says nothing of its subject; in Chinese such words are rare in docs, so that BM25 prizes them.
_ASKING = re.compile(
    "为什么|什么是|是什么|什么|怎么样|怎么|怎样|如何|为何|哪些|哪个|哪里|请问|能否|是否|可以吗|吗|呢|[？?]"
)

Ids = npt.NDArray[np.int32]

Counts = tuple[Ids, Ids]
"""The different tokens of a chunk, as numbers, and how often each occurs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkTokens:
    """How often each token occurs in each chunk of one index, in the chunks' order."""

    words: tuple[str, ...]  # number -> token
    numbers: Ids  # the different tokens of all chunks, one chunk after the other
    times: Ids  # how often each of them occurs in its chunk
    ends: Ids  # where each chunk's tokens end in both

    def of(self, place: int) -> Counts:
        """Give the tokens of the chunk at a place, with their counts."""
        part = slice(self.ends[place - 1] if place else 0, self.ends[place])
        return self.numbers[part], self.times[part]


def count_tokens(chunks: Sequence[Chunk], known: Mapping[int, Counts], words: Sequence[str]) -> ChunkTokens:
    """Tokenize the chunks that are not known.

    Args:
        chunks: What is searched.
        known: Place in `chunks` -> tokens, as numbers of `words`, and their counts.
        words: Number -> token, of the known ones.
    """
    number_of = {word: number for number, word in enumerate(words)}
    rows: list[Counts] = []
    for place, chunk in enumerate(chunks):
        row = known.get(place)
        if row is None:
            counts = Counter(number_of.setdefault(token, len(number_of)) for token in tokenize(embedding_text(chunk)))
            row = np.fromiter(counts.keys(), np.int32, len(counts)), np.fromiter(counts.values(), np.int32, len(counts))
        rows.append(row)
    numbers = np.concatenate([row[0] for row in rows])
    used = np.bincount(numbers, minlength=len(number_of)) > 0  # what only deleted chunks held is forgotten
    renumbered = (np.cumsum(used) - 1).astype(np.int32)
    return ChunkTokens(
        words=tuple(word for word, keep in zip(number_of, used, strict=True) if keep),
        numbers=renumbered[numbers],
        times=np.concatenate([row[1] for row in rows]),
        ends=np.cumsum([len(row[0]) for row in rows], dtype=np.int32),
    )


def save_keywords(folder: Path, tokens: ChunkTokens) -> None:
    """Compute BM25's weights and write them with the counts."""
    bm25_of(tokens).save(str(folder))
    for name in _KEPT:
        np.save(folder / _KEPT[name], getattr(tokens, name))


def load_tokens(folder: Path, n_chunks: int) -> ChunkTokens:
    """Read the kept counts.

    Raises:
        OSError: There are none that this version of `tokenize` made.
        ValueError: They are broken.
    """
    kept = {name: np.load(folder / file) for name, file in _KEPT.items()}
    words = tuple(json.loads((folder / "vocab.index.json").read_text(encoding="utf-8")))
    tokens = ChunkTokens(words=words, **kept)
    if len(tokens.ends) != n_chunks or not tokens.ends[-1] == len(tokens.numbers) == len(tokens.times):
        raise ValueError(f"{folder}: counts of {len(tokens.ends)} chunks, expected {n_chunks}")
    return tokens


def bm25_of(tokens: ChunkTokens) -> Any:
    """Compute BM25's weights.

    bm25s goes through the chunks in Python, which is most of the time that re-indexing takes; this gives the same
    numbers from arrays, in the place that bm25s means to be overridden.
    """
    import bm25s

    class FromArrays(bm25s.BM25):  # type: ignore[misc]  # published without types
        def build_index_from_ids(self, *_: Any, **__: Any) -> dict[str, Any]:
            self.nonoccurrence_array = None  # of other forms of BM25
            return _weights(tokens, self.k1, self.b)

    bm25 = FromArrays(method="lucene", k1=1.2, b=0.75)
    bm25.index(([[]], {word: number for number, word in enumerate(tokens.words)} or {"": 0}), show_progress=False)
    return bm25


def _weights(tokens: ChunkTokens, k1: float, b: float) -> dict[str, Any]:
    n_chunks, n_words = len(tokens.ends), max(1, len(tokens.words))
    chunk = np.repeat(np.arange(n_chunks, dtype=np.int32), np.diff(tokens.ends, prepend=0))
    lengths = np.bincount(chunk, tokens.times, minlength=n_chunks)
    in_chunks = np.bincount(tokens.numbers, minlength=n_words)
    rarity = np.log(1 + (n_chunks - in_chunks + 0.5) / (in_chunks + 0.5))
    norm = k1 * (1 - b + b * lengths / max(lengths.mean(), 1e-9))
    order = _by_number(tokens.numbers)
    word, chunk, times = tokens.numbers[order], chunk[order], tokens.times[order]
    return {
        "data": (rarity[word] * times / (times + norm[chunk])).astype(np.float32),
        "indices": chunk,
        "indptr": np.concatenate([[0], np.cumsum(in_chunks)]).astype(np.int32),
        "num_docs": n_chunks,
    }


def _by_number(numbers: Ids) -> npt.NDArray[np.int64]:
    """Sort stably, by the lower then the upper half: numpy sorts 16-bit numbers ten times as fast as wider ones."""
    order = np.argsort((numbers & 0xFFFF).astype(np.uint16), kind="stable")
    upper = (numbers >> 16).astype(np.uint16)
    return order[np.argsort(upper[order], kind="stable")] if upper.any() else order


class Keywords:
    """BM25 over the chunks of one index."""

    def __init__(self, folder: Path, chunks: Sequence[Chunk]) -> None:
        import bm25s

        self._bm25: Any = bm25s.BM25.load(str(folder))
        self._ids = [chunk.id for chunk in chunks]
        pages = {path: number for number, path in enumerate(dict.fromkeys(chunk.document_path for chunk in chunks))}
        self._pages = np.array([pages[chunk.document_path] for chunk in chunks])

    def best(self, query: str, count: int) -> list[Hit]:
        """Find the chunks that hold words of the query, best first; none when no chunk holds any."""
        known = [token for token in tokenize(_ASKING.sub(" ", query)) if token in self._bm25.vocab_dict]
        if not known:
            return []
        scores = self._with_page(np.asarray(self._bm25.get_scores(known), dtype=np.float64))
        order = np.argsort(-scores, kind="stable")[:count]  # stable: equal scores stay in the chunks' order
        order = order[scores[order] > 0]
        return [
            Hit(chunk_id=self._ids[place], score=float(scores[place]), stands_out=above)
            for place, above in zip(order, stand_out(scores[order], scores), strict=True)
        ]

    def _with_page(self, scores: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Lift chunks of a page that holds a good chunk: it is about the subject."""
        best = np.zeros(self._pages[-1] + 1)
        np.maximum.at(best, self._pages, scores)
        return np.where(scores > 0, scores + _PAGE_SHARE * best[self._pages], 0.0)
