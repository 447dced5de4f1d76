"""What somebody deleted is made again: the step that made it is not found in the cache any more."""

from __future__ import annotations

import pytest
from clearml import Task

from redraft.tracking.artifacts import artifact_urls
from redraft.tracking.lost_results import CACHE_KEY, forget_lost_versions
from redraft.tracking.server import NoSuchTask, call

pytestmark = pytest.mark.usefixtures("clearml_sdk")


def finished_step(project: str, dataset_id: str, *, name: str = "version_docs") -> str:
    """A step that made a docs version, as the SDK's cache finds it."""
    task = Task.create(project_name=project, task_name=name, task_type="data_processing")
    task.update_parameters({"Out/dataset_id": dataset_id})
    call("tasks.edit", task=task.id, runtime={CACHE_KEY: "a hash", "other": "kept"}, force=True)
    call("tasks.completed", task=task.id, force=True)
    return str(task.id)


def runtime_of(task_id: str) -> dict[str, str]:
    return dict(call("tasks.get_by_id", task=task_id)["task"]["runtime"])


def test_a_step_whose_docs_version_was_deleted_is_not_found_in_the_cache_again(project: str) -> None:
    kept, lost = (Task.create(project_name=f"{project}/.datasets/docs", task_name="docs") for _ in range(2))
    steps = [finished_step(project, kept.id), finished_step(project, lost.id)]
    other = finished_step(project, lost.id, name="build_index")  # its own result is there
    call("tasks.delete", task=lost.id, force=True)
    project_id = call("tasks.get_by_id", task=other)["task"]["project"]

    assert forget_lost_versions(project_id) == [steps[1]]

    assert runtime_of(steps[1]) == {"other": "kept"}
    for step in (steps[0], other):
        assert runtime_of(step) == {CACHE_KEY: "a hash", "other": "kept"}
    assert forget_lost_versions(project_id) == []


def test_a_task_that_was_deleted_is_named(project: str) -> None:
    task = Task.create(project_name=project, task_name="docs")
    call("tasks.delete", task=task.id, force=True)
    with pytest.raises(NoSuchTask, match=f"{task.id} is not on the server"):
        artifact_urls(task.id)
