"""Versions of the docs as ClearML datasets: unchanged docs keep their version, changed docs get a child of it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redraft.errors import InputError
from redraft.records import Document, DocumentSize
from redraft.tracking.artifacts import put_records
from redraft.tracking.server import call, find_tasks, project_ids

NAME = "docs"
FINGERPRINT = "redraft_fingerprint"
MADE_BY = "redraft_step"
DATASET_PREFIX = "dataset:"
LATEST = "latest"
SIZES = "documentsizes"  # artifact


@dataclass(frozen=True, slots=True, kw_only=True)
class DocsVersion:
    """A version of the docs."""

    dataset_id: str
    is_new: bool
    added: int = 0
    modified: int = 0
    removed: int = 0

    def sentence(self) -> str:
        """What happened, in one line."""
        if not self.is_new:
            return f"docs unchanged: dataset {self.dataset_id}"
        counts = f"{self.added} added, {self.modified} modified, {self.removed} removed"
        return f"docs changed: {counts}: dataset {self.dataset_id}"


def named_version(value: str, *, what: str = NAME, artifact: str = "documents") -> str | None:
    """Id of the dataset that a parameter names (`dataset:<id>`); `None` when it names a file or folder.

    Args:
        value: The parameter's value.
        what: What the dataset must hold, for messages.
        artifact: What Redraft keeps on datasets of this kind.

    Raises:
        InputError: There is no such dataset, or it is of another kind.
    """
    if not value.strip():
        raise InputError(f"{what}: neither a path nor dataset:<id> is given")
    if not value.startswith(DATASET_PREFIX):
        return None
    dataset_id = value.removeprefix(DATASET_PREFIX).strip()
    found = list(find_tasks(id=[dataset_id], only_fields=["status", "execution.artifacts"])) if dataset_id else []
    if not found:
        raise InputError(
            f"{what}: there is no dataset {dataset_id!r} on this server", remedy="see the project's datasets"
        )
    if not any(item["key"] == artifact for item in (found[0].get("execution") or {}).get("artifacts") or []):
        raise InputError(f"{what}: dataset {dataset_id} was not made by Redraft: it has no `{artifact}` artifact")
    return dataset_id


def resolve_docs(project: str, docs: str) -> str:
    """Name the version that `dataset:latest` means now; what names another version or a folder stays as it is.

    Raises:
        InputError: The project has no version yet.
    """
    if not docs.startswith(DATASET_PREFIX) or docs.removeprefix(DATASET_PREFIX).strip() != LATEST:
        return docs
    newest = newest_version(project)
    if newest is None:
        raise InputError(
            f"docs: project {project!r} has no version of the docs yet", remedy="push one: `redraft docs push FOLDER`"
        )
    return f"{DATASET_PREFIX}{newest['id']}"


def newest_version(project: str) -> dict[str, Any] | None:
    """The newest completed version of a project's docs, as the server describes it; `None` before the first.

    The highest number wins, and of two with the same number (two were made at once) the later.
    """
    ids = project_ids(f"{project}/.datasets/{NAME}")
    fields = ["completed", "runtime.version", "hyperparams.properties"]
    done = ["completed", "published", "closed"]
    found = find_tasks(project=ids, system_tags=["dataset"], status=done, only_fields=fields) if ids else ()
    return max(found, key=lambda task: (_number(task), str(task.get("completed") or "")), default=None)


def content_of(version: dict[str, Any]) -> str:
    """Name what a version holds: its fingerprint; its id, if it has none."""
    return _property(version, FINGERPRINT) or str(version["id"])


def same_version(project: str, fingerprint: str) -> DocsVersion | None:
    """The project's newest version, if it holds just this; else `None`."""
    newest = newest_version(project)
    if newest is None or _property(newest, FINGERPRINT) != fingerprint:
        return None
    return DocsVersion(dataset_id=str(newest["id"]), is_new=False)


