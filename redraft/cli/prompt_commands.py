"""`redraft prompt`: the published prompt, what changed in it, and what people decide.

redraft prompt get --json --output prompt.json      what a bot loads when it starts
redraft prompt log                                  who made which prompt current, and on what evidence
redraft prompt promote --author Ann                 yes to the promotion that waits
redraft prompt rollback --author Ann                back to the prompt before
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from redraft.cli.chosen import chosen_project
from redraft.cli.terminal import printable, say
from redraft.learning.labels import Label

if TYPE_CHECKING:
    from redraft.learning.history import History
    from redraft.tracking.decisions import Made, Person

prompt_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="The published prompt: get it, see what changed and why, decide.\n\n"
    "A variant (both prompts, model and settings together) is [bold]current[/bold] once it was promoted, "
    "[bold]previous[/bold] when another took its place, else a [bold]candidate[/bold]. Each decision is kept with its "
    "author and what the ratings said.",
)

Project = Annotated[
    str,
    typer.Option(
        help="ClearML project of the runs (default: redraft or the demo's, whichever ran last).", show_default=False
    ),
]
Author = Annotated[str, typer.Option(help="Who decides; kept in the decision log. Needed.", show_default=False)]
Reason = Annotated[str, typer.Option(help="Why; kept in the decision log.", show_default=False)]
AsJson = Annotated[bool, typer.Option("--json", help="As JSON, for programs.")]


@prompt_app.command("get")
def get(
    label: Annotated[Label, typer.Option(help="Which one; of several candidates the newest.")] = "current",
    variant: Annotated[
        str, typer.Option(help="This variant, or the beginning of its id, whatever its label.", show_default=False)
    ] = "",
    project: Project = "",
    as_json: Annotated[bool, typer.Option("--json", help="Everything that a bot needs, as JSON.")] = False,
    output: Annotated[Path | None, typer.Option(help="Write to a file, whole or not at all.", dir_okay=False)] = None,
) -> None:
    """Print the published answer prompt, or write it to a file that a bot loads when it starts.

    Ends with exit code 2 when there is none: nothing is written then.
    """
    with _project(project) as name:
        from redraft.tracking.prompt_file import prompt_text, write_whole
        from redraft.tracking.published import find_prompt

        prompt = find_prompt(name, label=label, variant_id=variant or None)
        text = prompt_text(prompt) if as_json else f"{prompt.answer_prompt}\n"
        if output is not None:
            write_whole(output, text)
            say(f"{output}: {prompt.label} prompt {prompt.variant_id}")
        else:
            sys.stdout.write(printable(text) if sys.stdout.isatty() else text)  # a program gets it as it is
            sys.stderr.write(f"{prompt.label} prompt {prompt.variant_id}\n")


@prompt_app.command("show", hidden=True)
def show(project: Project = "", as_json: AsJson = False) -> None:
    """Print the published prompt: the older name of `get`."""
    get(project=project, as_json=as_json)


@prompt_app.command("promote")
def promote(
    variant: Annotated[
        str, typer.Argument(help="A judged variant, or the beginning of its id (default: the one that waits).")
    ] = "",
    author: Author = "",
    reason: Reason = "",
    project: Project = "",
) -> None:
    """Publish a prompt: yes to the promotion that waits, or any variant that people judged.

    Warns when the ratings do not support it, and keeps that in the log.
    """
    with _project(project) as name:
        from redraft.tracking.decisions import promote as decide

        _tell(decide(name, _person(author, reason), variant))


@prompt_app.command("rollback")
def rollback(
    to: Annotated[str, typer.Option(help="An earlier variant (default: the previous one).", show_default=False)] = "",
    author: Author = "",
    reason: Reason = "",
    project: Project = "",
) -> None:
    """Go back to the prompt that was current before; a second time, forth again."""
    with _project(project) as name:
        from redraft.tracking.decisions import roll_back

        _tell(roll_back(name, _person(author, reason), to))


@prompt_app.command("reject")
def reject(
    author: Author = "",
    reason: Annotated[str, typer.Option(help="Why; kept in the decision log. Needed.", show_default=False)] = "",
    project: Project = "",
) -> None:
    """Say no to the promotion that waits, with a reason; the current prompt stays."""
    with _project(project) as name:
        from redraft.tracking.decisions import reject as decide

        _tell(decide(name, _person(author, reason)))


@prompt_app.command("diff")
def diff(
    before: Annotated[str, typer.Argument(help="A judged variant (default: the previous one).")] = "",
    after: Annotated[str, typer.Argument(help="A judged variant (default: the current one).")] = "",
    project: Project = "",
) -> None:
    """Show what changed between two variants by sentence, which comments asked for it, and whether it helped.

    Without names the previous and the current one; before a second promotion what waits for a yes.
    """
    with _project(project) as name:
        from redraft.cli.prompt_views import diff_text, variants_to_compare

        history = _history(name)
        old, new = variants_to_compare(history, before, after)
        say(diff_text(history, old, new))


@prompt_app.command("log")
def log(project: Project = "", as_json: AsJson = False) -> None:
    """Show the decision log, oldest first: when, what, which variant, who, on what evidence."""
    with _project(project) as name:
        from redraft.cli.prompt_views import log_table
        from redraft.cli.tables import show as show_table
        from redraft.jsonl import to_dict
        from redraft.tracking.history import load_decisions

        decisions = load_decisions(name)
        if as_json:
            say(json.dumps([to_dict(decision) for decision in decisions], indent=2))
        elif decisions:
            show_table(log_table(decisions))
        else:
            say(f"project {name!r}: nothing has been decided yet")


@contextmanager
def _project(name: str) -> Iterator[str]:
    from redraft.cli.connect import connected

    with connected():
        yield chosen_project(name)


def _person(author: str, reason: str) -> Person:
    from redraft.config import load_config
    from redraft.tracking.decisions import Person

    config = load_config()
    return Person(author=author, reason=reason, now=time.time(), interval=config.score.interval, settings=config.decide)


def _history(project: str) -> History:
    from redraft.tracking.history import find_sources, load_history

    return load_history(find_sources(project))


def _tell(made: Made) -> None:
    say(f"{made.decision.kind} {made.decision.variant_id}: {made.decision.evidence}")
    if made.warning:
        sys.stderr.write(f"warning: {printable(made.warning)}\n")
    say(f"current: {made.standing.current or 'none yet'}; previous: {made.standing.previous or 'none'}")
