"""Starting the next iteration once, however often and from wherever at once it is asked for."""

from __future__ import annotations

import random
import time
from typing import Any

from redraft.errors import RunError
from redraft.settings import Config
from redraft.tracking.doctor.before_launch import check_code_and_models, check_queues_first
from redraft.tracking.followed_docs import property_of
from redraft.tracking.prepare import runs_of
from redraft.tracking.queues import ON_ITS_WAY, queue_id, send_off
from redraft.tracking.runs import draft_run, project_of
from redraft.tracking.server import Refusal, call
from redraft.tracking.templates import ensure_template, pipeline_project

AFTER = "after_run"
NOTHING = "nothing"  # what a project's first run comes after


def start_iteration(project: str, config: Config) -> str:
    """Start the iteration after the project's newest run with that run's choices; the first one with `config`.

    Raises:
        RunError: The newest run has not ended well yet: it is resumed, not overtaken.
        LaunchError: A queue is missing or not served.
    """
    from clearml import Task

    from redraft.tracking.prepare import effective_config, override_run

    project_id = pipeline_project(project)
    runs = runs_of(project_id) if project_id else []
    if not runs:
        check_queues_first(config, project)
        check_code_and_models(config, project)
        first = override_run(config, {"iteration": 0})
        return _start_once(project, first, after=NOTHING, template=ensure_template(project))
    last = runs[-1]
    if last["status"] not in ("completed", "published"):
        raise RunError(
            f"iteration {last['iteration']} is {last['status']}: the next one starts when it is completed",
            remedy="`redraft resume` continues it",
        )
    pipeline = Task.get_task(task_id=last["id"])
    return start_next(pipeline, override_run(effective_config(pipeline), {"iterations": 2}))


def start_next(pipeline: Any, config: Config) -> str:
    """Start the iteration after this run's; its id.

    Raises:
        LaunchError: A queue is missing or not served.
    """
    from redraft.tracking.prepare import override_run

    following = override_run(config, {"iteration": 0, "iterations": config.run.iterations - 1})
    return _start_once(project_of(pipeline.id), following, after=pipeline.id, template=pipeline.parent)


def _start_once(project: str, config: Config, *, after: str, template: str) -> str:
    """Start what comes after something, unless it was started; its id.

    Who looks after drafting sees everybody who drafted before: of two at once, one or both take theirs away.
    """
    queue = config.queues.services
    while True:
        if found := _started(project, after):
            if found[0]["status"] == "created":  # its starter died before it sent it off, or is about to
                send_off(found[0]["id"], queue_id(queue))
            return str(found[0]["id"])
        check_queues_first(config, project)
        run = draft_run(template, config, {AFTER: after})
        if len(_started(project, after)) == 1:
            send_off(run, queue_id(queue))
            return run
        delete_draft(run)
        time.sleep(random.uniform(0.1, 1.0))  # noqa: S311 - no secret


def _started(project: str, after: str) -> list[dict[str, Any]]:
    project_id = pipeline_project(project)
    return [run for run in runs_of(project_id) if property_of(run, AFTER) == after] if project_id else []


def delete_draft(run: str) -> None:
    """Take a draft away, unless somebody who took its maker for dead has sent it off meanwhile."""
    try:
        call("tasks.delete", task=run)
    except Refusal as error:
        if error.subcode not in ON_ITS_WAY:
            raise
