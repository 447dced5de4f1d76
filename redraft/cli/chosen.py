"""Which project a command works on, and the review page that shows it."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from redraft.cli.page_note import running_page
from redraft.errors import InputError

MIN_NAME = 3  # characters: what the server accepts


def chosen_project(named: str) -> str:
    """The named project, else the one that was worked on last; the others of this server are named on standard error.

    Raises:
        ServerUnavailable: No server answers.
        InputError: It is no name of a project.
    """
    from redraft.tracking.runs import default_project, other_projects
    from redraft.tracking.server import check_server

    check_server()
    if named:
        return check_project_name(named)
    project = default_project()
    if others := other_projects(project):
        sys.stderr.write(f"project {project} (--project {others[0]} means the other one)\n")
    return project


def check_project_name(project: str) -> str:
    """Return a project's name, if ClearML takes it.

    Raises:
        InputError: It is empty, or its last part is too short.
    """
    parts = [part.strip() for part in project.split("/")]
    if not all(parts) or len(parts[-1]) < MIN_NAME:
        raise InputError(
            f"project {project!r}: ClearML takes no name with fewer than {MIN_NAME} characters, and no empty part",
            remedy="take a longer one",
        )
    return project


def project_option(project: str) -> str:
    """What a command needs to mean this project, to be put after its name; empty: it means it anyway."""
    from redraft.tracking.runs import default_project

    return "" if project == default_project() else f" --project {shlex.quote(project)}"


def how_to_rate(folder: Path, project: str) -> str:
    """Where people rate a project's open review: the page that runs in this folder, or the commands."""
    page = running_page(folder)
    if page and page.project == project:
        return f"rate at {page.url}"
    option = project_option(project)
    commands = (
        f"    redraft review{option}                                       opens the review page, or by spreadsheet:\n"
        f"    redraft review{option} --export sheet.csv                    then fill in `score` and `comment`\n"
        f"    redraft review{option} --import sheet.csv --reviewer NAME"
    )
    if page:
        return (
            f"the page at {page.url} shows project {page.project}. End it (Ctrl-C in its terminal), then:\n"
            f"    redraft review --project {shlex.quote(project)}\nor by spreadsheet:\n"
            + "\n".join(commands.splitlines()[1:])
        )
    return f"in another terminal:\n{commands}"
