"""Versions of the docs as ClearML datasets: unchanged docs keep their version, changed docs get a child of it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redraft.errors import InputError
from redraft.records import Document
from redraft.tracking.artifacts import put_records
from redraft.tracking.server import call, find_tasks, project_ids

NAME = "docs"
FINGERPRINT = "redraft_fingerprint"
MADE_BY = "redraft_step"
DATASET_PREFIX = "dataset:"


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


def named_version(docs: str) -> str | None:
    """Id of the dataset that a `docs` parameter names (`dataset:<id>`); `None` when it names a folder.

    Raises:
        InputError: There is no such dataset.
    """
    if not docs.startswith(DATASET_PREFIX):
        return None
    dataset_id = docs.removeprefix(DATASET_PREFIX).strip()
    found = list(find_tasks(id=[dataset_id], only_fields=["status", "execution.artifacts"])) if dataset_id else []
    if not found:
        raise InputError(
            f"docs: there is no dataset {dataset_id!r} on this server", remedy="see the project's datasets"
        )
    if not any(item["key"] == "documents" for item in (found[0].get("execution") or {}).get("artifacts") or []):
        raise InputError(f"docs: dataset {dataset_id} was not made by Redraft: it has no `documents` artifact")
    return dataset_id


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

    _remove_leftovers(project, step_id)
    newest = _newest(project)
    if newest is not None and _fingerprint(newest.id) == fingerprint:
        return DocsVersion(dataset_id=newest.id, is_new=False)
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
        put_records(dataset.id, "documents", Document, documents)
        _describe(dataset, version, newest)
        dataset.upload(show_progress=False, verbose=False)
        dataset.finalize(verbose=False)
    return version


def _newest(project: str) -> Any | None:
    from clearml import Dataset

    try:
        return Dataset.get(dataset_project=project, dataset_name=NAME, only_completed=True)
    except ValueError:  # there is none yet
        return None


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
        owner = ((task.get("hyperparams") or {}).get("properties") or {}).get(MADE_BY, {}).get("value")
        if not owner:
            continue
        alive = list(find_tasks(id=[owner], status=["in_progress"], only_fields=["status"]))
        if owner == step_id or not alive:
            call("tasks.delete", task=task["id"], force=True)


def _fingerprint(dataset_id: str) -> str | None:
    task = call("tasks.get_by_id", task=dataset_id)["task"]
    value = ((task.get("hyperparams") or {}).get("properties") or {}).get(FINGERPRINT, {}).get("value")
    return None if value is None else str(value)


def _set_properties(task_id: str, values: dict[str, str]) -> None:
    items = [{"section": "properties", "name": name, "value": value, "type": "str"} for name, value in values.items()]
    call("tasks.edit_hyper_params", task=task_id, hyperparams=items, replace_hyperparams="none")
