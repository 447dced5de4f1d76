"""Starting, finding, resuming and awaiting runs. Every run is a clone of a template that is never executed.

Runs that were cloned from a first run would have it as parent: aborting, archiving or deleting that one from the UI
would do the same to all of them.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Mapping
from typing import Any

from redraft.config import section_text, to_tree
from redraft.errors import InputError, RunError
from redraft.settings import Config, QueueSettings
from redraft.tracking.doctor.before_launch import check_code_and_models, check_queues_first
from redraft.tracking.prepare import runs_of
from redraft.tracking.queues import (
    busy_tasks,
    check_queues,
    default_queues,
    queue_id,
    queues_of_run,
    send_off,
)
from redraft.tracking.server import Refusal, call, find_tasks, project_ids
from redraft.tracking.step import CONFIG_OBJECT, WRONG_INPUT
from redraft.tracking.templates import PIPELINE, RUN_TAG, ensure_template, pipeline_project

log = logging.getLogger("redraft")

PROJECT = "redraft"
TAKEN_S = 20.0  # until an agent that took a run out of its queue has begun it
DEMO_PROJECT = "redraft-demo"  # apart, so that the demo's ratings are no part of anybody's history


def default_project() -> str:
    """The project that a command means when none is named: of ours and the demo's the one with the newest run."""
    return max((PROJECT, DEMO_PROJECT), key=_last_started)  # of two alike the first


def other_projects(project: str) -> list[str]:
    """What else a command may have meant: ours or the demo's, if there are runs of it."""
    return [name for name in (PROJECT, DEMO_PROJECT) if name != project and _last_started(name)]


def _last_started(project: str) -> str:
    """When the newest run of a project was made, as the server writes times; empty without one."""
    project_id = pipeline_project(project)
    runs = runs_of(project_id) if project_id else []
    return str(runs[-1]["created"]) if runs else ""


def project_of(task_id: str) -> str:
    """ClearML project of a run, without the hidden part of its name."""
    project = call("tasks.get_by_id", task=task_id)["task"]["project"]
    name = str(call("projects.get_by_id", project=project)["project"]["name"])
    return name.partition("/.pipelines/")[0]


def start_run(project: str, config: Config, *, template: str | None = None) -> str:
    """Start a run with this configuration; return its task's id.

    Args:
        project: ClearML project.
        config: What to run.
        template: What to clone; `None` finds or makes it.

    Raises:
        LaunchError: A queue is missing or not served.
    """
    check_queues_first(config, project)
    if template is None:
        check_code_and_models(config, project)
        template = ensure_template(project)
    run = draft_run(template, config)
    send_off(run, queue_id(config.queues.services))
    return run


def draft_run(template: str, config: Config, properties: Mapping[str, str] | None = None) -> str:
    """Make a run with this configuration that nobody executes until it is put on its queue; return its task's id."""
    source = call("tasks.get_by_id", task=template)["task"]
    name = f"{PIPELINE} #{_next_number(source['project'])}"
    system_tags = [tag for tag in source.get("system_tags") or [] if tag != "archived"]  # `redraft install` archives
    made = call("tasks.clone", task=template, new_task_name=name, new_task_parent=template)
    run = str(made["id"])
    call("tasks.edit", task=run, tags=[RUN_TAG], system_tags=system_tags)
    texts = {CONFIG_OBJECT: section_text(config)}
    items = [{"name": key, "value": text, "type": "yaml"} for key, text in texts.items()]
    call("tasks.edit_configuration", task=run, configuration=items, replace_configuration=False)
    parameters = [{"section": "Args", "name": key, "value": str(value)} for key, value in to_tree(config.run).items()]
    parameters += [{"section": "properties", "name": key, "value": text} for key, text in (properties or {}).items()]
    call("tasks.edit_hyper_params", task=run, hyperparams=parameters, replace_hyperparams="none")
    return run


