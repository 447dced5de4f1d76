"""Index files of steps: how large they are, and how one is deleted so that no cache hands the step on without it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from redraft.tracking.lost_results import take_out_of_cache
from redraft.tracking.server import call

ARTIFACT = "index"


def index_bytes(task: Mapping[str, Any]) -> int:
    """Size of a task's index file; 0: it has none.

    Args:
        task: With its `execution.artifacts`.
    """
    return sum(int(item.get("content_size") or 0) for item in _items(task))


def delete_index(task: Mapping[str, Any]) -> None:
    """Delete a finished step's index file; twice is as good as once.

    First the step is taken out of the cache, then the artifact's entry, then the file: whoever dies in between leaves
    a step that is not handed on, at worst with a file that nobody refers to.

    Args:
        task: With its `execution.artifacts` and `runtime`.
    """
    from clearml.storage.helper import StorageHelper

    take_out_of_cache(task)
    urls = [item["uri"] for item in _items(task)]
    call("tasks.delete_artifacts", task=task["id"], artifacts=[{"key": ARTIFACT, "mode": "output"}], force=True)
    for url in urls:
        StorageHelper.get(url).delete(url, silent=True)


def _items(task: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [i for i in (task.get("execution") or {}).get("artifacts") or [] if i["key"] == ARTIFACT]
