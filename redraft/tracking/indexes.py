"""Finds and opens the indexes that earlier steps made."""

from __future__ import annotations

from pathlib import Path

from redraft.corpus.index import unpack_index
from redraft.tracking.artifacts import get_artifact
from redraft.tracking.server import find_tasks, project_ids

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


def unpacked(task_id: str, folder: Path) -> Path:
    """Bring the index of a `build_index` task into a folder."""
    return unpack_index(get_artifact(task_id, "index"), folder)
