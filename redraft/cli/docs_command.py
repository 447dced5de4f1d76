"""`redraft docs push FOLDER`: a new version of the docs dataset, for the CI of a docs repository.

redraft docs push ./docs --project docs-bot      docs changed: 1 added, 2 modified, 0 removed: dataset 4f1c0c2b...
redraft docs push ./docs --project docs-bot      docs unchanged: dataset 4f1c0c2b...
"""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Annotated

import typer

from redraft.cli.chosen import chosen_project
from redraft.cli.terminal import say
from redraft.config import load_config
from redraft.settings import DocsSettings

docs_app = typer.Typer(no_args_is_help=True, help="The docs that the bot answers from.")


@docs_app.callback()
def docs() -> None:
    """Keep `push` a command of its own, though it is the only one."""


@docs_app.command()
def push(
    folder: Annotated[str, typer.Argument(help="Folder of documents.", show_default=False)],
    project: Annotated[
        str,
        typer.Option(help="ClearML project (default: redraft or the demo's, whichever ran last).", show_default=False),
    ] = "",
    profile: Annotated[
        Path | None,
        typer.Option(help="Configuration file, for its section docs (default: as the newest run).", dir_okay=False),
    ] = None,
    url_prefix: Annotated[
        str | None, typer.Option(help="docs.source_url_prefix: makes source links that open.", show_default=False)
    ] = None,
) -> None:
    """Make a new version of the docs from a folder; none, if nothing has changed.

    `redraft watch` then starts a run, as does `redraft run --docs dataset:latest`.
    """
    from redraft.cli.connect import connected
    from redraft.errors import InputError

    if not folder.strip():  # a variable that is not set: not the folder that this happens to be called in
        raise InputError("docs push: the folder's name is empty", remedy="name the folder of the docs")
    with connected():
        from redraft.tracking.keeping.docs import push_docs

        project = chosen_project(project)
        settings = _settings(project, profile, url_prefix)
        with contextlib.redirect_stdout(io.StringIO()):  # the SDK's words on every upload
            pushed = push_docs(project, Path(folder).expanduser().absolute(), settings)
        for skipped in pushed.skipped:
            say(f"skipped {skipped.path}: {skipped.reason}")
        say(pushed.version.sentence())


def _settings(project: str, profile: Path | None, url_prefix: str | None) -> DocsSettings:
    """How the docs are read: as the newest run did, so that the same files are the same version."""
    import dataclasses

    from redraft.tracking.keeping.starting import newest_config

    newest = newest_config(project) if profile is None else None
    settings = (newest or load_config(profile)).docs
    return settings if url_prefix is None else dataclasses.replace(settings, source_url_prefix=url_prefix)
