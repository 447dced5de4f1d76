"""How well each way of searching finds a known section: BM25 as it comes, ours, vectors alone, and both fused.

    python benchmarks/retrieval.py --corpus DIR --json retrieval.json        about a minute

Known-item search: each section heading that occurs once in the docs is a query, the chunks of its section are what must
be found, and all headings of sections are taken out of the indexed text. Starts the stand-in model itself, unless
OPENAI_BASE_URL is set and `--embedding-model` names a model there. The stand-in's vectors know spelling, not meaning:
the figures for them show what weak vectors do to a fusion, not what a real model would find.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from redraft.call_log import CallLog
from redraft.config import load_config
from redraft.corpus.chunking import SEPARATOR, split_document
from redraft.corpus.documents import read_documents
from redraft.corpus.index import EmbedTexts, Index, build_index, embedding_text, open_index
from redraft.corpus.retrieval import retrieve
from redraft.corpus.vectors import unit_rows
from redraft.llm import Embedder, embedding_endpoint
from redraft.records import Chunk, content_id
from redraft.settings import Config

METRICS = ("recall_at_1", "recall_at_5", "recall_at_10", "mrr")
ROWS = {
    "bm25_plain": "no stemming, identifiers whole",
    "bm25_ours": "stems, parts of identifiers, the page's best score",
    "vectors": "Chroma alone",
    "fused": "what `retrieve` does, any number of chunks a page",
    "fused_capped": "what `retrieve` does as configured, top 10",
    "fused_random": "fused with random vectors: the worst embedder there is",
}
DEPTH, RESAMPLES = 50, 2000

Ranking = Sequence[str]
Scores = Mapping[str, np.ndarray[Any, Any]]


def known_items(chunks: Sequence[Chunk]) -> tuple[list[Chunk], list[tuple[str, frozenset[str]]]]:
    """Take the section headings out of chunks; give the chunks left and (heading, ids of its section's chunks)."""
    stripped: dict[str, Chunk] = {}
    sections: dict[tuple[str, str], set[str]] = {}
    for chunk in chunks:
        path = chunk.heading_path.split(SEPARATOR)
        text, inner = _without_headings(chunk.text)
        if not text.strip():
            continue
        parent = SEPARATOR.join(path[:-1] or path)
        bare = replace(chunk, heading_path=parent, text=text, id=content_id("c", chunk.document_path, parent, text))
        stripped.setdefault(bare.id, bare)
        for heading in [*inner, *path[1:][-1:]]:
            sections.setdefault((chunk.document_path, heading), set()).add(bare.id)
    times = Counter(heading.lower() for _, heading in sections)
    titles = {chunk.heading_path.split(SEPARATOR)[0].lower() for chunk in chunks}
    items = [
        (heading, frozenset(ids))
        for (_, heading), ids in sections.items()
        if times[heading.lower()] == 1 and heading.lower() not in titles
    ]
    return list(stripped.values()), items


def _without_headings(text: str) -> tuple[str, list[str]]:
    kept, headings, fenced = [], [], False
    for line in text.split("\n"):
        fenced ^= line.lstrip().startswith(("```", "~~~"))
        if not fenced and line.startswith("#"):
            headings.append(line.lstrip("# ").strip())
        else:
            kept.append(line)
    return "\n".join(kept).strip("\n"), headings


def plain_bm25(chunks: Sequence[Chunk]) -> Callable[[str], Ranking]:
    """BM25 as bm25s comes: words in lower case, English stop words out, no stemming, identifiers whole.

    Chinese, which its word pattern takes for one long word, is given to it character by character.
    """
    import bm25s

    def tokens(texts: Sequence[str]) -> list[list[str]]:
        spaced = ["".join(f" {c} " if "\u3400" <= c <= "\u9fff" else c for c in text) for text in texts]
        pattern = r"(?u)\b\w\w+\b|[\u3400-\u9fff]"
        return bm25s.tokenize(spaced, token_pattern=pattern, stopwords="en", return_ids=False, show_progress=False)  # type: ignore[no-any-return]

    bm25 = bm25s.BM25()
    bm25.index(tokens([embedding_text(chunk) for chunk in chunks]), show_progress=False)

    def search(query: str) -> Ranking:
        words = [word for word in tokens([query])[0] if word in bm25.vocab_dict]
        if not words:
            return []
        scores = bm25.get_scores(words)
        return [chunks[place].id for place in np.argsort(-scores, kind="stable")[:DEPTH] if scores[place] > 0]

    return search


class KnownVectors:
    """An embedder that has all vectors already, so that searching is timed without the endpoint."""

    def __init__(self, identity: str, rows: Mapping[str, Any]) -> None:
        self.identity = identity
        self._rows = rows

    def embed(self, texts: Sequence[str], *, progress: str | None = None) -> Any:  # noqa: ARG002 - of the interface
        """Look the vectors up."""
        return np.stack([self._rows[text] for text in texts])


def searches(index: Index, embedder: KnownVectors, config: Config) -> dict[str, Callable[[str], Ranking]]:
    """Give the ways of searching an index, as functions from a query to ids, best first."""
    uncapped = replace(config.retrieval, top_k=DEPTH, chunks_per_page=DEPTH)
    shipped = replace(config.retrieval, top_k=10)

    def by_vectors(query: str) -> Ranking:
        return [hit.chunk_id for hit in index.nearest(unit_rows(embedder.embed([query])), DEPTH)[0]]

    def fused(query: str) -> Ranking:
        return [passage.chunk.id for passage in retrieve(index, [query], embedder, uncapped)[0]]

    def capped(query: str) -> Ranking:
        return [passage.chunk.id for passage in retrieve(index, [query], embedder, shipped)[0]]

    return {
        "bm25_ours": lambda query: [hit.chunk_id for hit in index.best_by_words(query, DEPTH)],
        "vectors": by_vectors,
        "fused": fused,
        "fused_capped": capped,
    }


def measure(search: Callable[[str], Ranking], items: Sequence[tuple[str, frozenset[str]]]) -> tuple[Scores, float]:
    """Score one way of searching, query by query; and the milliseconds that a query takes."""
    search(items[0][0])  # what is loaded at the first query is not part of a query
    started = time.perf_counter()
    rankings = [search(query) for query, _ in items]
    query_ms = (time.perf_counter() - started) * 1000 / len(items)
    ranks = np.array([_rank(ranking, ids) for ranking, (_, ids) in zip(rankings, items, strict=True)])
    scores = {f"recall_at_{depth}": (ranks <= depth).astype(float) for depth in (1, 5, 10)}
    return {**scores, "mrr": np.where(ranks <= 10, 1 / ranks, 0.0)}, query_ms


def _rank(ranking: Ranking, ids: frozenset[str]) -> float:
    return next((place for place, key in enumerate(ranking, start=1) if key in ids), float("inf"))


def half_width(differences: np.ndarray[Any, Any], seed: int) -> float:
    """Half the width of the 95 % interval of a mean of paired differences, by bootstrap over the queries."""
    rng = np.random.default_rng(seed)
    picks = rng.integers(0, len(differences), size=(RESAMPLES, len(differences)))
    low, high = np.percentile(differences[picks].mean(axis=1), [2.5, 97.5])
    return float(high - low) / 2


@contextmanager
def environment(own_model: bool) -> Iterator[Mapping[str, str]]:
    """Give the environment of a model endpoint: the caller's, or that of a stand-in started for this run."""
    if own_model:
        yield os.environ
        return
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "redraft.standins.openai_server", "--dir", folder]
        server = subprocess.Popen([*command, "--exit-with-parent", str(os.getpid())], stdout=subprocess.PIPE, text=True)
        try:
            if server.stdout:
                server.stdout.readline()  # printed once it accepts connections
            url = json.loads((Path(folder) / "server.json").read_text())["base_url"]
            yield {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": "none-needed", "OPENAI_ENDPOINT_NAME": "stand-in"}
        finally:
            server.terminate()
            server.wait()


def make_embedder(environ: Mapping[str, str], model: str, config: Config) -> Embedder:
    """Make the product's own embedder."""
    return Embedder(
        embedding_endpoint(environ),
        model,
        batch_size=config.index.batch_size,
        max_concurrency=config.index.max_concurrency,
        timeout_s=config.answer.timeout_s,
        max_retries=config.answer.max_retries,
        step="benchmark",
        log=CallLog(),
    )


def run(corpus: Path, embedder: EmbedTexts, config: Config) -> dict[str, Any]:
    """Measure every method on one corpus."""
    documents = read_documents(corpus, config.docs).documents
    chunks, items = known_items([chunk for page in documents for chunk in split_document(page, config.index)])
    texts = list(dict.fromkeys([*(embedding_text(chunk) for chunk in chunks), *(query for query, _ in items)]))
    real = KnownVectors(embedder.identity, dict(zip(texts, embedder.embed(texts, progress="embedding"), strict=True)))
    noise = np.random.default_rng(config.seed).normal(size=(len(texts), 64))
    useless = KnownVectors("random numbers", dict(zip(texts, noise, strict=True)))
    measured = {"bm25_plain": measure(plain_bm25(chunks), items)}
    with tempfile.TemporaryDirectory() as folder:
        for name, vectors in (("real", real), ("useless", useless)):
            build_index(chunks, vectors, Path(folder) / name, parent=None)
            with open_index(Path(folder) / name) as index:
                ways = searches(index, vectors, config)
                if vectors is real:
                    measured |= {way: measure(search, items) for way, search in ways.items()}
                else:
                    measured["fused_random"] = measure(ways["fused"], items)
    fused = measured["fused"][0]
    rows = {
        name: {
            **{metric: round(float(scores[metric].mean()), 4) for metric in METRICS},
            "query_ms": round(query_ms, 2),
            "noise": {metric: round(half_width(fused[metric] - scores[metric], config.seed), 4) for metric in METRICS},
        }
        for name, (scores, query_ms) in measured.items()
    }
    return {"corpus": corpus.name, "embedder": embedder.identity, "chunks": len(chunks), "queries": len(items), **rows}


def main() -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True, metavar="DIR", help="a folder of docs")
    parser.add_argument("--embedding-model", metavar="NAME", help="a model at OPENAI_BASE_URL (default: the stand-in)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to this file")
    options = parser.parse_args()
    own_model = bool(options.embedding_model and os.environ.get("OPENAI_BASE_URL"))
    config = load_config()
    with environment(own_model) as environ:
        figures = run(options.corpus, make_embedder(environ, options.embedding_model or "demo-embed", config), config)
    print(f"{figures['corpus']}: {figures['queries']} headings, {figures['chunks']} chunks, {figures['embedder']}")
    print(f"{'':14}{'R@1':>7}{'R@5':>7}{'R@10':>7}{'MRR':>7}{'ms':>7}   fused - this at R@5, with 95 % half-width")
    for name in ROWS:
        row = figures[name]
        shown = "".join(f"{row[metric]:7.3f}" for metric in METRICS)
        lead = figures["fused"]["recall_at_5"] - row["recall_at_5"]
        print(
            f"{name:14}{shown}{row['query_ms']:7.2f}   {lead:+.3f} ± {row['noise']['recall_at_5']:.3f}   {ROWS[name]}"
        )
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
