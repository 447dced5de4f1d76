"""`redraft archive`, `redraft backup`, `redraft restore`: keeping what people said, and hiding what is old.

redraft archive --older-than 90                  shows which iterations would go, which stay and why; changes nothing
redraft archive --older-than 90 --apply          hides them in ClearML
redraft backup redraft.zip                       every record of the project, in one file
redraft restore redraft.zip --project redraft    into an empty project
"""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from redraft.cli.chosen import chosen_project
from redraft.cli.terminal import say
from redraft.learning.words import counted

if TYPE_CHECKING:
    from redraft.tracking.archive_plan import ArchivePlan

MB = 1_000_000
Project = Annotated[
    str, typer.Option(help="ClearML project (default: redraft or the demo's, whichever ran last).", show_default=False)
]


def archive(
    older_than: Annotated[float, typer.Option("--older-than", min=0, help="Days since a run ended.")],
    project: Project = "",
    keep: Annotated[int, typer.Option(min=1, help="Newest iterations that stay, however old.")] = 5,
    delete_indexes: Annotated[
        bool, typer.Option("--delete-indexes", help="Also delete the index files of what goes; they can be made again.")
    ] = False,
    apply: Annotated[bool, typer.Option("--apply", help="Do it; otherwise only what would go is shown.")] = False,
) -> None:
    """Hide old iterations in ClearML: runs, steps and reviews. No word of anybody is deleted.

    Scores, history and the current prompt stay as they are. An iteration that is run again comes back.
    """
    from redraft.cli.connect import connected

    with connected():
        from redraft.tracking.archive_plan import plan_archive
        from redraft.tracking.archiving import archive as do

        plan = plan_archive(chosen_project(project), older_than_days=older_than, keep=keep, now=time.time())
        _tell(plan, delete_indexes=delete_indexes)
        if not plan.tasks:
            say("nothing to archive")
        elif not apply:
            say("nothing was changed; --apply does it")
        else:
            snapshot = do(plan, delete_indexes=delete_indexes)
            kept = f"; their records are in snapshot {snapshot} too" if snapshot else ""
            say(f"done: {counted(len(plan.tasks), 'task')} archived{kept}")


def backup(
    file: Annotated[
        Path, typer.Argument(help="The file to write, which ends in .zip; nothing may be there yet.", dir_okay=False)
    ],
    project: Project = "",
) -> None:
    """Write all that people said and decided, with prompts, questions and answers, into one file.

    Docs versions, indexes and call logs are not in it: back the server up for them.
    """
    import redraft
    from redraft.cli.connect import connected

    with connected():
        from redraft.tracking.backup import backup as write
        from redraft.tracking.inbox import open_reviews

        project = chosen_project(project)
        still_open = open_reviews(project)
        found = write(project, file, now=time.time(), version=redraft.__version__)
        say(f"{file}: project {found.project!r}, {file.stat().st_size:,} bytes")
        _tell_counts(found.counts)
        for review in still_open:
            given = (one for one in found.records.get("ratings", ()) if one.review_key == review.review_key)
            n = len({(one.reviewer, one.answer_id) for one in given})
            say(
                f"the review of iteration {review.iteration} is open: its {counted(n, 'rating')} so far are in the "
                "file; back up again when it is closed"
            )


def restore(
    file: Annotated[Path, typer.Argument(help="A file that `redraft backup` wrote.", dir_okay=False)],
    project: Annotated[str, typer.Option(help="ClearML project to restore into.", show_default=False)],
    merge: Annotated[bool, typer.Option("--merge", help="Also into a project that has a history.")] = False,
) -> None:
    """Put a backup's records into a project; its prompts become models of the registry again.

    The project must be empty, unless --merge adds what it lacks: what it has stays.
    """
    from redraft.cli.connect import connected
    from redraft.config import load_config
    from redraft.tracking.backup_file import read_backup_file

    found = read_backup_file(file)
    with connected():
        from redraft.tracking.backup import restore as put_back
        from redraft.tracking.server import check_server

        check_server()
        done = put_back(project, found, interval=load_config().score.interval, merge=merge)
        say(f"{file}: backup of project {found.project!r} of {found.made}")
        if done.task_id is None:
            say(f"project {project!r} has all of it already; nothing was added")
        else:
            _tell_counts(done.counts)
            say(f"added to project {project!r} by task {done.task_id}")
        say(f"current prompt: {done.current or 'none was published'}")


def _tell(plan: ArchivePlan, *, delete_indexes: bool) -> None:
    from redraft.tracking.stored_indexes import index_bytes

    say(f"project {plan.project!r}: {counted(len(plan.runs), 'run')}, {plan.n_archived} more are archived already")
    for run in plan.runs:
        what = f"stays: {run.stays}" if run.stays else f"goes, with {counted(len(run.tasks) - 1, 'task')}"
        say(f"  iteration {run.iteration or '-'}  run {run.run_id}  {what}")
    for task in plan.shared:
        say(f"  stays: {task['name']} {task['id']}: what stays was made from it, or the next index will be")
    size = sum(index_bytes(task) for task in plan.indexes)
    if plan.indexes:
        said = "deleted" if delete_indexes else "kept; --delete-indexes deletes them"
        say(f"  {counted(len(plan.indexes), 'index file')} of what goes, {size / MB:.1f} MB: {said}")
    say("  stays: versions of the docs (later ones need earlier ones), the template, and all decisions and feedback")


def _tell_counts(counts: dict[str, int]) -> None:
    for name, count in counts.items():
        say(f"  {count:7,}  {name}")