def store_version(
    project: str, folder: Path, files: Iterable[Path], documents: Iterable[Document], *, fingerprint: str, step_id: str
) -> DocsVersion:
    """Make a version of the docs, or find that the newest one holds the same.

    Args:
        project: ClearML project; the dataset is its `docs`.
        folder: The docs folder.
        files: Files of it that belong to the docs, relative.
        documents: Their converted text, kept on the version's own task.
        fingerprint: Content hash of the files and of how they are read.
        step_id: The task that makes it; an unfinished version of a step that died is removed.
    """
    from clearml import Dataset

    documents = tuple(documents)
    _remove_leftovers(project, step_id)
    if same := same_version(project, fingerprint):
        return same
    found = newest_version(project)
    newest = Dataset.get(dataset_id=found["id"]) if found is not None else None
    dataset = Dataset.create(
        dataset_name=NAME, dataset_project=project, parent_datasets=[newest.id] if newest is not None else None
    )
    _set_properties(dataset.id, {MADE_BY: step_id, FINGERPRINT: fingerprint})
    with tempfile.TemporaryDirectory() as staging:
        for file in files:
            target = Path(staging) / file
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / file, target)
        removed, added, modified = dataset.sync_folder(staging, verbose=False)
        version = DocsVersion(dataset_id=dataset.id, is_new=True, added=added, modified=modified, removed=removed)
        put_records(dataset.id, SIZES, DocumentSize, map(_size, documents))
        put_records(dataset.id, "documents", Document, documents)
        _describe(dataset, version, newest)
        dataset.upload(show_progress=False, verbose=False)
        dataset.finalize(verbose=False)
    return version


def _size(document: Document) -> DocumentSize:
    return DocumentSize(path=document.path, sha256=document.sha256, chars=len(document.text))


def _describe(dataset: Any, version: DocsVersion, parent: Any | None) -> None:
    import pandas as pd  # a second that an unchanged version does not pay

    from redraft.tracking.tables import shown

    before = {path: entry.hash for path, entry in parent.file_entries_dict.items()} if parent is not None else {}
    after = {path: entry.hash for path, entry in dataset.file_entries_dict.items()}
    rows = [(path, "added" if path not in before else "modified") for path in after if before.get(path) != after[path]]
    rows += [(path, "removed") for path in before if path not in after]
    table = pd.DataFrame(sorted(rows), columns=["page", "change"])
    dataset.set_description(version.sentence().rpartition(": dataset")[0])
    dataset.get_logger().report_table("changes", "pages", iteration=0, table_plot=shown(table))
    dataset.tags = ["redraft"]


def _remove_leftovers(project: str, step_id: str) -> None:
    """Delete versions that a step began and, dead, will not finish: they would keep their number."""
    ids = project_ids(f"{project}/.datasets/{NAME}")
    if not ids:
        return
    for task in find_tasks(project=ids, status=["created", "in_progress"], only_fields=["hyperparams"]):
        owner = _property(task, MADE_BY)
        if not owner:
            continue
        alive = list(find_tasks(id=[owner], status=["in_progress"], only_fields=["status"]))
        if owner == step_id or not alive:
            call("tasks.delete", task=task["id"], force=True)


def _property(task: dict[str, Any], name: str) -> str:
    return str(((task.get("hyperparams") or {}).get("properties") or {}).get(name, {}).get("value") or "")


def _number(task: dict[str, Any]) -> tuple[int, ...]:
    """A version's number, such as 1.0.3, for comparison."""
    parts = str((task.get("runtime") or {}).get("version") or "").split(".")
    return tuple(int(part) for part in parts if part.isdigit())


def _set_properties(task_id: str, values: dict[str, str]) -> None:
    items = [{"section": "properties", "name": name, "value": value, "type": "str"} for name, value in values.items()]
    call("tasks.edit_hyper_params", task=task_id, hyperparams=items, replace_hyperparams="none")
