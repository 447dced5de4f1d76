"""Makes the draft task of a step at the moment it is launched; takes up a review that is still open instead of a twin.

A draft copies the controller's own `script` section (repository, commit, diff), so that every step runs the code that
the controller runs; nothing is registered beforehand.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from typing import Any

from clearml import PipelineController, Task
from clearml.automation.job import ClearmlJob

from redraft.errors import LaunchError
from redraft.tracking.agent_script import agent_script
from redraft.tracking.closing import lease_of
from redraft.tracking.endings import ENDING_FIELDS
from redraft.tracking.inbox import REVIEW_TAG, WAITING, is_open, parameter
from redraft.tracking.page_links import announce
from redraft.tracking.queues import queue_ids, remove_from_queue
from redraft.tracking.server import Refusal, call, find_tasks
from redraft.tracking.step import RECORDS_TAG

log = logging.getLogger("redraft")

LIVE = ("queued", "in_progress")
ENDED = ("completed", "published")
TOO_LATE = (110, 121, 706)  # the task's status does not allow it, changed at that moment, or is `queued` already
Factory = Callable[[PipelineController.Node], Task]


def step_draft(pipe: PipelineController, entry_point: str, task_type: str) -> Factory:
    """A factory for a step that runs `entry_point` (a script, relative to the repository's root)."""

    def make(node: PipelineController.Node) -> Task:
        task = _empty_draft(pipe, node, task_type)
        task._edit(script=agent_script(pipe.task.data.script.to_dict(), entry_point))
        return task

    return make


def review_draft(pipe: PipelineController, page_url: str = "") -> Factory:
    """A factory for the review: no code, a queue that no agent serves. One of the same content is taken up instead.

    Args:
        pipe: The pipeline.
        page_url: The setting that says where the review page is; see `redraft.tracking.page_links`.
    """

    def make(node: PipelineController.Node) -> Task:
        wanted = {name: str(pipe._parse_step_ref(value)) for name, value in node.parameters.items()}
        task = adopt_open_review(pipe.task, wanted)
        if task is None:
            retire_superseded(pipe.task)
            task = _empty_draft(pipe, node, "qc")
            task.set_tags([RECORDS_TAG, REVIEW_TAG])
        if task.status in WAITING:
            announce(wanted["Args/project"], task.id, pipe.task.id, page_url, os.environ)
        return task

    return make


def adopt_open_review(pipeline: Task, wanted: Mapping[str, str]) -> Task | None:
    """Take up the review with these parameters, if there is one: the completed one, else the one that is open.

    `queues.remove_task` is the lock: who gets the entry out of the queue has the review; a closer that came first is
    left alone, and its review waited for.

    Raises:
        LaunchError: Another run that is still alive waits for this review.
    """
    twins = _twins(pipeline, wanted)
    completed = [task for task in twins if task["status"] in ENDED and "archived" not in (task["system_tags"] or [])]
    if completed:
        for task in twins:
            if task["status"] in WAITING and lease_of(task) is None:
                _retire(task, f"its twin {completed[-1]['id']} is completed")
        return _protected(completed[-1]["id"])
    for task in filter(is_open, twins):
        if task["status"] not in WAITING or lease_of(task) is not None:
            log.info("review %s is being closed: waiting for it", task["id"])
            return _protected(task["id"])
        _refuse_if_owned(task, pipeline.id)
        if task["status"] == "queued" and not _take_from_queue(task):
            return adopt_open_review(pipeline, wanted)  # a closer was faster: look again
        log.info("taking up the open review %s with the ratings it holds", task["id"])
        return _protected(task["id"])
    return None


def retire_superseded(pipeline: Task) -> None:
    """Stop open reviews of this run that are about other answers: the run was repeated with changed code or settings.

    Nobody would wait for them any more; what people said in them stays in the history.
    """
    fields = [*ENDING_FIELDS, "system_tags", "hyperparams", "parent", "execution.queue"]
    for task in find_tasks(project=[pipeline.project], parent=pipeline.id, tags=[REVIEW_TAG], only_fields=fields):
        if task["status"] in WAITING and lease_of(task) is None and parameter(task, "answers_task"):
            _retire(task, "the run was repeated and asks about other answers now")


class ReviewSafeJob(ClearmlJob):  # type: ignore[misc]
    """A pipeline job that takes a review as it finds it: it never clones, refills or deletes one that people rated."""

    def __init__(self, base_task_id: str, **options: Any) -> None:
        task = Task.get_task(task_id=base_task_id)
        self._taken_up = REVIEW_TAG in (task.get_tags() or []) and any(task.get_parameters().values())
        if not self._taken_up:
            super().__init__(base_task_id=base_task_id, **options)
            return
        super(ClearmlJob, self).__init__()
        self.task = task
        self.task_parameter_override = dict(options.get("parameter_override") or {})
        self._enable_local_imports = False
        self._is_cached_task = self.task_started = task.status in ENDED
        parent = options.get("parent")
        if parent and task.parent != parent:
            _unless_too_late("tasks.edit", task=task.id, parent=parent)

    def launch(self, queue_name: str | None = None) -> bool:
        """Send the task to its queue; a review that somebody closes meanwhile is waited for.

        Raises:
            LaunchError: It could not be sent; the SDK would only write a warning, and wait for ever.
        """
        if not self._taken_up:
            sent = bool(super().launch(queue_name=queue_name))
            if not sent and not self._is_cached_task:
                why = "there is no such queue" if queue_name not in queue_ids() else "the server refused"
                raise LaunchError(
                    f"step {self.task.name} cannot be put on the queue {queue_name!r}: {why}",
                    remedy="`redraft install` makes the queues",
                )
            self._last_status = None  # of a step that is launched again the SDK would read `failed` once more
            return sent
        if self.task.status == "created":
            _unless_too_late("tasks.enqueue", task=self.task.id, queue_name=queue_name)
        return True

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


def _twins(pipeline: Task, wanted: Mapping[str, str]) -> list[dict[str, Any]]:
    """Reviews with these parameters, whatever their status, oldest first."""
    fields = [*ENDING_FIELDS, "system_tags", "hyperparams", "parent", "execution.queue"]
    found = find_tasks(project=[pipeline.project], tags=[REVIEW_TAG], only_fields=fields)
    names = {key.partition("/")[2]: value for key, value in wanted.items()}
    return [task for task in found if all(parameter(task, name) == value for name, value in names.items())]


def _retire(task: dict[str, Any], why: str) -> None:
    """Stop a review that nobody waits for; what people said in it stays in the history."""
    if task["status"] == "created" or _take_from_queue(task):
        log.info("review %s is stopped, its ratings are kept: %s", task["id"], why)
        call("tasks.stopped", task=task["id"], force=True, status_message=why)


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
    """Take a review out of its queue, back to `created`; `False` when a closer has it."""
    if not remove_from_queue(task["execution"]["queue"], task["id"]):
        now = call("tasks.get_by_id", task=task["id"])["task"]
        if now["status"] != "queued" or lease_of(now) is not None:
            return False
    # back to `created`: the pipeline sends it to its queue itself
    call("tasks.dequeue", task=task["id"])
    return True


def _unless_too_late(action: str, **fields: Any) -> None:
    """Make a call that a closer, who may be faster, makes unnecessary."""
    try:
        call(action, **fields)
    except Refusal as error:
        if error.subcode not in TOO_LATE:
            raise


def _protected(task_id: str) -> Task:
    """A review that the SDK may not delete, whatever it finds in its cache meanwhile."""
    task = Task.get_task(task_id=task_id)
    task.delete = lambda **_options: False
    return task
