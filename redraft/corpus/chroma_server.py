"""The vector half of an index in a Chroma server, where folders are too large to be sent about: a collection an index.

Source of the address is the environment (`REDRAFT_CHROMA_URL`, such as http://chroma:8000 or
https://user:password@chroma.example.com). A collection is filled under a name of its own and renamed to the index's id
when it is whole: one writer, and readers only ever find finished ones. The id is the content's, so an index that is
there already is not written again.
"""

from __future__ import annotations

import base64
import time
import urllib.request
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import urlsplit

import numpy as np

from redraft.corpus.index_folder import CHROMA, SERVED
from redraft.corpus.vectors import CONFIGURATION, Vectors, open_vectors, settings, stored_vectors
from redraft.errors import InputError, ServerUnavailable

if TYPE_CHECKING:
    from chromadb import Collection

VARIABLE = "REDRAFT_CHROMA_URL"
BUILDING = "building-"  # how the name of a collection begins that is not whole
CONNECT_S = 10.0
REQUEST_S = 120.0  # for a batch of rows to be stored
FORGOTTEN_AFTER_S = 86_400.0  # a builder that took so long is dead
_BATCH = 1000  # rows in one request: 1,536 numbers a row make about 30 MB of JSON


@dataclass(frozen=True, slots=True, kw_only=True)
class ChromaServer:
    """A Chroma server; its password is never shown.

    >>> ChromaServer(url="https://me:secret@chroma.example.com/")
    ChromaServer(address='https://chroma.example.com')
    """

    url: str = field(repr=False)
    address: str = field(init=False)

    def __post_init__(self) -> None:
        """Check the address."""
        parts = urlsplit(self.url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise InputError(f"{VARIABLE} must be an address such as http://chroma:8000, and is not")
        object.__setattr__(self, "address", f"{parts.scheme}://{parts.hostname}{_port(parts.port)}")

    def dimension(self, index_id: str) -> int | None:
        """Length of the vectors of an index that is there, whole; None: it is not there."""
        with self._connected() as client:
            collection = _find(client, index_id)
            if collection is None:
                return None
            rows: Any = collection.get(limit=1, include=["embeddings"])["embeddings"]
            return len(rows[0])

    def publish(self, index_id: str, ids: Sequence[str], rows: Iterable[tuple[Sequence[str], Vectors]]) -> None:
        """Store an index whole or not at all; one that somebody else published meanwhile is as good.

        Args:
            index_id: The collection's name.
            ids: All rows, to check that they are there.
            rows: Rows in batches, each with their ids.

        Raises:
            ServerUnavailable: The server is away, or does not hold what it was given.
        """
        with self._connected() as client:
            _forget_dead_builders(client)
            name = f"{BUILDING}{uuid.uuid4().hex}"
            made = {"began": time.time(), "index": index_id}
            collection = client.create_collection(
                name, embedding_function=None, metadata=made, configuration=cast("Any", CONFIGURATION)
            )
            try:
                for batch, vectors in rows:
                    collection.add(ids=list(batch), embeddings=cast("Any", vectors))
                if collection.count() != len(ids):
                    raise ServerUnavailable(
                        f"the Chroma server stored {collection.count()} of {len(ids)} rows", remedy="check its disk"
                    )
                _rename(client, collection, index_id)
            finally:
                if _find(client, name) is not None:
                    client.delete_collection(name)

    @contextmanager
    def opened(self, index_id: str) -> Iterator[Collection]:
        """Open the collection of an index.

        Raises:
            InputError: It is not there.
            ServerUnavailable: The server is away.
        """
        with self._connected() as client:
            collection = _find(client, index_id)
            if collection is None:
                raise InputError(
                    f"the Chroma server at {self.address} has no index {index_id}",
                    remedy="build the index again: archive its `build_index` task first, or it comes from the cache",
                )
            yield collection

    @contextmanager
    def _connected(self) -> Iterator[Any]:
        import chromadb

        parts = urlsplit(self.url)
        secret = f"{parts.username}:{parts.password or ''}".encode()
        headers = {"Authorization": f"Basic {base64.b64encode(secret).decode()}"} if parts.username else {}
        beat = urllib.request.Request(f"{self.address}/api/v2/heartbeat", headers=headers)  # noqa: S310 - http(s)
        try:  # the client itself waits for ever for a server that hangs, and leaves connections open when it fails
            with urllib.request.urlopen(beat, timeout=CONNECT_S):  # noqa: S310 - checked in `__post_init__`
                pass
        except OSError as error:
            raise ServerUnavailable(
                f"no Chroma server answers at {self.address} ({error})", remedy=f"start it, or mend {VARIABLE}"
            ) from None
        client: Any = chromadb.HttpClient(
            host=str(parts.hostname),
            port=parts.port or (443 if parts.scheme == "https" else 80),
            ssl=parts.scheme == "https",
            headers=headers,
            settings=settings().model_copy(),
        )
        sessions = [client._server._session, client._admin_client._server._session]
        try:
            for session in sessions:
                session.timeout = REQUEST_S
            yield client
        finally:
            client.close()
            for session in sessions:  # which the client leaves open
                session.close()


def chroma_server(environ: Mapping[str, str]) -> ChromaServer | None:
    """Find the Chroma server; None: vectors are in the index's folder.

    Raises:
        InputError: The address is not one.
    """
    url = environ.get(VARIABLE, "").strip()
    return ChromaServer(url=url) if url else None


@contextmanager
def opened_rows(folder: Path, index_id: str, server: ChromaServer | None) -> Iterator[Collection]:
    """Open the vectors of an index, wherever they are.

    Raises:
        InputError: They are in a server that is not configured here, or that has them no longer.
    """
    if not (folder / SERVED).exists():
        with open_vectors(folder / CHROMA) as collection:
            yield collection
    elif server is None:
        raise InputError(f"the vectors of index {index_id} are in a Chroma server", remedy=f"set {VARIABLE}")
    else:
        with server.opened(index_id) as collection:
            yield collection


def in_batches(
    ids: Sequence[str], new: Mapping[str, Vectors], known: Collection | None, source_of: Mapping[str, str]
) -> Iterator[tuple[Sequence[str], Vectors]]:
    """Give all rows of an index in batches, so that no more than one batch of an old one is in memory.

    Args:
        ids: All rows that are wanted.
        new: Vectors that were embedded now.
        known: The collection that holds the others.
        source_of: Wanted id -> the id that `known` has the same text by.
    """
    for start in range(0, len(ids), _BATCH):
        batch = ids[start : start + _BATCH]
        old = [chunk_id for chunk_id in batch if chunk_id not in new]
        found: dict[str, Vectors] = {}
        if old and known is not None:
            found = dict(zip(old, stored_vectors(known, [source_of[chunk_id] for chunk_id in old]), strict=True))
        yield batch, np.stack([new[chunk_id] if chunk_id in new else found[chunk_id] for chunk_id in batch])


def _find(client: Any, name: str) -> Any:
    from chromadb.errors import NotFoundError

    try:
        return client.get_collection(name, embedding_function=None)
    except NotFoundError:
        return None


def _rename(client: Any, collection: Any, name: str) -> None:
    """Publish a collection, unless somebody else was faster with the same content."""
    try:
        collection.modify(name=name)
    except Exception:  # of a name that is taken; which class it is depends on server and version
        if _find(client, name) is None:
            raise


def _forget_dead_builders(client: Any) -> None:
    """Delete collections whose builder died."""
    for collection in client.list_collections():
        began = (collection.metadata or {}).get("began", 0.0)
        if collection.name.startswith(BUILDING) and time.time() - began > FORGOTTEN_AFTER_S:
            client.delete_collection(collection.name)


def _port(port: int | None) -> str:
    return f":{port}" if port else ""
