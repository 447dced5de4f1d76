"""What the corpus tests share: settings, an embedder that counts, small folders of docs."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from redraft.config import DocsSettings, IndexSettings, RetrievalSettings
from redraft.corpus.tokens import tokenize
from redraft.records import Document


class HashedWords:
    """An embedder without a model: words hashed to signed places; it remembers what it was sent."""

    def __init__(self, identity: str = "test hashed-words", dimension: int = 256) -> None:
        self.identity = identity
        self.dimension = dimension
        self.sent: list[str] = []

    def embed(self, texts: Sequence[str], *, progress: str | None = None) -> Any:  # noqa: ARG002 - of the interface
        self.sent += texts
        rows = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            for token in tokenize(text):
                number = zlib.crc32(token.encode())
                row[number % self.dimension] += 1 if number & 4096 else -1
        return rows


@pytest.fixture
def embedder() -> HashedWords:
    return HashedWords()


@pytest.fixture
def docs_settings() -> DocsSettings:
    return DocsSettings(source_url_prefix="", max_file_mb=1)


@pytest.fixture
def index_settings() -> IndexSettings:
    return IndexSettings(max_chars=600, min_chars=60, batch_size=16, max_concurrency=2)


@pytest.fixture
def retrieval_settings() -> RetrievalSettings:
    return RetrievalSettings(top_k=6, chunks_per_page=2, pool=50, rank_constant=60)


@pytest.fixture
def write_docs(tmp_path: Path) -> Callable[[Mapping[str, str | bytes]], Path]:
    """Write files into a fresh docs folder."""

    def write(files: Mapping[str, str | bytes]) -> Path:
        folder = tmp_path / "docs"
        for name, content in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return folder

    return write


def page(text: str, *, path: str = "guide.md", title: str = "Guide", kind: str = "markdown") -> Document:
    """Make a document without a file."""
    return Document(path=path, sha256="0", title=title, text=text, source_kind=kind, source_url=None)
