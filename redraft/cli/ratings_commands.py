"""`redraft ratings`: what people said, from other tools and for other tools.

redraft ratings import scores.csv                      shows what would be imported; nothing is written
redraft ratings import scores.csv --apply --author Ann
redraft ratings export ratings.csv                     or .jsonl, .parquet
redraft ratings export whole.csv --what overalls       or flags, feedback, question-edits, decisions
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from redraft.cli.chosen import chosen_project
from redraft.cli.terminal import say
from redraft.records import Split

if TYPE_CHECKING:
    from redraft.learning.history import History

What = Literal["ratings", "overalls", "flags", "feedback", "question-edits", "decisions"]  # of `tracking.exports`

ratings_app = typer.Typer(
    no_args_is_help=True,
    rich_markup_mode="rich",
    help="Ratings from elsewhere and for elsewhere: import them from Langfuse, LangSmith, Argilla, OpenAI's datasets "
    "or any table, export them as CSV, JSON Lines or Parquet.",
)

Project = Annotated[
    str,
    typer.Option(
        help="ClearML project of the runs (default: redraft or the demo's, whichever ran last).", show_default=False
    ),
]


@ratings_app.command("import")
def import_(  # noqa: PLR0913 - each argument is an option of the command line
    file: Annotated[Path, typer.Argument(help="CSV, JSON Lines, JSON or Parquet, up to 50 MB.", show_default=False)],
    apply: Annotated[bool, typer.Option("--apply", help="Write it; without this, only show what would be.")] = False,
    author: Annotated[str, typer.Option(help="Who imports; needed with --apply.", show_default=False)] = "",
    format_: Annotated[
        str, typer.Option("--format", help="auto, table, langfuse, langsmith, argilla, openai or redraft.")
    ] = "auto",
    map_: Annotated[
        list[str] | None,
        typer.Option("--map", help="Our field=their column, e.g. --map score=stars; may be given several times."),
    ] = None,
    scale: Annotated[
        str, typer.Option(help="1..5, 0..1, any LOW..HIGH, thumbs, or word=1,other=5.", show_default=False)
    ] = "",
    reviewer: Annotated[str, typer.Option(help="Who rated, where a row names nobody.", show_default=False)] = "",
    prompt: Annotated[
        Path | None, typer.Option(help="Text file: the prompt of rows without one.", show_default=False)
    ] = None,
    with_: Annotated[
        Path | None,
        typer.Option("--with", help="The traces or runs that a file of scores is about.", show_default=False),
    ] = None,
    split: Annotated[
        Split, typer.Option(help="Of questions that are new: val is hidden from the prompt writer.")
    ] = "dev",
    skip_problems: Annotated[bool, typer.Option("--skip-problems", help="Leave out rows with a problem.")] = False,
    project: Project = "",
) -> None:
    """Show what a file of another tool's ratings would add to the history; with --apply, add it.

    Columns and scores are shown before anything is written. A file that was imported already adds nothing.
    """
    from redraft.cli.connect import connected
    from redraft.cli.import_report import closing_line, report_lines
    from redraft.tracking.import_formats.columns import parse_choices
    from redraft.tracking.importing import Order, plan_import, record_import

    order = Order(
        file=file,
        format=format_,
        choices=parse_choices(map_ or []),
        scale=scale,
        split=split,
        reviewer=reviewer.strip() or None,
        prompt=_text_of(prompt),
        beside=with_,
        skip_problems=skip_problems,
    )
    with connected():
        name = chosen_project(project)
        plan = plan_import(_history(name), order, now=time.time())
        for line in report_lines(plan):
            say(line)
        task = record_import(name, plan, author) if apply else None
        say(f"Imported into project {name!r}: task {task}." if task else closing_line(plan))


@ratings_app.command("export")
def export(
    file: Annotated[Path, typer.Argument(help="Ends in .csv, .jsonl or .parquet.", show_default=False)],
    what: Annotated[
        What, typer.Option(help="Other tables: scores of whole letters, bad questions, thumbs from Ask, and so on.")
    ] = "ratings",
    project: Project = "",
) -> None:
    """Write every rating as a row: reviewer, comment, question, answer, prompts, docs version; or another table."""
    from redraft.cli.connect import connected

    with connected():
        from redraft.learning.words import counted
        from redraft.tracking.exporting import write_table
        from redraft.tracking.exports import TABLES
        from redraft.tracking.results import load_results

        name, table = chosen_project(project), TABLES[what]
        frame = table.frame(_history(name), load_results(name))
        write_table(frame, file)
        say(f"{file}: {counted(len(frame), table.noun)} of project {name!r}")


def _text_of(path: Path | None) -> str | None:
    from redraft.errors import InputError
    from redraft.tracking.import_formats.decoding import decode

    if path is None:
        return None
    try:
        text = decode(path.read_bytes(), name=str(path))[0].strip()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    if not text:
        raise InputError(
            f"{path}: no prompt in it", remedy="write the bot's instruction into it, or leave --prompt out"
        )
    return text


def _history(project: str) -> History:
    from redraft.tracking.history import find_sources, load_history

    return load_history(find_sources(project))
