"""`redraft calls`: the call log of a run, searched from the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from redraft.cli.chosen import chosen_project
from redraft.errors import InputError
from redraft.records import LlmCall


def calls(
    iteration: Annotated[int | None, typer.Option(help="Which one; the newest run otherwise.")] = None,
    grep: Annotated[str, typer.Option(help="Only calls in which this text occurs, whatever its case.")] = "",
    kind: Annotated[str, typer.Option(help="Only calls of this kind: extract, answer, write, judge, ...")] = "",
    jsonl: Annotated[
        Path | None, typer.Option(help="Write the calls, whole, to this file of JSON Lines.", dir_okay=False)
    ] = None,
    shown: Annotated[int, typer.Option("--show", min=0, help="How many calls to show.")] = 20,
    project: Annotated[
        str, typer.Option(help="ClearML project of the run (default: redraft or the demo's, whichever ran last).")
    ] = "",
) -> None:
    """Search what the models were asked and what they replied.

    Keys and passwords are masked in it, and what call_log.mask names.
    """
    from redraft.cli.connect import connected
    from redraft.cli.terminal import say
    from redraft.jsonl import write_jsonl

    with connected():
        from redraft.tracking.call_search import calls_of_run, check_kind, matching
        from redraft.tracking.runs import latest_run

        run = latest_run(chosen_project(project), iteration=iteration)
        made = calls_of_run(run["id"])
        check_kind(made, kind)
        found = matching(made, text=grep, kind=kind)
    for number, call in enumerate(found[:shown], start=1):
        say(f"{number:>4}  {_heading(call)}")
        for line in _lines(call, grep):
            say(f"      {line}")
    more = f", {shown} of them shown; --show N shows more" if len(found) > shown else ""
    say(f"{len(found):,} of {len(made):,} calls of iteration {run['iteration']} (run {run['id']}){more}")
    if jsonl is not None:
        if not jsonl.absolute().parent.is_dir():
            raise InputError(f"{jsonl}: there is no folder {jsonl.parent}", remedy="make it first")
        write_jsonl(jsonl, LlmCall, found)
        say(f"written to {jsonl}")


def _heading(call: LlmCall) -> str:
    """The figures of a call on one line."""
    usd = "unknown cost" if call.cost_usd is None else f"{call.cost_usd:.4f} USD"
    about = f", {call.question_id}" if call.question_id else ""
    retries = f", {call.retries} retries" if call.retries else ""
    return (
        f"{call.step} {call.kind}, {call.model}{about}: {call.tokens_in:,} + {call.tokens_out:,} tokens, {usd}, "
        f"{call.latency_s:.1f} s{retries}"
    )


def _lines(call: LlmCall, grep: str) -> list[str]:
    """What is shown of a call: where the text occurs, else how it ended."""
    from redraft.cli.tables import shortened
    from redraft.tracking.call_search import excerpts

    if grep:
        return [f"{name}: {text}" for name, text in excerpts(call, grep)]
    ended = f"error: {call.error}" if call.error else call.reply or ""
    return [shortened(" ".join(ended.split()))] if ended else []
