"""Makes the draft task of a step at the moment it is launched; takes up a review that is still open instead of a twin.

A draft copies the controller's own `script` section (repository, commit, diff), so that every step runs the code that
the controller runs; nothing is registered beforehand.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from typing import Any

from clearml import PipelineController, Task
from clearml.automation.job import ClearmlJob

from redraft.errors import LaunchError
from redraft.tracking.closing import lease_of
from redraft.tracking.inbox import OPEN, REVIEW_TAG, parameter
from redraft.tracking.server import Refusal, call, find_tasks
from redraft.tracking.step import RECORDS_TAG

log = logging.getLogger("redraft")

LIVE = ("queued", "in_progress")
Factory = Callable[[PipelineController.Node], Task]


def step_draft(pipe: PipelineController, entry_point: str, task_type: str) -> Factory:
    """A factory for a step that runs `entry_point` (a script, relative to the repository's root)."""

    def make(node: PipelineController.Node) -> Task:
        task = _empty_draft(pipe, node, task_type)
        script = pipe.task.data.script.to_dict()
        script |= {"entry_point": entry_point, "working_dir": ".", "requirements": {}}
        task._edit(script=script)
        return task

    return make


def review_draft(pipe: PipelineController) -> Factory:
    """A factory for the review: no code, a queue that no agent serves. An open twin is taken up instead."""

    def make(node: PipelineController.Node) -> Task:
        wanted = {name: str(pipe._parse_step_ref(value)) for name, value in node.parameters.items()}
        adopted = adopt_open_review(pipe.task, wanted)
        if adopted is not None:
            return adopted
        task = _empty_draft(pipe, node, "qc")
        task.set_tags([RECORDS_TAG, REVIEW_TAG])
        return task

    return make


def adopt_open_review(pipeline: Task, wanted: Mapping[str, str]) -> Task | None:
    """Take up the open review with these parameters, if there is one.

    `queues.remove_task` is the lock: who gets the entry out of the queue has the review; a closer that came first is
    left alone, and its completed review is found in the cache.

    Raises:
        LaunchError: Another run that is still alive waits for this review.
    """
    for task in _open_twins(pipeline, wanted):
        if task["status"] == "in_progress" or lease_of(task) is not None:
            log.info("review %s is being closed: waiting for it", task["id"])
            return _protected(task["id"])
        _refuse_if_owned(task, pipeline.id)
        if task["status"] == "queued" and not _take_from_queue(task):
            return adopt_open_review(pipeline, wanted)  # a closer was faster: look again
        log.info("taking up the open review %s with the ratings it holds", task["id"])
        return _protected(task["id"])
    return None


class ReviewSafeJob(ClearmlJob):  # type: ignore[misc]
    """A pipeline job that never clones, relaunches or deletes a review that people may have rated."""

    def __init__(self, base_task_id: str, **options: Any) -> None:
        task = Task.get_task(task_id=base_task_id)
        self._begun = REVIEW_TAG in (task.get_tags() or []) and task.status != "created"
        if not self._begun:
            super().__init__(base_task_id=base_task_id, **options)
            return
        super(ClearmlJob, self).__init__()
        self.task = task
        self.task_parameter_override = dict(options.get("parameter_override") or {})
        self._enable_local_imports = False

    def launch(self, queue_name: str | None = None) -> bool:
        """Send the task to its queue, unless it was begun already."""
        return True if self._begun else bool(super().launch(queue_name=queue_name))

    def delete(self) -> bool:
        """Delete the job's task, never a review."""
        if self.task is not None and REVIEW_TAG in (self.task.get_tags() or []):
            return False
        return bool(super().delete())


def _empty_draft(pipe: PipelineController, node: PipelineController.Node, task_type: str) -> Task:
    task = Task.create(project_name=pipe.task.get_project_name(), task_name=node.name, task_type=task_type)
    task.set_parameters(dict.fromkeys(node.parameters, ""))
    task.set_tags([RECORDS_TAG])
    return task


def _open_twins(pipeline: Task, wanted: Mapping[str, str]) -> list[dict[str, Any]]:
    fields = ["status", "hyperparams", "parent", "execution.queue"]
    found = find_tasks(project=[pipeline.project], tags=[REVIEW_TAG], status=list(OPEN), only_fields=fields)
    names = {key.partition("/")[2]: value for key, value in wanted.items()}
    return [task for task in found if all(parameter(task, name) == value for name, value in names.items())]


def _refuse_if_owned(task: dict[str, Any], pipeline_id: str) -> None:
    owner = task.get("parent")
    if not owner or owner == pipeline_id:
        return
    try:
        status = call("tasks.get_by_id", task=owner)["task"]["status"]
    except Refusal:
        return  # the run was deleted
    if status in LIVE:
        raise LaunchError(
            f"run {owner} ({status}) waits for the same review {task['id']}",
            remedy="let it finish, or abort it and run this one again",
        )


def _take_from_queue(task: dict[str, Any]) -> bool:
    try:
        call("queues.remove_task", queue=task["execution"]["queue"], task=task["id"])
    except Refusal as error:
        if error.subcode != 703:
            raise
        if call("tasks.get_by_id", task=task["id"])["task"]["status"] != "queued":
            return False
    # back to `created`: the pipeline sends it to its queue itself
    call("tasks.dequeue", task=task["id"])
    return True


def _protected(task_id: str) -> Task:
    """A review that the SDK may not delete, whatever it finds in its cache meanwhile."""
    task = Task.get_task(task_id=task_id)
    task.delete = lambda **_options: False
    return task
