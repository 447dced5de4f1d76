"""Indexes whose vectors are in a Chroma server: a real one, the package's own, on this machine alone."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
from made_docs import HashedWords

from redraft.corpus.chroma_server import BUILDING, ChromaServer, chroma_server
from redraft.corpus.index import build_index, open_index, pack_index, texts_to_embed, unpack_index
from redraft.corpus.retrieval import retrieve
from redraft.errors import InputError, ModelReplyError, ServerUnavailable
from redraft.records import Chunk, content_id

START_TIMEOUT_S = 60.0


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChromaServer]:
    """Run `chroma run` until the tests of this file are done."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("chroma")
    command = [str(Path(sys.executable).parent / "chroma"), "run", "--path", str(folder / "data")]
    command += ["--host", "127.0.0.1", "--port", str(port)]
    with (folder / "log").open("w") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        deadline = time.monotonic() + START_TIMEOUT_S
        found = ChromaServer(url=f"http://127.0.0.1:{port}")
        while True:
            try:
                found.dimension("i-none")
                break
            except ServerUnavailable:
                assert process.poll() is None
                assert time.monotonic() < deadline, (folder / "log").read_text()[-500:]
                time.sleep(0.1)
        yield found
        process.terminate()


def chunk(number: int, text: str) -> Chunk:
    return Chunk(
        id=content_id("c", number, text),
        document_path=f"p{number % 3}.md",
        heading_path="Page",
        text=text,
        ordinal=number,
    )


def chunks(*, changed: str = "") -> list[Chunk]:
    texts = ["rotate the key", "store data in Oslo", "restart the agent", "read the log", f"delete a run {changed}"]
    return [chunk(number, text) for number, text in enumerate(texts)]


def names(server: ChromaServer) -> set[str]:
    url = f"{server.address}/api/v2/tenants/default_tenant/databases/default_database/collections?limit=1000"
    with urllib.request.urlopen(url) as reply:
        return {collection["name"] for collection in json.load(reply)}


def test_an_index_on_a_server_answers_as_one_in_a_folder(
    server: ChromaServer, tmp_path: Path, embedder: HashedWords, retrieval_settings
) -> None:
    here = build_index(chunks(), embedder, tmp_path / "here", parent=None)
    there = build_index(chunks(), embedder, tmp_path / "there", parent=None, server=server)
    assert here.index_id == there.index_id
    assert not (tmp_path / "there" / "chroma").exists()
    pack_index(tmp_path / "there", tmp_path / "index.zip")
    unpack_index(tmp_path / "index.zip", tmp_path / "elsewhere")
    queries = ["How do I rotate a key?", "Where is data stored?"]
    with open_index(tmp_path / "here") as folder, open_index(tmp_path / "elsewhere", server) as served:
        found = [retrieve(index, queries, embedder, retrieval_settings) for index in (folder, served)]
    assert [[p.chunk.id for p in passages] for passages in found[0]] == [
        [p.chunk.id for p in passages] for passages in found[1]
    ]


@pytest.mark.parametrize("parent_is_served", [True, False])
def test_only_new_texts_are_embedded_wherever_the_parent_is(
    server: ChromaServer, tmp_path: Path, embedder: HashedWords, parent_is_served: bool
) -> None:
    mark = f"parent {parent_is_served}"
    parent = tmp_path / "parent"
    build_index(chunks(changed=mark), embedder, parent, parent=None, server=server if parent_is_served else None)
    after = [*chunks(changed=f"{mark} again"), chunk(9, f"a page more, {mark}")]
    assert len(texts_to_embed(after, embedder.identity, parent, server)) == 2
    report = build_index(after, embedder, tmp_path / "index", parent=parent, server=server)
    assert (report.texts_embedded, report.texts_reused, report.note) == (2, 4, None)


def test_an_index_that_is_there_is_not_embedded_again(
    server: ChromaServer, tmp_path: Path, embedder: HashedWords
) -> None:
    first = build_index(chunks(changed="once"), embedder, tmp_path / "one", parent=None, server=server)
    assert texts_to_embed(chunks(changed="once"), embedder.identity, None, server) == []
    again = build_index(chunks(changed="once"), embedder, tmp_path / "two", parent=None, server=server)
    assert (first.texts_embedded, again.texts_embedded, again.index_id) == (5, 0, first.index_id)


def test_a_build_that_fails_leaves_nothing_that_a_reader_finds(server: ChromaServer, embedder: HashedWords) -> None:
    before = names(server)

    def broken() -> Iterator[tuple[list[str], object]]:
        yield ["a"], embedder.embed(["a"])
        raise ModelReplyError("no vector")

    with pytest.raises(ModelReplyError):
        server.publish("i-broken", ["a", "b"], broken())  # type: ignore[arg-type]
    with pytest.raises(ServerUnavailable, match="stored 1 of 2 rows"):
        server.publish("i-broken", ["a", "b"], [(["a"], embedder.embed(["a"]))])
    assert names(server) == before
    assert not any(name.startswith(BUILDING) for name in before)


def test_who_publishes_the_same_a_moment_later_is_content(server: ChromaServer, embedder: HashedWords) -> None:
    rows = [(["a"], embedder.embed(["a"]))]

    def meanwhile() -> Iterator[tuple[list[str], object]]:
        server.publish("i-twice", ["a"], rows)
        yield from rows

    server.publish("i-twice", ["a"], meanwhile())  # type: ignore[arg-type]
    assert "i-twice" in names(server)
    assert not any(name.startswith(BUILDING) for name in names(server))


def test_without_the_servers_address_the_message_says_what_to_set(
    server: ChromaServer, tmp_path: Path, embedder: HashedWords
) -> None:
    build_index(chunks(), embedder, tmp_path / "index", parent=None, server=server)
    with open_index(tmp_path / "index") as index, pytest.raises(InputError, match="Set REDRAFT_CHROMA_URL"):
        index.nearest(embedder.embed(["key"]), 1)


def test_a_collection_that_is_gone_is_told_by_name(server: ChromaServer) -> None:
    with pytest.raises(InputError, match="has no index i-gone"), server.opened("i-gone"):
        pass


def test_the_address_comes_from_the_environment_and_its_password_is_never_shown() -> None:
    assert chroma_server({}) is None
    found = chroma_server({"REDRAFT_CHROMA_URL": "http://me:secret-word@127.0.0.1:1/"})
    assert found is not None
    with pytest.raises(ServerUnavailable, match=r"no Chroma server answers at http://127\.0\.0\.1:1 ") as error:
        found.dimension("i-1")
    assert "secret-word" not in f"{found!r} {error.value}"
    with pytest.raises(InputError, match="REDRAFT_CHROMA_URL must be an address"):
        chroma_server({"REDRAFT_CHROMA_URL": "chroma:8000"})
