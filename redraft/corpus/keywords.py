"""The word half of an index: BM25 (bm25s), with the tokens of every chunk kept for the next index to reuse.

Source: Robertson and Zaragoza, "The Probabilistic Relevance Framework: BM25 and Beyond" (2009), in Lucene's form.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from redraft.corpus.ranking import Hit, stand_out
from redraft.corpus.tokens import tokenize
from redraft.records import Chunk

TOKENS_VERSION = 1  # raise it when `tokenize` changes: kept tokens are then made anew

_PAGE_SHARE = 0.4  # of its page's best score is added to a chunk's; from 0.3 to 0.5 it makes no difference

Ids = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, kw_only=True)
class ChunkTokens:
    """The tokens of the chunks of one index, in the chunks' order."""

    words: tuple[str, ...]  # number -> token
    numbers: Ids  # the tokens of all chunks, one chunk after the other
    ends: Ids  # where each chunk's tokens end in `numbers`

    def of(self, position: int) -> Ids:
        """Give the tokens of the chunk at a position."""
        return self.numbers[self.ends[position - 1] if position else 0 : self.ends[position]]


def count_tokens(texts: Sequence[str], known: Mapping[int, Ids], words: Sequence[str]) -> ChunkTokens:
    """Tokenize the texts that are not known.

    Args:
        texts: What is searched, one text a chunk.
        known: Position in `texts` -> tokens, as numbers of `words`.
        words: Number -> token, of the known ones.
    """
    number_of = {word: number for number, word in enumerate(words)}
    rows = []
    for position, text in enumerate(texts):
        row = known.get(position)
        if row is None:
            numbers = [number_of.setdefault(token, len(number_of)) for token in tokenize(text)]
            row = np.asarray(numbers, dtype=np.int32)
        rows.append(row)
    used, numbers_used = np.unique(np.concatenate([np.zeros(0, dtype=np.int32), *rows]), return_inverse=True)
    all_words = list(number_of)
    return ChunkTokens(
        words=tuple(all_words[number] for number in used),
        numbers=numbers_used.astype(np.int32),
        ends=np.cumsum([len(row) for row in rows], dtype=np.int32),
    )


def save_keywords(folder: Path, tokens: ChunkTokens) -> None:
    """Compute BM25's weights and write them with the tokens."""
    folder.mkdir(parents=True)
    bm25 = _new_bm25()
    rows = [tokens.of(position).tolist() for position in range(len(tokens.ends))]
    vocabulary = {word: number for number, word in enumerate(tokens.words)} or {"": 0}
    bm25.index((rows, vocabulary), show_progress=False)
    bm25.save(str(folder))
    np.save(folder / "tokens.npy", tokens.numbers)
    np.save(folder / "ends.npy", tokens.ends)
    (folder / "words.txt").write_text("\n".join([str(TOKENS_VERSION), *tokens.words]), encoding="utf-8")


def load_tokens(folder: Path) -> ChunkTokens | None:
    """Read the kept tokens; None if another version of `tokenize` made them."""
    version, *words = (folder / "words.txt").read_text(encoding="utf-8").split("\n")
    if version != str(TOKENS_VERSION):
        return None
    return ChunkTokens(words=tuple(words), numbers=np.load(folder / "tokens.npy"), ends=np.load(folder / "ends.npy"))


def _new_bm25() -> Any:
    import bm25s

    return bm25s.BM25(method="lucene", k1=1.2, b=0.75)


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
        known = [token for token in tokenize(query) if token in self._bm25.vocab_dict]
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
