"""How much of the docs a run must embed, found out without reading the docs' text.

A version of the docs has the size of each of its documents beside their text:

    {"path": "guides/run.md", "sha256": "9f2c...", "chars": 1834}

What the project's newest index of the same embedding model was made from is taken over, document by document. A
document that changed counts in full, though those of its chunks that are as they were will be taken over, too.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from redraft.config import ROOT, parse_yaml, to_tree
from redraft.corpus.documents import fingerprint, staged_files
from redraft.errors import InputError
from redraft.llm import embedding_endpoint
from redraft.records import DocumentSize
from redraft.settings import Config, DocsSettings, IndexSettings
from redraft.tracking.artifacts import get_records
from redraft.tracking.datasets import DATASET_PREFIX, SIZES, content_of, resolve_docs
from redraft.tracking.indexes import newest_index
from redraft.tracking.server import Refusal, find_tasks
from redraft.tracking.step import configuration_text, results_of

CUTTING = ("max_chars", "min_chars")  # settings of the index with which all chunks are others


def chars_to_embed(project: str, config: Config) -> int | None:
    """Characters of the documents that the newest index does not have as they are; `None`: that is not recorded.

    Args:
        project: ClearML project of the runs.
        config: Of the run; its docs are a folder on this machine, or a version.

    Raises:
        InputError: `dataset:latest`, and the project has no version.
        DocumentsError: There is no such folder.
    """
    docs, indexed = resolve_docs(project, config.run.docs), _indexed_version(project, config)
    version = docs.removeprefix(DATASET_PREFIX).strip() if docs.startswith(DATASET_PREFIX) else ""
    if indexed and (version == indexed if version else _is_version(ROOT / docs, config.docs, indexed)):
        return 0
    before = _sizes(indexed) if indexed else ()
    now = _sizes(version) if version else tuple(_files(ROOT / docs, config.docs))
    if before is None or now is None:
        return None
    known = {(size.path, size.sha256) for size in before}
    return sum(size.chars for size in now if (size.path, size.sha256) not in known)


def _indexed_version(project: str, config: Config) -> str:
    """Id of the docs version of the newest index that chunks can be taken over from; empty: there is none."""
    index = newest_index(project, f"{embedding_endpoint(os.environ).name} {config.run.embedding_model}")
    if index is None or not _is_cut_alike(index, config.index):
        return ""
    return results_of(index).get("dataset_id", "")


def _is_cut_alike(index: str, settings: IndexSettings) -> bool:
    try:
        made_with = parse_yaml(configuration_text(index, "index"), name=f"configuration object index of task {index}")
    except InputError:  # made by hand
        return True
    wanted = to_tree(settings)
    return all(made_with.get(key) == wanted[key] for key in CUTTING)


def _is_version(folder: Path, settings: DocsSettings, dataset_id: str) -> bool:
    found = list(find_tasks(id=[dataset_id], only_fields=["hyperparams.properties"]))
    return bool(found) and content_of(found[0]) == fingerprint(folder, settings)


def _sizes(dataset_id: str) -> Iterable[DocumentSize] | None:
    try:
        return get_records(dataset_id, SIZES, DocumentSize)
    except Refusal:  # made by an older Redraft, or deleted
        return None


def _files(folder: Path, settings: DocsSettings) -> Iterator[DocumentSize]:
    """Files of a folder, a byte taken for a character."""
    for path in staged_files(folder, settings):
        content = (folder / path).read_bytes()
        yield DocumentSize(path=path.as_posix(), sha256=hashlib.sha256(content).hexdigest(), chars=len(content))
