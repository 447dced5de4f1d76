"""An index is built whole or not at all, embeds only what was never embedded, and holds exactly the wanted rows."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from made_docs import HashedWords, page

from redraft.corpus.chunking import split_document
from redraft.corpus.index import build_index, document_sources, embedding_text, index_id, open_index
from redraft.corpus.index_folder import CHROMA, chunk_line, parse_chunks, write_chunks
from redraft.corpus.keywords import bm25_of, count_tokens
from redraft.corpus.retrieval import retrieve
from redraft.corpus.tokens import tokenize
from redraft.corpus.vectors import open_vectors, stored_ids, stored_vectors, unit_rows
from redraft.errors import InputError, ModelReplyError, ModelUnavailable, RecordError
from redraft.jsonl import dump_jsonl
from redraft.records import Chunk, content_id
from redraft.settings import IndexSettings

SETTINGS = IndexSettings(max_chars=400, min_chars=20, batch_size=16, max_concurrency=2)


def chunk(text: str, *, path: str = "a.md", heading: str = "A", ordinal: int = 0) -> Chunk:
    return Chunk(
        id=content_id("c", path, heading, text), document_path=path, heading_path=heading, text=text, ordinal=ordinal
    )


def corpus(pages: int = 30, *, edited: int | None = None, without: int | None = None) -> list[Chunk]:
    """Chunks of pages with three sections each."""
    found = []
    for number in range(pages):
        if number == without:
            continue
        new = " It was changed." if number == edited else ""
        text = f"# Page {number}\n\nAbout valve {number}, the first of them.\n\n"
        text += f"## Open\n\nTurn wheel {number} to the left and wait.{new}\n\n"
        text += f"## Close\n\nTurn wheel {number} back to the right."
        found += split_document(page(text, path=f"p{number}.md", title=f"Page {number}"), SETTINGS)
    return found


def rows_of(folder: Path) -> set[str]:
    with open_vectors(folder / CHROMA) as collection:
        ids = stored_ids(collection)
    assert len(ids) == len(set(ids))
    return set(ids)


def test_every_chunk_is_a_row_and_every_text_is_sent_once(tmp_path, embedder):
    chunks = corpus()

    report = build_index(chunks, embedder, tmp_path / "index", parent=None)

    assert rows_of(tmp_path / "index") == {c.id for c in chunks}
    assert sorted(embedder.sent) == sorted({embedding_text(c) for c in chunks})
    assert (report.n_chunks, report.n_documents, report.texts_embedded) == (len(chunks), 30, len(chunks))
    assert report.index_id == index_id([c.id for c in chunks], embedder.identity)
    assert report.note is None


def test_equal_texts_are_embedded_once(tmp_path, embedder):
    chunks = [chunk("the same", path=f"{n}.md") for n in range(5)] + [chunk("another")]

    report = build_index(chunks, embedder, tmp_path / "index", parent=None)

    assert sorted(embedder.sent) == ["A\n\nanother", "A\n\nthe same"]
    assert (report.texts_embedded, report.texts_reused) == (2, 4)
    assert len(rows_of(tmp_path / "index")) == 6


def test_after_an_edit_only_the_new_chunks_are_embedded_and_no_stale_row_stays(tmp_path, embedder):
    before, after = corpus(), corpus(edited=3, without=7)
    build_index(before, embedder, tmp_path / "one", parent=None)
    embedder.sent.clear()

    report = build_index(after, embedder, tmp_path / "two", parent=tmp_path / "one")

    new = {embedding_text(c) for c in after} - {embedding_text(c) for c in before}
    assert sorted(embedder.sent) == sorted(new)
    assert report.texts_embedded == len(new) == 1
    assert rows_of(tmp_path / "two") == {c.id for c in after}
    assert rows_of(tmp_path / "one") == {c.id for c in before}  # the parent stays as it was


def test_an_index_made_from_its_parent_answers_as_one_made_from_nothing(tmp_path, embedder, retrieval_settings):
    """Chroma's own `query` must be right after rows were deleted and added."""
    folder = tmp_path / "0"
    build_index(corpus(), embedder, folder, parent=None)
    for step in range(1, 8):
        folder, parent = tmp_path / str(step), folder
        build_index(corpus(edited=step, without=30 - step), embedder, folder, parent=parent)
    build_index(corpus(edited=7, without=23), embedder, tmp_path / "fresh", parent=None)

    queries = [f"open valve {n}" for n in range(30)] + ["turn wheel 7 back"]
    found = []
    for name in (folder, tmp_path / "fresh"):
        with open_index(name) as index:
            found.append(retrieve(index, queries, embedder, retrieval_settings))
            vectors = unit_rows(embedder.embed(queries))
            nearest = index.nearest(vectors, 10)
            ids = sorted(index.chunks)
            with open_vectors(name / CHROMA) as collection:
                exact = vectors @ stored_vectors(collection, ids).T
        for hits, row in zip(nearest, exact, strict=True):
            assert [hit.score for hit in hits] == pytest.approx(np.sort(row)[::-1][:10].tolist(), abs=1e-5)
    assert [[p.chunk.id for p in row] for row in found[0]] == [[p.chunk.id for p in row] for row in found[1]]


