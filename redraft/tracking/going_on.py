"""Runs that were stopped with the agents of this machine go on."""

from __future__ import annotations

from redraft.tracking.inbox import open_reviews
from redraft.tracking.prepare import runs_of
from redraft.tracking.runs import resume_run, stop_orphans
from redraft.tracking.templates import pipeline_project

ENDED_WELL = ("completed", "published")
UNDER_WAY = ("queued", "in_progress")


def go_on(project: str) -> list[str]:
    """Put every run back on its queue that was under way, or whose review is still open; their ids.

    Only for one who knows that no agent is at any of them: the one who has just started this machine's agents, on a
    server that no other machine uses.
    """
    project_id = pipeline_project(project)
    if project_id is None:
        return []
    stop_orphans(project)
    reviewed = {review.pipeline_id for review in open_reviews(project)}
    runs = [
        str(run["id"])
        for run in runs_of(project_id)
        if run["status"] in UNDER_WAY or (run["id"] in reviewed and run["status"] not in ENDED_WELL)
    ]
    for run in runs:
        resume_run(run, nobody_has_it=True)
    return runs
