"""The command line: `redraft --help`.

Everything a person can cause ends in one or two lines and an exit code (`redraft.errors`); `--debug` shows the rest.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from redraft.cli.calls_command import calls
from redraft.cli.docs_command import docs_app
from redraft.cli.doctor_command import doctor
from redraft.cli.forget_command import forget
from redraft.cli.install_command import install
from redraft.cli.keeping_commands import archive, backup, restore
from redraft.cli.prompt_commands import prompt_app
from redraft.cli.ratings_commands import ratings_app
from redraft.cli.settings import pairs
from redraft.cli.terminal import NoLongerFollowed, printable
from redraft.cli.watch_command import watch
from redraft.errors import RedraftError

INTERRUPTED = 130  # exit code after Ctrl-C

app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    help="Improves the prompt of a documentation question-answering bot from what people say about its answers.\n\n"
    "Start with [bold]redraft demo[/bold]. Your own docs: [bold]redraft run --docs FOLDER --questions FILE[/bold], "
    "then [bold]redraft review[/bold] to rate what it answers.\n\n"
    "Without a configured ClearML server or model endpoint, stand-ins run on this machine; they show how it works and "
    "say nothing about a real model.",
)
app.add_typer(prompt_app, name="prompt")
app.add_typer(ratings_app, name="ratings")
app.add_typer(docs_app, name="docs")
app.command()(install)
app.command()(doctor)
app.command()(watch)
app.command()(forget)
app.command()(archive)
app.command()(backup)
app.command()(restore)
app.command()(calls)

Project = Annotated[
    str,
    typer.Option(
        help="ClearML project of runs, docs versions and history (default: redraft or the demo's, whichever ran last)."
    ),
]
Profile = Annotated[
    Path | None, typer.Option(help="Configuration file with what differs from configs/default.yaml.", dir_okay=False)
]


@app.callback()
def options(
    context: typer.Context,
    debug: Annotated[bool, typer.Option("--debug", help="Show tracebacks and the SDK's own messages.")] = False,
) -> None:
    """Keep what holds for every command."""
    context.obj = {"debug": debug}


@app.command()
def demo(
    iterations: Annotated[int, typer.Option(min=1, max=50, help="How many iterations to run.")] = 3,
) -> None:
    """Run the whole loop on Redraft's own documentation, with stand-ins for server, model and people.

    A second call goes on from where the first ended; `make clean` starts over.
    """
    from redraft.cli.commands import run_demo_command

    run_demo_command(iterations)


@app.command()
def run(  # noqa: PLR0913 - each argument is an option of the command line
    docs: Annotated[
        str | None, typer.Option(help="Folder of documents, or dataset:<id> of an earlier version.")
    ] = None,
    questions: Annotated[
        str | None, typer.Option(help="Example questions: .jsonl or .csv with a `text` column.")
    ] = None,
    iteration: Annotated[
        int, typer.Option(min=0, help="0: the next one. A number: that one again, from the cache.")
    ] = 0,
    project: Project = "redraft",
    profile: Profile = None,
    settings: Annotated[
        list[str] | None,
        typer.Option("--set", help="Any setting, e.g. --set run.ratings=12 (see configs/default.yaml)."),
    ] = None,
    queue: Annotated[str, typer.Option(help="Queue of the run's controller (default: queues.services).")] = "",
    agents: Annotated[bool, typer.Option("--agents", help="Run two agents here while this command runs.")] = False,
    stand_in_reviewers: Annotated[bool, typer.Option(help="Let made-up reviewers rate; for trying only.")] = False,
) -> None:
    """Run one iteration; it waits for people at the review.

    Uses the configured ClearML server and model endpoint, else the stand-ins.
    """
    from redraft.cli.commands import run_command

    given = {
        "run.docs": docs,
        "run.questions": questions,
        "run.iteration": iteration or None,
        "queues.services": queue or None,
    }
    overrides = {key: value for key, value in given.items() if value is not None} | pairs(settings or [])
    run_command(project, profile, overrides, agents=agents, stand_in_reviewers=stand_in_reviewers)


@app.command()
def resume(
    project: Project = "",
    iteration: Annotated[int | None, typer.Option(help="Which one; the newest run otherwise.")] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help="Another limit, e.g. --set budget.run_tokens=200000.")
    ] = None,
    agents: Annotated[bool, typer.Option("--agents", help="Run two agents here while this command runs.")] = False,
    stand_in_reviewers: Annotated[bool, typer.Option(help="Let made-up reviewers rate; for trying only.")] = False,
) -> None:
    """Continue a run that was interrupted: finished steps and ratings are kept."""
    from redraft.cli.commands import resume_command

    resume_command(project, iteration, pairs(settings or []), agents=agents, stand_in_reviewers=stand_in_reviewers)


@app.command()
def status(project: Project = "") -> None:
    """Show the project's iterations, open reviews, and what waits for a yes."""
    from redraft.cli.commands import status_command

    status_command(project)