def test_unchanged_chunks_cost_no_call_and_give_the_same_index(tmp_path, embedder):
    build_index(corpus(), embedder, tmp_path / "one", parent=None)
    embedder.sent.clear()

    report = build_index(list(reversed(corpus())), embedder, tmp_path / "two", parent=tmp_path / "one")

    assert (embedder.sent, report.texts_embedded, report.texts_reused) == ([], 0, 90)
    with open_index(tmp_path / "one") as one, open_index(tmp_path / "two") as two:
        assert (one.id, list(one.chunks)) == (two.id, list(two.chunks))


def test_the_same_chunks_with_other_sources_get_the_new_sources(tmp_path, embedder):
    document = page("Some text.", path="a.md", title="A")
    chunks = split_document(document, SETTINGS)
    build_index(chunks, embedder, tmp_path / "one", parent=None, sources=document_sources([document]))
    moved = replace(document, source_url="https://x.org/a")
    build_index(chunks, embedder, tmp_path / "two", parent=tmp_path / "one", sources=document_sources([moved]))

    with open_index(tmp_path / "two") as index:
        assert index.sources == {"a.md": ("A", "https://x.org/a")}


def test_a_text_that_moves_to_another_page_is_not_embedded_again(tmp_path, embedder):
    build_index([chunk("moving"), chunk("staying")], embedder, tmp_path / "one", parent=None)
    embedder.sent.clear()

    report = build_index(
        [chunk("moving", path="b.md"), chunk("staying")], embedder, tmp_path / "two", parent=tmp_path / "one"
    )

    assert (embedder.sent, report.texts_embedded) == ([], 0)
    with open_vectors(tmp_path / "two" / CHROMA) as collection:
        moved = stored_vectors(collection, [chunk("moving", path="b.md").id])
    assert moved[0] == pytest.approx(unit_rows(embedder.embed(["A\n\nmoving"]))[0], abs=1e-6)


def test_when_most_rows_are_new_the_graph_is_built_anew_without_embedding_again(tmp_path, embedder):
    before = corpus(30)
    after = [*before[:20], *corpus(60)[90:]]
    build_index(before, embedder, tmp_path / "one", parent=None)
    embedder.sent.clear()

    report = build_index(after, embedder, tmp_path / "two", parent=tmp_path / "one")

    assert report.texts_embedded == len(embedder.sent) == len(after) - 20
    assert rows_of(tmp_path / "two") == {c.id for c in after}
    assert json.loads((tmp_path / "two" / "index.json").read_text())["deleted_rows"] == 0


def test_deleted_rows_are_counted_over_generations(tmp_path, embedder):
    for step in range(12):
        build_index(
            corpus(20, edited=step), embedder, tmp_path / str(step), parent=tmp_path / str(step - 1) if step else None
        )

    counts = [json.loads((tmp_path / str(step) / "index.json").read_text())["deleted_rows"] for step in range(12)]
    # Each step makes one edit and undoes another; more than 18 of 60 rows are too many.
    assert counts == [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 0, 2]


def test_another_embedder_uses_nothing_of_the_parent(tmp_path, embedder):
    build_index(corpus(), embedder, tmp_path / "one", parent=None)
    other = HashedWords("another model", dimension=64)

    report = build_index(corpus(), other, tmp_path / "two", parent=tmp_path / "one")

    assert report.texts_embedded == 90
    assert report.note == f"{tmp_path / 'one'}: embedded by test hashed-words, not by another model"


