"""Starts one run, also when two keepers, a person and a run that goes on by itself try at the same moment.

    draft a run -> look whether there is another one -> if so, take the draft away, else put it on its queue

Who looks after drafting sees everybody who drafted before. So of two at once, one or both give way, never neither; if
both did, the change is still there at the next tick. A draft whose keeper died is sent off by the next.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from typing import Any

from redraft.errors import InputError
from redraft.settings import Config
from redraft.tracking.datasets import DATASET_PREFIX, LATEST
from redraft.tracking.doctor.before_launch import check_queues_first
from redraft.tracking.followed_docs import property_of
from redraft.tracking.keeping.decide import Start
from redraft.tracking.keeping.memory import set_properties
from redraft.tracking.next_run import AFTER, delete_draft
from redraft.tracking.prepare import effective_config, override_run, runs_of
from redraft.tracking.queues import queue_id, queues_of_run, send_off
from redraft.tracking.runs import draft_run
from redraft.tracking.server import call, unix_time
from redraft.tracking.templates import newest_template, pipeline_project

log = logging.getLogger("redraft")

STARTED = "keeper_start"  # property of a run that a keeper made: its own id, and the newest docs version then
WHY = "keeper_why"  # property of such a run: what had changed
DEAD_AFTER_S = 60.0  # of a draft: its maker would have sent it off by then


def newest_config(project: str) -> Config | None:
    """Configuration of a project's newest run; `None` before the first.

    Raises:
        ConfigError: It cannot be used.
    """
    project_id = pipeline_project(project)
    runs = [run for run in runs_of(project_id) if run["status"] != "created"] if project_id else []
    return config_of_run(runs[-1]["id"]) if runs else None


def config_of_run(run: str) -> Config:
    """The configuration that a run was started with."""
    from clearml import Task

    return effective_config(Task.get_task(task_id=run))


def noted_docs(run: Mapping[str, Any]) -> str:
    """What a keeper noted on a run that it made; empty for others, among them clones that a person made of such."""
    own, _, noted = property_of(run, STARTED).partition(" ")
    return noted if own == run["id"] else ""


def is_idle_draft(run: Mapping[str, Any], now: float) -> bool:
    """Whether a run is a person's draft, which they may send off some day; everybody else does so at once."""
    old = now - unix_time(run.get("created")) > DEAD_AFTER_S
    return run["status"] == "created" and old and not noted_docs(run)


def start_one(project: str, start: Start, known: Collection[str], *, now: float) -> str | None:
    """Start the run after the newest one; return its id, `None` if somebody else starts one.

    Args:
        project: ClearML project.
        start: From `next_start`.
        known: Ids of the runs that were seen when that was decided.
        now: Unix time, seconds.

    Raises:
        LaunchError: A queue is missing or not served.
        ConfigError: The newest run's configuration cannot be used.
    """
    values: dict[str, object] = {"iteration": 0, "iterations": 1}
    if start.new_docs:
        values["docs"] = f"{DATASET_PREFIX}{LATEST}"
    config = override_run(config_of_run(start.after), values)
    check_queues_first(config, project)
    run = draft_run(_template(project, start.after), config, {AFTER: start.after, WHY: "; ".join(start.causes)})
    set_properties(run, {STARTED: f"{run} {start.noted}"})
    others = [
        other for other in _runs(project)
        if other["id"] != run and other["id"] not in known and not is_idle_draft(other, now)
    ]  # fmt: skip
    if others:
        log.info("somebody else starts run %s", others[0]["id"])
        delete_draft(run)
        return None
    send_off(run, queue_id(config.queues.services))
    return run


def send_off_drafts(project: str, *, now: float) -> list[str]:
    """Put on their queue the drafts of keepers that died before they did; their ids."""
    sent = []
    for run in _runs(project):
        if run["status"] == "created" and noted_docs(run) and now - unix_time(run.get("created")) > DEAD_AFTER_S:
            send_off(run["id"], queue_id(queues_of_run(run["id"]).services))
            sent.append(str(run["id"]))
    return sent


def _runs(project: str) -> list[dict[str, Any]]:
    project_id = pipeline_project(project)
    return runs_of(project_id) if project_id else []


def _template(project: str, after: str) -> str:
    """What to clone: the newest template, which `redraft install` renews; else what the newest run is a clone of."""
    found = newest_template(project) or call("tasks.get_by_id", task=after)["task"].get("parent")
    if not found:
        raise InputError(f"project {project!r} has no template any more", remedy="`redraft install` makes it")
    return str(found)
