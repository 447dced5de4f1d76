"""`redraft review --queue NAME`: lets an agent of that queue serve the review page, as a task."""

from __future__ import annotations

from pathlib import Path

from redraft.cli.chosen import chosen_project
from redraft.cli.connect import connected
from redraft.cli.terminal import say
from redraft.config import load_config


def send_page(project: str, profile: Path | None, queue: str, *, services_mode: bool) -> None:
    """Send the page to an agent, unless one serves it already; said twice, it is sent once.

    Raises:
        LaunchError: Agents cannot get this code, or nobody serves the queue.
    """
    config = load_config(profile)
    with connected():
        from redraft.tracking.doctor.before_launch import subject_of
        from redraft.tracking.doctor.repository import head_commit, look
        from redraft.tracking.page_service import start_page
        from redraft.tracking.templates import ensure_template

        project = chosen_project(project)
        subject = subject_of(config, project)
        if head_commit(subject.root):
            look(subject)
        task_id, new = start_page(project, config, ensure_template(project), queue, services_mode=services_mode)
        if new:
            say(f"the review page is task {task_id} of project {project}, on queue {queue}; abort it there to end it")
        else:
            say(f"task {task_id} of project {project} serves the review page already")