@app.command()
def review(  # noqa: PLR0913 - each argument is an option of the command line
    export: Annotated[Path | None, typer.Option(help="Write the open review as a sheet to fill in.")] = None,
    import_: Annotated[Path | None, typer.Option("--import", help="Read a filled-in sheet.")] = None,
    reviewer: Annotated[str, typer.Option(help="Your name, for --import.")] = "",
    iteration: Annotated[
        int | None, typer.Option(min=1, help="Which review, for --export and --import, when several are open.")
    ] = None,
    project: Project = "",
    keep_open: Annotated[bool, typer.Option(help="Do not close the review after --import: others still rate.")] = False,
    host: Annotated[str, typer.Option(help="Address that the page listens on.")] = "127.0.0.1",
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, help="Port of the page; the one it had last, else a free one from 8501."),
    ] = None,
    url: Annotated[str, typer.Option(help="What people open, if that is not host and port: behind a proxy.")] = "",
    open_: Annotated[bool, typer.Option("--open/--no-browser", help="Open the page in a browser.")] = False,
    profile: Profile = None,
    agents: Annotated[bool, typer.Option("--agents", help="Run two agents here, with a configured server.")] = False,
    queue: Annotated[
        str, typer.Option(help="Let an agent of this queue serve the page, as a task; then this command ends.")
    ] = "",
    services_mode: Annotated[
        bool, typer.Option("--services-mode", help="With --queue: its agent runs many tasks at once.")
    ] = False,
) -> None:
    """Start the review page, until Ctrl-C; or rate by spreadsheet with --export and --import.

    On the page people rate answers, see how prompts compare, ask the bot and edit the example questions. Without a
    configured ClearML server the stand-ins and two agents run beside it, so that runs go on after their review.

    By spreadsheet: --export, fill in score (1 to 5) and comment, --import. Importing closes the review, and the run
    goes on.
    """
    if queue:
        from redraft.cli.page_queue import send_page

        send_page(project, profile, queue, services_mode=services_mode)
        return
    if export is None and import_ is None and iteration is None:
        from redraft.cli.page import PageOptions, run_page

        chosen = PageOptions(
            project=project, profile=profile, host=host, port=port, url=url, browser=open_, agents=agents
        )
        run_page(chosen)
        return
    from redraft.cli.commands import review_command
    from redraft.cli.sheets import SheetOptions

    sheet = SheetOptions(export=export, sheet=import_, reviewer=reviewer, keep_open=keep_open, iteration=iteration)
    review_command(project, sheet)


@app.command()
def ask(
    question: Annotated[str, typer.Argument(help="What you want to know.")],
    project: Project = "",
    profile: Profile = None,
    passages: Annotated[bool, typer.Option(help="Show the passages that the answer was made from.")] = False,
) -> None:
    """Answer a question from the docs with the published prompt."""
    from redraft.cli.commands import ask_command

    ask_command(question, project, profile, passages=passages)


def main() -> NoReturn:
    """Run the command line; the only place where errors become exit codes."""
    debug = "--debug" in sys.argv
    signal.signal(signal.SIGTERM, _interrupt)  # ended politely: stop what was started, like Ctrl-C
    told = False
    try:
        code = app(standalone_mode=False) or 0  # typer turns Ctrl-C into a returned exit code
    except NoLongerFollowed as ended:
        sys.stderr.write(f"\n{printable(str(ended))}\n")
        code, told = INTERRUPTED, True
    except RedraftError as error:
        if debug:
            raise
        sys.stderr.write(f"error: {printable(str(error))}\n")
        code = error.exit_code
    except typer.Exit as error:
        code = error.exit_code
    except (typer.Abort, KeyboardInterrupt):
        code = INTERRUPTED
    except Exception as error:
        shown = getattr(error, "show", None)  # a wrong option: typer explains it
        if shown is None:
            if debug:
                raise
            sys.stderr.write(f"error: {type(error).__name__}: {error} (a defect; --debug shows where)\n")
            code = 70
        else:
            shown()
            code = getattr(error, "exit_code", 2)
    if code == INTERRUPTED and not told:
        sys.stderr.write("\ninterrupted: everything that was started has been stopped. `redraft resume` goes on.\n")
    sys.exit(code)


def _interrupt(_number: int, _frame: object) -> NoReturn:
    raise KeyboardInterrupt
