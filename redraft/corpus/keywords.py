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

from redraft.corpus.tokens import tokenize

TOKENS_VERSION = 1  # raise it when `tokenize` changes: kept tokens are then made anew

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

    def __init__(self, folder: Path) -> None:
        import bm25s

        self._bm25: Any = bm25s.BM25.load(str(folder))

    def best(self, query: str, count: int) -> list[tuple[int, float]]:
        """Find the chunks that hold the query's words: positions with scores, best first; none without a word."""
        known = [token for token in tokenize(query) if token in self._bm25.vocab_dict]
        if not known:
            return []
        scores = self._bm25.get_scores(known)
        positions = np.argsort(-scores, kind="stable")[:count]  # stable: equal scores stay in the chunks' order
        return [(int(position), float(scores[position])) for position in positions if scores[position] > 0]
