"""Finished steps whose result somebody deleted are taken out of the cache, so that they are run again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from redraft.tracking.followed_docs import property_of
from redraft.tracking.server import call, find_tasks

CACHE_KEY = "pipeline_job_hash"  # in a task's runtime: what the SDK finds a finished step by


def take_out_of_cache(task: Mapping[str, Any]) -> None:
    """Let a finished step not be found in the cache again.

    Args:
        task: With its `runtime`.
    """
    left = {name: value for name, value in (task.get("runtime") or {}).items() if name != CACHE_KEY}
    call("tasks.edit", task=task["id"], runtime=left, force=True)


def forget_lost_versions(project_id: str) -> list[str]:
    """Take the steps out of the cache that made a docs version which is not on the server any more; their ids.

    Args:
        project_id: Of the pipeline's runs and steps.
    """
    fields = ["runtime", "hyperparams.Out"]
    steps = find_tasks(project=[project_id], name="^version_docs$", status=["completed"], only_fields=fields)
    made = {step["id"]: (step, property_of(step, "dataset_id", section="Out")) for step in steps if _is_cached(step)}
    wanted = sorted({dataset for _, dataset in made.values() if dataset})
    there = {task["id"] for task in find_tasks(id=wanted, only_fields=["status"])} if wanted else set()
    lost = [step for step, dataset in made.values() if dataset and dataset not in there]
    for step in lost:
        take_out_of_cache(step)
    return [str(step["id"]) for step in lost]


def _is_cached(step: Mapping[str, Any]) -> bool:
    return CACHE_KEY in (step.get("runtime") or {})
