"""FastAPI's documentation, in English and Chinese, goes through reading, splitting, indexing and searching."""

from __future__ import annotations

import json
import re
import shutil
import urllib.request
from pathlib import Path

import pytest

from redraft.call_log import CallLog
from redraft.config import load_config
from redraft.corpus.chunking import split_document
from redraft.corpus.documents import fingerprint, read_documents
from redraft.corpus.index import build_index, embedding_text, open_index
from redraft.corpus.retrieval import retrieve
from redraft.llm import Embedder, embedding_endpoint

CONFIG = load_config()
PAGES = {"en": 154, "zh": 124}

pytestmark = pytest.mark.shared


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_page_is_read_without_marks_and_within_the_limit(shared, language):
    corpus = read_documents(shared / "corpora" / "fastapi" / language, CONFIG.docs)
    chunks = [chunk for document in corpus.documents for chunk in split_document(document, CONFIG.index)]

    assert (len(corpus.documents), corpus.skipped) == (PAGES[language], ())
    assert max(len(chunk.text) for chunk in chunks) <= CONFIG.index.max_chars
    assert all(chunk.text.strip() for chunk in chunks)
    for chunk in chunks:
        prose = re.sub(r"(?ms)^[ >]*(`{3,}|~{3,}).*?^[ >]*\1[ ]*$|`[^`]*`", "", chunk.text)
        assert not re.search(r"^\s*/{3,}|\{\*|</?(div|font|img|abbr|span)\b|<!--|\{ *#", prose, re.MULTILINE), prose


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_line_of_code_is_lost_and_every_fence_is_closed(shared, language):
    folder = shared / "corpora" / "fastapi" / language
    for document in read_documents(folder, CONFIG.docs).documents:
        chunks = split_document(document, CONFIG.index)
        held = {line.rstrip() for chunk in chunks for line in chunk.text.split("\n")}
        for block in re.findall(r"(?ms)^(`{3,})[^\n`]*\n(.*?)^\1[ ]*$", document.text):
            for line in block[1].split("\n"):
                assert line.rstrip() in held or len(line) > CONFIG.index.max_chars // 2
        for chunk in chunks:
            assert len(re.findall(r"(?m)^ *`{3}", chunk.text)) % 2 == 0, chunk.text


@pytest.fixture
def http_embedder(model_server: str) -> Embedder:
    """The product's own embedder, at the stand-in."""
    environ = {"OPENAI_BASE_URL": model_server, "OPENAI_API_KEY": "any", "OPENAI_ENDPOINT_NAME": "stand-in"}
    return Embedder(
        embedding_endpoint(environ),
        "demo-embed",
        batch_size=CONFIG.index.batch_size,
        max_concurrency=CONFIG.index.max_concurrency,
        timeout_s=60,
        max_retries=2,
        step="test",
        log=CallLog(),
    )


def texts_sent(model_server: str) -> int:
    with urllib.request.urlopen(model_server.removesuffix("/v1") + "/stats") as reply:
        return int(json.load(reply)["embedding_texts"])


def test_an_edited_page_costs_its_new_chunks_at_the_endpoint(shared, tmp_path, model_server, http_embedder):
    docs = tmp_path / "docs"
    shutil.copytree(shared / "corpora" / "fastapi" / "zh", docs)
    before = chunks_of(docs)
    first_print = fingerprint(docs, CONFIG.docs)
    start = texts_sent(model_server)
    build_index(before, http_embedder, tmp_path / "one", parent=None)
    assert texts_sent(model_server) - start == len({embedding_text(chunk) for chunk in before})

    page = docs / "async.md"
    page.write_text(page.read_text(encoding="utf-8") + "\n\n新的一句话。\n", encoding="utf-8")
    (docs / "benchmarks.md").unlink()
    after = chunks_of(docs)
    start = texts_sent(model_server)
    report = build_index(after, http_embedder, tmp_path / "two", parent=tmp_path / "one")

    new = {embedding_text(chunk) for chunk in after} - {embedding_text(chunk) for chunk in before}
    assert texts_sent(model_server) - start == report.texts_embedded == len(new) == 1
    assert fingerprint(docs, CONFIG.docs) != first_print
    with open_index(tmp_path / "two") as index:
        assert set(index.chunks) == {chunk.id for chunk in after}
        found = retrieve(index, ["协程是什么"], http_embedder, CONFIG.retrieval)[0]
    assert found[0].chunk.document_path == "async.md"


def chunks_of(folder: Path):
    documents = read_documents(folder, CONFIG.docs).documents
    return [chunk for document in documents for chunk in split_document(document, CONFIG.index)]
