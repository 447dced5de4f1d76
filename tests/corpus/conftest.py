"""What the corpus tests share: settings, an embedder that counts, small folders of docs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
from made_docs import HashedWords

from redraft.settings import DocsSettings, IndexSettings, RetrievalSettings


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
