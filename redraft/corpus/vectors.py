"""The vector half of an index: a Chroma collection in a folder of its own.

Chroma's traps, stepped around: no embedding function (it would download one), no telemetry, adds in batches below its
limit, one writer a folder, and a client that is closed before anybody else opens or packs the folder.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import numpy.typing as npt

from redraft.corpus.ranking import Hit, stand_out

if TYPE_CHECKING:
    from chromadb import Collection

Vectors = npt.NDArray[np.float32]
"""One embedding a row, of length 1."""

COLLECTION = "chunks"
_SAMPLE = 128  # rows that tell what an ordinary cosine is
_SPARE = 16  # rows more than asked for, so that equal ones at the end are chosen by id
_BATCH = 5000  # Chroma refuses more than 5461 rows at once
CONFIGURATION: Mapping[str, Any] = {
    "hnsw": {
        "space": "ip",  # the rows have length 1, so this is the cosine; "cosine" would give NaN for a row of zeros
        "ef_search": 200,  # the default 100 finds fewer of the true neighbours for 0.3 ms less
        "sync_threshold": 100,  # rows beyond the last sync are inserted again at every opening
        "batch_size": 100,
    }
}


@contextmanager
def open_vectors(folder: Path, *, create: bool = False) -> Iterator[Collection]:
    """Open the collection in a folder, and close it for good afterwards."""
    client = _client(folder)
    try:
        if create:
            collection = client.create_collection(
                COLLECTION, embedding_function=None, configuration=cast("Any", CONFIGURATION)
            )
        else:
            collection = client.get_collection(COLLECTION, embedding_function=None)
        yield collection
    finally:
        client.close()


def _client(folder: Path) -> Any:
    import chromadb  # half a second that only those who touch vectors pay

    return chromadb.PersistentClient(path=str(folder.resolve()), settings=settings().model_copy())


@lru_cache(maxsize=1)
def settings() -> Any:
    """Settings of a Chroma client: no telemetry."""
    from chromadb.config import Settings

    # Without `_env_file` a `.env` in the working folder is read, and its unknown names refused.
    return Settings(anonymized_telemetry=False, _env_file=None)  # type: ignore[call-arg]  # of pydantic's


def add_vectors(collection: Collection, ids: Sequence[str], vectors: Vectors) -> None:
    """Add rows, in batches that Chroma accepts."""
    for start in range(0, len(ids), _BATCH):
        batch = slice(start, start + _BATCH)
        collection.add(ids=list(ids[batch]), embeddings=cast("Any", vectors[batch]))


def delete_vectors(collection: Collection, ids: Sequence[str]) -> None:
    """Delete rows, in batches that Chroma accepts."""
    for start in range(0, len(ids), _BATCH):
        collection.delete(ids=list(ids[start : start + _BATCH]))


def stored_ids(collection: Collection, ids: Sequence[str] | None = None) -> list[str]:
    """List the ids of all rows, or of those among `ids`."""
    if ids is None:
        return collection.get(include=[])["ids"]
    starts = range(0, len(ids), _BATCH)
    batches = (collection.get(ids=list(ids[start : start + _BATCH]), include=[]) for start in starts)
    return [chunk_id for batch in batches for chunk_id in batch["ids"]]


def stored_vectors(collection: Collection, ids: Sequence[str]) -> Vectors:
    """Read rows back, in the order of the ids."""
    rows: dict[str, Any] = {}
    for start in range(0, len(ids), _BATCH):
        found = collection.get(ids=list(ids[start : start + _BATCH]), include=["embeddings"])
        rows.update(zip(found["ids"], cast("Any", found["embeddings"]), strict=True))
    return np.asarray([rows[chunk_id] for chunk_id in ids], dtype=np.float32)


class Neighbours:
    """Searches a collection."""

    def __init__(self, collection: Collection, ids: Sequence[str]) -> None:
        self._collection = collection
        self._size = len(ids)
        step = max(1, len(ids) // _SAMPLE)
        # Ids are hashes, so every so-manieth of them in order is a fair sample, and the same one on every machine.
        self._sample = stored_vectors(collection, sorted(ids)[::step][:_SAMPLE])

    def nearest(self, vectors: Vectors, count: int) -> list[list[Hit]]:
        """Find the rows nearest to each vector, by cosine, best first."""
        found = self._collection.query(
            query_embeddings=cast("Any", vectors), n_results=min(count + _SPARE, self._size), include=["distances"]
        )
        cosines = [1.0 - np.asarray(row) for row in cast("Any", found["distances"])]
        # One product a vector: the last digits of a product of matrices depend on how many vectors are asked at once.
        backgrounds = [self._sample @ vector for vector in vectors]
        return [_hits(*row)[:count] for row in zip(found["ids"], cosines, backgrounds, strict=True)]


def _hits(ids: Sequence[str], scores: npt.NDArray[np.float64], background: Vectors) -> list[Hit]:
    hits = [
        Hit(chunk_id=chunk_id, score=float(score), stands_out=above)
        for chunk_id, score, above in zip(ids, scores, stand_out(scores, background), strict=True)
    ]
    # Equal cosines come in the order of Chroma's graph, which depends on how the index came about.
    return sorted(hits, key=lambda hit: (-hit.score, hit.chunk_id))


def unit_rows(vectors: npt.ArrayLike) -> Vectors:
    """Scale rows to length 1; a row of zeros stays one.

    >>> unit_rows([[3.0, 4.0], [0.0, 0.0]]).tolist()
    [[0.6000000238418579, 0.800000011920929], [0.0, 0.0]]
    """
    rows = np.asarray(vectors, dtype=np.float64)
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return (rows / np.where(lengths == 0, 1, lengths)).astype(np.float32)
