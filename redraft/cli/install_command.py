"""`redraft install`: puts on a ClearML server what Redraft needs there, and says what to start where."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from redraft.cli.terminal import say

if TYPE_CHECKING:
    from redraft.tracking.installing import Installed


def install(
    project: Annotated[str, typer.Option(help="ClearML project of the runs.")] = "redraft",
    profile: Annotated[
        Path | None, typer.Option(help="Configuration file that NEW RUN starts from.", dir_okay=False)
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="Any setting, e.g. --set queues.steps=gpu (see configs/default.yaml)."),
    ] = None,
) -> None:
    """Make queues, the template of NEW RUN, datasets of questions and seed prompts, and the project's description.

    It can be called again at any time: what is there and right stays. Call it after every change of the code.
    """
    from redraft.cli.chosen import check_project_name
    from redraft.cli.commands import absolute
    from redraft.cli.connect import connected
    from redraft.cli.settings import pairs
    from redraft.config import load_config

    check_project_name(project)
    config = load_config(profile, absolute(pairs(settings or [])))
    with connected():
        from redraft.tracking.installing import install as make
        from redraft.tracking.server import check_server

        check_server()
        _show(make(project, config))


def _show(made: Installed) -> None:
    names = made.queues
    for name in (names.services, names.steps, names.review):
        say(f"queue        {name}{' (new)' if name in made.new_queues else ''}")
    old = f", {len(made.template.archived)} older archived" if made.template.archived else ""
    say(f"template     {made.template.task_id}{' (new' if made.template.is_new else ' (of this code already'}{old})")
    for version in made.given:
        say(f"{version.name:<12} dataset:{version.dataset_id}{' (new version)' if version.is_new else ' (unchanged)'}")
    say(f"project      {made.project_url}{' (description written)' if made.described else ''}")
    say(f"NEW RUN      {made.pipeline_url}")
    say(
        "\nStart, each with the model's address and key in its environment:\n"
        f"  clearml-agent daemon --queue {names.services}     one or more; one controller each\n"
        f"  clearml-agent daemon --queue {names.steps}        one or more others\n"
        f"  nothing for {names.review}: people take from it\n"
        "  redraft review                                    where reviewers reach it\n"
        "With --docker IMAGE or on Kubernetes: data/docs/operations/agents-docker.md, agents-kubernetes.md.\n"
        "Then: redraft doctor --agents"
    )
