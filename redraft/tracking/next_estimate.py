"""What the next iteration would take, said before somebody starts it on the page."""

from __future__ import annotations

from redraft.learning.words import counted
from redraft.settings import Config
from redraft.tracking.estimating import estimated
from redraft.tracking.history import find_sources
from redraft.tracking.newest_run import STEPS
from redraft.tracking.next_questions import next_questions
from redraft.tracking.prepare import override_run, runs_of
from redraft.tracking.server import find_tasks, unix_time
from redraft.tracking.templates import pipeline_project


def estimated_next(project: str, configured: Config) -> str:
    """Estimate the iteration that `next_run.start_iteration` would start, and how long the last one ran.

    Args:
        project: ClearML project.
        configured: What a first run would use.

    Raises:
        BudgetSpent: It would go over a limit.
        RedraftError: Its questions or the server cannot be read.
    """
    coming = next_questions(project, configured, find_sources(project))
    sentence = estimated(project, override_run(coming.config, {"iteration": 0}), coming.asked)
    return f"{sentence} {_last_took(project)}".strip()


def _last_took(project: str) -> str:
    project_id = pipeline_project(project)
    runs = runs_of(project_id) if project_id else []
    done = [run for run in runs if run["status"] in ("completed", "published")]
    if not done:
        return ""
    fields = ["name", "started", "completed"]
    tasks = find_tasks(parent=done[-1]["id"], status=["completed", "published"], only_fields=fields)
    steps = [task for task in tasks if task["name"] in STEPS and task["name"] != "review"]
    seconds = sum(unix_time(task.get("completed")) - unix_time(task.get("started")) for task in steps)
    minutes = counted(max(1, round(seconds / 60)), "minute")
    return f"Iteration {done[-1]['iteration']} ran for about {minutes}, its review aside." if steps else ""
