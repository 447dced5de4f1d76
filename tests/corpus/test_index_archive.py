"""An index can be packed, carried elsewhere and opened; a hostile or broken archive is refused."""

from __future__ import annotations

import json
import shutil
import stat
import zipfile

import pytest
from made_docs import page

from redraft.corpus.chunking import split_document
from redraft.corpus.index import build_index, open_index, pack_index, unpack_index
from redraft.corpus.retrieval import retrieve
from redraft.errors import InputError


@pytest.fixture
def built(tmp_path, embedder, index_settings):
    """A small index."""
    documents = [
        page(f"# Page {n}\n\nValve {n} opens to the left.", path=f"p{n}.md", title=f"Page {n}") for n in range(40)
    ]
    chunks = [chunk for document in documents for chunk in split_document(document, index_settings)]
    build_index(chunks, embedder, tmp_path / "index", parent=None)
    return tmp_path / "index"


def test_an_index_that_was_packed_and_unpacked_gives_identical_results(built, tmp_path, embedder, retrieval_settings):
    archive = pack_index(built, tmp_path / "out" / "index.zip")
    unpack_index(archive, tmp_path / "elsewhere" / "index")

    queries = [f"how does valve {n} open" for n in range(40)]
    with open_index(built) as here, open_index(tmp_path / "elsewhere" / "index") as there:
        assert here.id == there.id
        assert retrieve(here, queries, embedder, retrieval_settings) == retrieve(
            there, queries, embedder, retrieval_settings
        )


def test_an_index_that_was_opened_before_packing_can_be_used_as_a_parent(built, tmp_path, embedder):
    with open_index(built) as index:
        chunks = list(index.chunks.values())
        index.nearest(embedder.embed(["valve"]), 3)
    unpack_index(pack_index(built, tmp_path / "index.zip"), tmp_path / "parent")
    embedder.sent.clear()

    report = build_index(chunks[:-1], embedder, tmp_path / "next", parent=tmp_path / "parent")

    assert (embedder.sent, report.note) == ([], None)


@pytest.mark.parametrize("name", ["../evil.txt", "/evil.txt", "a/../../evil.txt", "..\\evil.txt", "C:\\evil.txt"])
def test_an_entry_that_would_land_outside_is_refused(tmp_path, name):
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as bundle:
        bundle.writestr("index.json", "{}")
        bundle.writestr(name, "evil")

    with pytest.raises(InputError, match="would land outside the folder"):
        unpack_index(tmp_path / "evil.zip", tmp_path / "to" / "index")

    assert not list(tmp_path.rglob("evil.txt"))
    assert not (tmp_path / "to" / "index").exists()


def test_a_symbolic_link_in_an_archive_is_refused(tmp_path):
    entry = zipfile.ZipInfo("link")
    entry.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as bundle:
        bundle.writestr(entry, "/etc/passwd")

    with pytest.raises(InputError, match="would land outside the folder"):
        unpack_index(tmp_path / "evil.zip", tmp_path / "index")


def test_a_broken_or_missing_archive_is_said(built, tmp_path):
    archive = pack_index(built, tmp_path / "index.zip")
    (tmp_path / "cut.zip").write_bytes(archive.read_bytes()[:-2000])

    with pytest.raises(InputError, match="not a whole zip file"):
        unpack_index(tmp_path / "cut.zip", tmp_path / "to")
    with pytest.raises(InputError, match="no such index archive"):
        unpack_index(tmp_path / "none.zip", tmp_path / "to")
    assert not (tmp_path / "to").exists()


@pytest.mark.parametrize("missing", ["index.json", "chunks.jsonl", "chroma", "bm25"])
def test_a_folder_that_is_not_a_whole_index_is_said(built, missing):
    gone = built / missing
    shutil.rmtree(gone) if gone.is_dir() else gone.unlink()

    with pytest.raises(InputError, match=f"{missing}|not an index"):
        open_index(built)


def test_chunks_of_another_index_are_noticed(built):
    text = (built / "chunks.jsonl").read_text()
    (built / "chunks.jsonl").write_text("\n".join(text.split("\n")[:-5]) + "\n")

    with pytest.raises(InputError, match="does not belong to index"):
        open_index(built)


def test_an_index_of_another_version_is_said(built):
    fields = json.loads((built / "index.json").read_text())
    (built / "index.json").write_text(json.dumps({**fields, "schema": 99}))

    with pytest.raises(InputError, match="another version of Redraft"):
        open_index(built)


def test_two_readers_can_open_one_index(built, embedder):
    with open_index(built) as one, open_index(built) as two:
        vectors = embedder.embed(["valve 3"])
        assert one.nearest(vectors, 5) == two.nearest(vectors, 5)
        one.close()
        assert two.nearest(vectors, 5)
