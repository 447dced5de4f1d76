"""Finds and opens the indexes that earlier steps made, and the documents as an index has them."""

from __future__ import annotations

import os
import shutil
import tempfile
import weakref
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from redraft.corpus.index import Index, chroma_server, open_index, unpack_index
from redraft.corpus.index_folder import Sources, document_sources
from redraft.errors import InputError
from redraft.records import Chunk, Document
from redraft.tracking.artifacts import get_artifact, get_records
from redraft.tracking.server import Refusal, find_tasks, project_ids
from redraft.tracking.step import results_of

ENDED = ("completed", "published")


def newest_index(project: str, embedder: str) -> str | None:
    """Id of the task that made the project's newest index with this embedder."""
    ids = project_ids(project)
    if not ids:
        return None
    found = find_tasks(
        project=ids,
        name="^build_index$",
        status=list(ENDED),
        only_fields=["hyperparams", "execution.artifacts"],
        order_by=["-completed"],
    )
    for task in found:
        made_with = ((task.get("hyperparams") or {}).get("Out") or {}).get("embedder", {}).get("value")
        artifacts = {item["key"] for item in (task.get("execution") or {}).get("artifacts") or []}
        if made_with == embedder and "index" in artifacts:
            return str(task["id"])
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedDocs:
    """The documents as an index has them."""

    chunks: Mapping[str, tuple[Chunk, ...]]  # by document path, in reading order
    sources: Sources  # empty when the docs version is gone from the server


def indexed_docs(project: str, index_id: str, dataset_id: str) -> IndexedDocs:
    """Read the documents that an answer was made from.

    Args:
        project: ClearML project of the runs.
        index_id: Of the answer.
        dataset_id: Of the answer: the docs version that says where a person can open a document.

    Raises:
        InputError: No task of the project holds this index any more.
    """
    task_id = _task_of(project, index_id)
    if task_id is None:
        raise InputError(f"project {project!r} has no index {index_id} any more: its task was deleted")
    chunks: dict[str, list[Chunk]] = {}
    for chunk in sorted(get_records(task_id, "chunks", Chunk), key=lambda chunk: chunk.ordinal):
        chunks.setdefault(chunk.document_path, []).append(chunk)
    try:
        sources = document_sources(get_records(dataset_id, "documents", Document))
    except Refusal:
        sources = {}
    return IndexedDocs(chunks={path: tuple(found) for path, found in chunks.items()}, sources=sources)


def _task_of(project: str, index_id: str) -> str | None:
    """Id of the newest task that made an index; `None` also for a task without its chunks."""
    ids = project_ids(project)
    found = find_tasks(
        project=ids,
        name="^build_index$",
        status=list(ENDED),
        only_fields=["hyperparams", "execution.artifacts"],
        order_by=["-completed"],
    )
    for task in found if ids else ():
        made = ((task.get("hyperparams") or {}).get("Out") or {}).get("index_id", {}).get("value")
        artifacts = {item["key"] for item in (task.get("execution") or {}).get("artifacts") or []}
        if made == index_id and "chunks" in artifacts:
            return str(task["id"])
    return None


def unpacked(task_id: str, folder: Path) -> Path:
    """Bring the index of a `build_index` task into a folder."""
    return unpack_index(get_artifact(task_id, "index"), folder)


class OpenIndex:
    """An index that stays open for many questions, in a folder of its own: no two processes may share one.

    It is closed and its folder deleted at the latest when nobody uses it any more, or the process ends.

    Args:
        task_id: The `build_index` task that made it.
        parent: Where its folder is made.
    """

    def __init__(self, task_id: str, parent: Path) -> None:
        parent.mkdir(parents=True, exist_ok=True)
        folder = Path(tempfile.mkdtemp(prefix="index-", dir=parent))
        try:
            self.index = open_index(unpacked(task_id, folder / "index"), chroma_server(os.environ))
            self.dataset_id = results_of(task_id).get("dataset_id", "")  # of the docs version that it was made from
        except BaseException:
            shutil.rmtree(folder)
            raise
        self.close = weakref.finalize(self, _close, self.index, folder)

    def __enter__(self) -> OpenIndex:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _close(index: Index, folder: Path) -> None:
    index.close()
    shutil.rmtree(folder, ignore_errors=True)
