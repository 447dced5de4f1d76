"""Documents without files, and an embedder without a model."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from redraft.corpus.tokens import tokenize
from redraft.records import Document


class HashedWords:
    """An embedder without a model: words hashed to signed places; it remembers what it was sent."""

    def __init__(self, identity: str = "test hashed-words", dimension: int = 256) -> None:
        self.identity = identity
        self.dimension = dimension
        self.sent: list[str] = []

    def embed(self, texts: Sequence[str], *, progress: str | None = None) -> Any:  # noqa: ARG002 - of the interface
        """Embed texts."""
        self.sent += texts
        rows = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for token in tokenize(text):
                number = zlib.crc32(token.encode())
                row[number % self.dimension] += 1 if number & 4096 else -1
        return rows


def page(text: str, *, path: str = "guide.md", title: str = "Guide", kind: str = "markdown") -> Document:
    """Make a document without a file."""
    return Document(path=path, sha256="0", title=title, text=text, source_kind=kind, source_url=None)