def stop_orphans(project: str) -> None:
    """Stop steps that were running when this machine's agents died; only for one who knows that none is alive."""
    ids = project_ids(project)
    for task in find_tasks(project=ids, status=["in_progress"], only_fields=["type", "tags"]) if ids else []:
        tags = task.get("tags") or []
        if ("redraft-records" in tags or "redraft-shard" in tags) and "redraft-review" not in tags:
            call("tasks.stopped", task=task["id"], force=True, status_message="its agent is gone")


def resume_run(run: str, *, nobody_has_it: bool = False) -> str:
    """Put a run whose controller died back on its queue: same task, finished steps come from the cache.

    Args:
        run: Id of the run's task.
        nobody_has_it: The caller knows that no agent is at it, whatever the server last heard.

    Raises:
        RunError: It has ended well, or its controller is alive.
    """
    task = call("tasks.get_by_id", task=run)["task"]
    status = task["status"]
    if status in ("completed", "published"):
        raise RunError(f"run {run} is {status}: there is nothing to resume", remedy="start the next with `redraft run`")
    if status == "in_progress" and not nobody_has_it and run in busy_tasks():
        raise RunError(f"run {run} is running on agent {busy_tasks()[run]}", remedy="wait, or abort it first")
    names = queues_of_run(run)
    check_queues(names)
    queue = queue_id(names.services)
    if status == "in_progress":
        call("tasks.stopped", task=run, force=True, status_message="its agent is gone")
    if status == "queued":
        if _has_entry(task):
            return run
        if not nobody_has_it:
            _refuse_if_taken(run)
        call("tasks.dequeue", task=run)
    send_off(run, queue)
    return run


def _has_entry(task: Mapping[str, Any]) -> bool:
    """Whether a queued task is in its queue, for an agent to take."""
    try:
        queue = call("queues.get_by_id", queue=task["execution"]["queue"])["queue"]
    except Refusal:  # it was removed
        return False
    return task["id"] in [entry["task"] for entry in queue.get("entries") or []]


def _refuse_if_taken(run: str) -> None:
    """Wait a moment for the agent that may have taken a run out of its queue just now, and would start it anyway."""
    until = time.monotonic() + TAKEN_S
    while call("tasks.get_by_id", task=run)["task"]["status"] == "queued":
        if time.monotonic() > until:
            return
        time.sleep(0.5)
    raise RunError(f"run {run} was taken by an agent just now", remedy="`redraft resume` follows it")


def latest_run(project: str, *, iteration: int | None = None, refused: bool = True) -> dict[str, Any]:
    """The project's newest run, or the newest of one iteration.

    Args:
        project: ClearML project.
        iteration: Of which iteration.
        refused: Also one whose input was wrong, which nothing could continue; it is taken if there is no other.

    Raises:
        InputError: There is none.
    """
    project_id = pipeline_project(project)
    runs = runs_of(project_id) if project_id else []
    if iteration is not None:
        runs = [run for run in runs if run["iteration"] == iteration]
    if not refused:
        runs = [run for run in runs if run.get("status_reason") != WRONG_INPUT] or runs
    if not runs:
        which = f"of iteration {iteration} " if iteration is not None else ""
        raise InputError(f"project {project!r} has no run {which}yet", remedy="start one with `redraft run`")
    return runs[-1]


def newest_queues(project: str) -> QueueSettings:
    """The queues of the project's newest run; without one, the default ones."""
    project_id = pipeline_project(project)
    runs = runs_of(project_id) if project_id else []
    return queues_of_run(runs[-1]["id"]) if runs else default_queues()


def steps_of(run: str) -> dict[str, str]:
    """Step names and task ids of a run, cached ones included, from the state that its controller keeps."""
    import json

    from redraft.tracking.step import configuration_text

    dag: Mapping[str, Any] = json.loads(configuration_text(run, "Pipeline"))
    return {name: str(node.get("executed") or node.get("job_id") or "") for name, node in dag.items()}


def _next_number(project_id: str) -> int:
    numbers = [re.search(r"#(\d+)$", run.get("name") or "") for run in runs_of(project_id)]
    return max((int(found.group(1)) for found in numbers if found), default=0) + 1
