"""What re-indexing costs after 1 % of the pages were edited and one was deleted, beside LangChain's `index`.

    python benchmarks/reindex.py --corpus DIR --json reindex.json        about a minute

Both get the same chunks and the same embedding endpoint over HTTP, and both start from a closed index on disk; reading
and splitting, which both need, is timed apart. LangChain: `index(cleanup="full")` into its Chroma store, twice:

- `langchain_full`: with its in-memory record manager, which forgets at exit what was indexed, so that the next process
  embeds everything again;
- `langchain_kept`: with a record manager that survives, on SQLite, as its own SQL one does (in a package that we do not
  use); the one that can do what Redraft does.

Starts the stand-in model itself, unless OPENAI_BASE_URL is set and `--embedding-model` names a model there.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from langchain_chroma import Chroma
from langchain_core.documents import Document as LangChainDocument
from langchain_core.indexing import InMemoryRecordManager
from langchain_core.indexing import index as langchain_index
from langchain_peer import Counted, KeptRecords
from retrieval import environment, make_embedder

from redraft.config import load_config
from redraft.corpus.chunking import split_document
from redraft.corpus.documents import read_documents
from redraft.corpus.index import EmbedTexts, build_index, embedding_text, open_index
from redraft.corpus.index_folder import CHROMA
from redraft.corpus.vectors import open_vectors, stored_ids
from redraft.records import Chunk
from redraft.settings import Config

REPETITIONS = 5
EDIT = "This sentence was added by the benchmark."


def edit(folder: Path) -> int:
    """Add a sentence to 1 % of the pages, delete one more; return how many were edited."""
    pages = sorted(path for path in folder.rglob("*") if path.is_file() and path.suffix in {".md", ".mdx", ".txt"})
    count = max(1, round(len(pages) / 100))
    step = len(pages) // (count + 1)
    for number in range(count):
        page = pages[number * step]
        page.write_text(page.read_text(encoding="utf-8") + f"\n\n{EDIT} Page {number}.\n", encoding="utf-8")
    pages[count * step].unlink()
    return count


def read_chunks(folder: Path, config: Config) -> list[Chunk]:
    """Read and split a docs folder."""
    documents = read_documents(folder, config.docs).documents
    return [chunk for document in documents for chunk in split_document(document, config.index)]


def redraft_once(before: Sequence[Chunk], after: Sequence[Chunk], embedder: EmbedTexts, folder: Path) -> dict[str, Any]:
    """Index, change, index again with Redraft."""
    first = build_index(before, embedder, folder / "first", parent=None)
    unchanged = build_index(before, embedder, folder / "same", parent=folder / "first")
    second = build_index(after, embedder, folder / "second", parent=folder / "first")
    with open_vectors(folder / "second" / CHROMA) as collection:
        rows = set(stored_ids(collection))
    with open_index(folder / "second") as index:
        wanted = set(index.chunks)
    return {
        "first_seconds": first.seconds,
        "first_texts_embedded": first.texts_embedded,
        "texts_embedded": second.texts_embedded,
        "seconds": second.seconds,
        "stale_rows": len(rows - wanted),
        "missing_rows": len(wanted - rows) + len({chunk.id for chunk in after} - wanted),
        "unchanged_seconds": unchanged.seconds,
        "unchanged_texts_embedded": unchanged.texts_embedded,
    }


def langchain_once(
    before: Sequence[Chunk], after: Sequence[Chunk], embeddings: Counted, folder: Path, *, kept: bool
) -> dict[str, Any]:
    """Index, change, index again with LangChain."""
    folder.mkdir()
    records = KeptRecords(folder / "records.sqlite") if kept else InMemoryRecordManager(namespace="docs")
    records.create_schema()
    first_seconds, first_sent, _ = _langchain_index(before, embeddings, folder, records)
    unchanged_seconds, unchanged_sent, _ = _langchain_index(before, embeddings, folder, records)
    seconds, sent, texts = _langchain_index(after, embeddings, folder, records)
    wanted = {embedding_text(chunk) for chunk in after}
    return {
        "first_seconds": first_seconds,
        "first_texts_embedded": first_sent,
        "texts_embedded": sent,
        "seconds": seconds,
        "stale_rows": sum(text not in wanted for text in texts),
        "missing_rows": len(wanted - set(texts)),
        "unchanged_seconds": unchanged_seconds,
        "unchanged_texts_embedded": unchanged_sent,
    }


def _langchain_index(
    chunks: Sequence[Chunk], embeddings: Counted, folder: Path, records: InMemoryRecordManager
) -> tuple[float, int, list[str]]:
    sent = embeddings.sent
    started = time.perf_counter()
    store = Chroma("chunks", embeddings, persist_directory=str(folder))
    documents = [
        LangChainDocument(page_content=embedding_text(chunk), metadata={"source": chunk.document_path})
        for chunk in chunks
    ]
    langchain_index(documents, records, store, cleanup="full", source_id_key="source", key_encoder="sha256")
    seconds = time.perf_counter() - started
    texts = store.get(include=["documents"])["documents"]
    store._client.close()  # it has no way of its own to do so
    return seconds, embeddings.sent - sent, texts


def run(corpus: Path, environ: Mapping[str, str], model: str, config: Config) -> dict[str, Any]:
    """Measure both on one corpus; times are the best of the repetitions."""
    with tempfile.TemporaryDirectory() as scratch:
        work = Path(scratch)
        shutil.copytree(corpus, work / "docs")
        before = read_chunks(work / "docs", config)
        edited = edit(work / "docs")
        started = time.perf_counter()
        after = read_chunks(work / "docs", config)
        read_seconds = time.perf_counter() - started
        old_texts = {embedding_text(chunk) for chunk in before}
        new = len({embedding_text(chunk) for chunk in after} - old_texts)
        embedder = make_embedder(environ, model, config)
        embedder.embed(["warm"])  # the client is imported at the first call
        counted = Counted(environ, model, config.index.batch_size)
        counted.embed_documents(["warm"])
        runs: dict[str, list[dict[str, Any]]] = {name: [] for name in ("redraft", "langchain_full", "langchain_kept")}
        for number in range(REPETITIONS):
            runs["redraft"].append(redraft_once(before, after, embedder, work / f"redraft{number}"))
            for name in ("langchain_full", "langchain_kept"):
                folder = work / f"{name}{number}"
                kept = name == "langchain_kept"
                runs[name].append(langchain_once(before, after, counted, folder, kept=kept))
    best = {name: _best(measured) for name, measured in runs.items()}
    return {
        "corpus": corpus.name,
        "chunks": len(after),
        "pages_edited": edited,
        "new_chunks": new,
        "read_and_split_seconds": round(read_seconds, 4),
        **best,
        "ratio": round(best["langchain_full"]["seconds"] / best["redraft"]["seconds"], 2),
        "ratio_kept": round(best["langchain_kept"]["seconds"] / best["redraft"]["seconds"], 2),
    }


def _best(runs: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    return {
        key: round(min(run[key] for run in runs), 4) if key.endswith("seconds") else max(run[key] for run in runs)
        for key in runs[0]
    }


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True, metavar="DIR", help="a folder of docs")
    parser.add_argument("--embedding-model", metavar="NAME", help="a model at OPENAI_BASE_URL (default: the stand-in)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to this file")
    options = parser.parse_args()
    own_model = bool(options.embedding_model and os.environ.get("OPENAI_BASE_URL"))
    with environment(own_model) as environ:
        figures = run(options.corpus, environ, options.embedding_model or "demo-embed", load_config())
    print(f"{figures['corpus']}: {figures['chunks']} chunks, {figures['new_chunks']} of them new")
    columns = ("texts_embedded", "seconds", "stale_rows", "missing_rows", "unchanged_seconds", "first_seconds")
    print(f"{'':16}" + "".join(f"{column:>19}" for column in columns))
    for name in ("redraft", "langchain_full", "langchain_kept"):
        print(f"{name:16}" + "".join(f"{figures[name][column]:>19}" for column in columns))
    print(f"re-index: {figures['ratio']} and {figures['ratio_kept']} times as fast")
    print(f"reading and splitting, which all of them need: {figures['read_and_split_seconds']} s")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
