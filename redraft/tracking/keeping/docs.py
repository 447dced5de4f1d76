"""A new version of the docs from a folder, exactly as the step `version_docs` makes it.

For those who have the folder at hand: the CI of a docs repository, or the keeper with a copy of one.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from redraft.corpus.documents import SkippedFile, fingerprint, read_documents, staged_files
from redraft.errors import RedraftError
from redraft.settings import DocsSettings
from redraft.tracking.datasets import DocsVersion, same_version, store_version
from redraft.tracking.server import call

TASK_NAME = "docs push"


@dataclass(frozen=True, slots=True, kw_only=True)
class Pushed:
    """What came of a push."""

    version: DocsVersion
    documents: int = 0  # that were read; 0: nothing had changed
    skipped: tuple[SkippedFile, ...] = ()


def push_docs(project: str, folder: Path, settings: DocsSettings) -> Pushed:
    """Make a version of the docs from a folder, or find that the newest one holds the same.

    Args:
        project: ClearML project; the dataset is its `docs`.
        folder: The docs.
        settings: How they are read; read otherwise, the same files are another version.

    Raises:
        DocumentsError: The folder is missing, or holds nothing readable.
        ServerError: No version was made.
    """
    content = fingerprint(folder, settings)
    if same := same_version(project, content):
        return Pushed(version=same)
    corpus = read_documents(folder, settings)
    maker = _open_task(project)  # alive while it is in progress: nobody takes its half-made version for a leftover
    try:
        version = store_version(
            project, folder, staged_files(folder, settings), corpus.documents, fingerprint=content, step_id=maker
        )
    except BaseException as error:
        said = str(error) if isinstance(error, RedraftError) else type(error).__name__
        call("tasks.failed", task=maker, status_message=said[:500])
        raise
    call("tasks.completed", task=maker, status_message=version.sentence()[:500])
    return Pushed(version=version, documents=len(corpus.documents), skipped=corpus.skipped)


def _open_task(project: str) -> str:
    from clearml import Task

    task = Task.create(project_name=project, task_name=TASK_NAME, task_type=Task.TaskTypes.data_processing)
    call("tasks.started", task=task.id)
    return str(task.id)
