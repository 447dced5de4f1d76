"""`redraft forget NAME`: a person's name is replaced by a pseudonym.

redraft forget Ann                               shows where the name is; changes nothing
redraft forget Ann --apply                       replaces it by a made-up name such as person-3f9c
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from redraft.cli.chosen import chosen_project
from redraft.cli.terminal import say
from redraft.errors import InputError

if TYPE_CHECKING:
    from redraft.tracking.forgetting import Forgetting


def forget(
    name: Annotated[str, typer.Argument(help="Exactly as it stands in the History.")],
    pseudonym: Annotated[
        str, typer.Option("--as", help="What the name becomes (default: a made-up one).", show_default=False)
    ] = "",
    project: Annotated[
        str,
        typer.Option(help="ClearML project (default: redraft or the demo's, whichever ran last).", show_default=False),
    ] = "",
    words: Annotated[
        bool, typer.Option("--words", help="Also where people wrote it, in comments and reasons.")
    ] = False,
    apply: Annotated[bool, typer.Option("--apply", help="Do it; otherwise only what would change is shown.")] = False,
) -> None:
    """Replace a person's name by a pseudonym: in ratings, decisions and all else that Redraft keeps of them.

    Without --apply nothing is changed. Scores stay as they are. It cannot be undone.
    """
    from redraft.cli.connect import connected

    with connected() as services:
        from redraft.tracking.forgetting import forget as replace
        from redraft.tracking.forgetting import plan_forgetting
        from redraft.tracking.old_files import in_journal

        plan = plan_forgetting(chosen_project(project), name, pseudonym, words=words)
        waiting = in_journal(services.folder, name)
        if waiting and not plan.hindrance and apply:
            raise InputError(
                f"{waiting[0]}: holds what {plan.change.name!r} said and the server has not got yet",
                remedy="start `redraft review`, which hands it in, or delete the file",
            )
        _tell(plan, applied=apply)
        if apply:
            replace(plan)
            say(f"done: {plan.change.name!r} is {plan.change.pseudonym!r} in project {plan.project!r}")


def _tell(plan: Forgetting, *, applied: bool) -> None:
    change = plan.change
    say(f"{change.name!r} becomes {change.pseudonym!r} in project {plan.project!r}" + (
        ", as an earlier call began" if plan.record is not None else ""))  # fmt: skip
    for found in plan.found:
        say(f"  {found.count:5}  {found.what:16} {found.where}")
    if plan.mentions:
        say(f"  {plan.mentions:5}  comments and reasons hold it as a word; without --words they stay as they are")
    if plan.alike:
        say(f"  not changed, for they are other names: {', '.join(map(repr, plan.alike))}")
    if not applied:
        if plan.hindrance:
            say(f"not now: {plan.hindrance}.")
        say(f"nothing was changed; `--as {change.pseudonym} --apply` does it, and cannot be undone")
