"""Which project a command works on, and the review page that shows it."""

from __future__ import annotations

import sys
from pathlib import Path

from redraft.cli.page_note import running_page


def chosen_project(named: str) -> str:
    """The named project, else the one that was worked on last; the others of this server are named on standard error.

    Raises:
        LaunchError: No server answers.
    """
    from redraft.tracking.runs import default_project, other_projects
    from redraft.tracking.server import check_server

    check_server()
    if named:
        return named
    project = default_project()
    if others := other_projects(project):
        sys.stderr.write(f"project {project} (--project {others[0]} means the other one)\n")
    return project


def how_to_rate(folder: Path, project: str) -> str:
    """Where people rate a project's open review: the page that runs in this folder, or the commands."""
    from redraft.tracking.runs import default_project

    page = running_page(folder)
    if page and page.project == project:
        return f"rate at {page.url}"
    option = "" if project == default_project() else f" --project {project}"
    commands = (
        f"    redraft review{option}                                       opens the review page, or by spreadsheet:\n"
        f"    redraft review{option} --export sheet.csv                    then fill in `score` and `comment`\n"
        f"    redraft review{option} --import sheet.csv --reviewer NAME"
    )
    if page:
        return (
            f"the page at {page.url} shows project {page.project}. End it (Ctrl-C in its terminal), then:\n"
            f"    redraft review --project {project}\nor by spreadsheet:\n" + "\n".join(commands.splitlines()[1:])
        )
    return f"in another terminal:\n{commands}"