def test_a_model_that_changed_its_vectors_length_under_the_same_name_is_embedded_anew(tmp_path, embedder):
    build_index(corpus(), embedder, tmp_path / "one", parent=None)
    embedder.dimension = 64

    report = build_index(corpus(edited=1), embedder, tmp_path / "two", parent=tmp_path / "one")

    assert report.texts_embedded == 90
    assert "64 numbers a text now, 256 then" in str(report.note)


def break_meta(folder: Path) -> None:
    (folder / "index.json").write_text("{")


def break_chunks(folder: Path) -> None:
    (folder / "chunks.jsonl").write_text("no chunks")


def lose_chroma(folder: Path) -> None:
    shutil.rmtree(folder / "chroma")


def break_chroma(folder: Path) -> None:
    (folder / "chroma" / "chroma.sqlite3").write_bytes(b"not a database" * 500)


def lose_rows(folder: Path) -> None:
    with open_vectors(folder / "chroma") as collection:
        collection.delete(ids=stored_ids(collection)[:5])


def lose_words(folder: Path) -> None:
    shutil.rmtree(folder / "bm25")


def break_words(folder: Path) -> None:
    for file in (folder / "bm25").iterdir():
        file.write_bytes(b"?")


@pytest.mark.parametrize(
    "damage", [break_meta, break_chunks, lose_chroma, break_chroma, lose_rows, lose_words, break_words]
)
@pytest.mark.parametrize("edited", [None, 3])
def test_a_damaged_parent_costs_time_and_never_rows(tmp_path, embedder, retrieval_settings, damage, edited):
    build_index(corpus(), embedder, tmp_path / "one", parent=None)
    damage(tmp_path / "one")
    wanted = corpus(edited=edited)

    report = build_index(wanted, embedder, tmp_path / "two", parent=tmp_path / "one")

    assert rows_of(tmp_path / "two") == {c.id for c in wanted}
    assert report.note is not None or damage in (lose_words, break_words)
    with open_index(tmp_path / "two") as index:
        assert retrieve(index, ["open valve 5"], embedder, retrieval_settings)[0][0].chunk.document_path == "p5.md"


class FailsAfter(HashedWords):
    """An embedder whose endpoint goes away."""

    def embed(self, texts, *, progress=None):  # noqa: ARG002 - of the interface
        """Fail."""
        raise ModelUnavailable("the endpoint is gone")


@pytest.mark.parametrize("parent", [None, "one"])
def test_a_build_that_fails_leaves_no_folder(tmp_path, embedder, parent):
    build_index(corpus(), embedder, tmp_path / "one", parent=None)

    with pytest.raises(ModelUnavailable):
        build_index(corpus(edited=1), FailsAfter(), tmp_path / "two", parent=tmp_path / parent if parent else None)

    assert [path.name for path in tmp_path.iterdir()] == ["one"]


@pytest.mark.parametrize("rows", [np.full((90, 8), np.nan), np.zeros((89, 8)), np.zeros(90)])
def test_vectors_that_are_none_are_refused(tmp_path, embedder, monkeypatch, rows):
    monkeypatch.setattr(embedder, "embed", lambda texts, progress=None: rows)  # noqa: ARG005 - of the interface

    with pytest.raises(ModelReplyError, match="expected 90 finite vectors"):
        build_index(corpus(), embedder, tmp_path / "index", parent=None)

    assert list(tmp_path.iterdir()) == []


def test_an_index_is_never_written_into_a_folder_that_is_in_use(tmp_path, embedder):
    (tmp_path / "index").mkdir()
    (tmp_path / "index" / "mine.txt").write_text("x")

    with pytest.raises(InputError, match="found one with files in it"):
        build_index(corpus(), embedder, tmp_path / "index", parent=None)

    assert [path.name for path in (tmp_path / "index").iterdir()] == ["mine.txt"]


def test_no_chunks_are_said(tmp_path, embedder):
    with pytest.raises(InputError, match="no chunks to index"):
        build_index([], embedder, tmp_path / "index", parent=None)


def test_a_single_chunk_is_found(tmp_path, embedder, retrieval_settings):
    build_index([chunk("only this")], embedder, tmp_path / "index", parent=None)

    with open_index(tmp_path / "index") as index:
        found = retrieve(index, ["this", "nothing of it"], embedder, retrieval_settings)

    assert [[passage.chunk.text for passage in row] for row in found] == [["only this"], ["only this"]]


def test_a_text_without_a_word_can_be_indexed(tmp_path, embedder, retrieval_settings):
    """Its vector is all zeros, for which a cosine is not defined."""
    build_index([chunk("!!!", heading="?"), chunk("words")], embedder, tmp_path / "index", parent=None)

    with open_index(tmp_path / "index") as index:
        assert retrieve(index, ["words"], embedder, retrieval_settings)[0][0].chunk.text == "words"


def test_more_rows_than_chroma_takes_at_once_are_stored(tmp_path):
    few = HashedWords(dimension=8)
    chunks = [chunk(f"number {n}", ordinal=n) for n in range(5600)]

    build_index(chunks, few, tmp_path / "index", parent=None)

    assert len(rows_of(tmp_path / "index")) == 5600


@pytest.mark.parametrize("extra_words", [0, 70_000])
def test_bm25_of_arrays_is_that_of_bm25s(extra_words):
    import bm25s

    many = " ".join(f"w{n}x" for n in range(extra_words))  # more words than a 16-bit number can tell apart
    texts = ["one two two", "two three", "", "one " * 30, "four", many]
    tokens = count_tokens([chunk(text, heading="") for text in texts], {}, ())
    theirs = bm25s.BM25(method="lucene", k1=1.2, b=0.75)
    theirs.index([tokenize(text) for text in texts], show_progress=False)

    ours = bm25_of(tokens)
    for word in ["one", "two", "three", "four", *([f"w{n}x" for n in (0, 65_535, 69_999)] if extra_words else [])]:
        assert ours.get_scores([word]) == pytest.approx(theirs.get_scores([word]), rel=1e-5)


def test_words_that_only_deleted_chunks_held_are_forgotten():
    alpha, gamma, delta = (chunk(text, heading="") for text in ("alpha beta", "gamma gamma", "delta"))
    before = count_tokens([alpha, gamma], {}, ())
    after = count_tokens([delta, gamma], {1: before.of(1)}, before.words)

    numbers, times = after.of(1)
    assert (set(after.words), [after.words[n] for n in numbers], times.tolist()) == ({"delta", "gamma"}, ["gamma"], [2])


def test_chunks_are_written_and_read_as_records_are(tmp_path):
    chunks = [chunk('quotes " \\ and\u2028breaks\n\t\x01 你好', heading="A > B"), chunk("b", ordinal=1)]
    write_chunks(tmp_path, [c.id for c in chunks], [chunk_line(c) for c in chunks])
    text = (tmp_path / "chunks.jsonl").read_text(encoding="utf-8")

    assert text == dump_jsonl(Chunk, chunks)
    assert parse_chunks(text, name="x") == chunks
    with pytest.raises(RecordError, match="x line 2: not JSON"):
        parse_chunks(text.replace('{"id"', '{"id', 1), name="x")


def test_sections_that_change_places_are_written_in_their_new_order(tmp_path, embedder):
    one, two = (f"## {name}\n\nThis section is long enough to stand for itself." for name in "AB")
    before, after = (
        split_document(page(text), SETTINGS) for text in (f"{one}\n\n{two}", f"{two}\n\n{one}\n\n## C\n\nMore of it.")
    )
    build_index(before, embedder, tmp_path / "one", parent=None)
    build_index(after, embedder, tmp_path / "two", parent=tmp_path / "one")

    with open_index(tmp_path / "two") as index:
        assert list(index.chunks.values()) == after


def test_a_build_that_is_killed_leaves_nothing_under_the_indexs_name(tmp_path):
    program = f"""
import os, pathlib, sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from made_docs import HashedWords
from test_building import corpus
from redraft.corpus import rows
from redraft.corpus.index import build_index

def add_some_and_die(collection, ids, vectors):
    collection.add(ids=list(ids[:10]), embeddings=vectors[:10])
    os.kill(os.getpid(), 9)

rows.add_vectors = add_some_and_die
build_index(corpus(), HashedWords(), pathlib.Path({str(tmp_path)!r}) / "index", parent=None)
"""
    ended = subprocess.run([sys.executable, "-c", program], check=False, capture_output=True, timeout=120)

    assert ended.returncode == -9
    assert not (tmp_path / "index").exists()
    build_index(corpus(), HashedWords(), tmp_path / "index", parent=None)  # what it left is in nobody's way
