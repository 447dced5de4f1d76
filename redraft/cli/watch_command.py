"""`redraft watch`: the keeper of a project, in this terminal or as a task of an agent.

redraft watch                                    until Ctrl-C or SIGTERM
redraft watch --once                             one look, for a crontab
redraft watch --queue redraft-services           as a service task that an agent executes
"""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from redraft.cli.chosen import chosen_project
from redraft.cli.terminal import say
from redraft.config import load_config
from redraft.errors import InputError

if TYPE_CHECKING:
    from redraft.settings import Config


def watch(
    once: Annotated[bool, typer.Option("--once", help="Look once and end.")] = False,
    queue: Annotated[
        str,
        typer.Option(help="Let an agent of this queue do it, as a task; then this command ends.", show_default=False),
    ] = "",
    project: Annotated[
        str,
        typer.Option(help="ClearML project (default: redraft or the demo's, whichever ran last).", show_default=False),
    ] = "",
    profile: Annotated[
        Path | None, typer.Option(help="Configuration file; its sections keeper and review count.", dir_okay=False)
    ] = None,
    settings: Annotated[
        list[str] | None, typer.Option("--set", help='Any setting, e.g. --set "keeper.schedule=0 6 * * MON".')
    ] = None,
    services_mode: Annotated[
        bool, typer.Option("--services-mode", help="With --queue: its agent runs many tasks at once.")
    ] = False,
) -> None:
    """Start runs when docs change or a schedule is due, close reviews at their deadline, put dead runs back.

    A change that comes while a run or a review is under way is run when that has ended. Without a change nothing is
    started. Notices go to REDRAFT_WEBHOOK_URL, if that is set. Two of them do no more than one.
    """
    if once and queue:
        raise InputError("watch: --once and --queue exclude each other")
    from redraft.cli.connect import connected
    from redraft.cli.settings import pairs
    from redraft.tracking.keeping.keeper import check_settings

    config = load_config(profile, pairs(settings or []))
    check_settings(config)
    with connected():
        project = chosen_project(project)
        if queue:
            _launch(project, config, queue, services_mode=services_mode)
        else:
            _watch(project, config, once=once)


def _launch(project: str, config: Config, queue: str, *, services_mode: bool) -> None:
    from pipelines.triggers import launch
    from redraft.tracking.doctor.before_launch import subject_of
    from redraft.tracking.doctor.repository import head_commit, look
    from redraft.tracking.queues import queue_id

    queue_id(queue)  # a wrong name is told before anything else
    subject = subject_of(config, project)
    if head_commit(subject.root):
        look(subject)
    task_id = launch(project, config, queue, services_mode=services_mode)
    say(f"the keeper is task {task_id} of project {project}, on queue {queue}; abort it there to end it")


def _watch(project: str, config: Config, *, once: bool) -> None:
    from redraft.tracking.keeping.service import make_keeper
    from redraft.tracking.keeping.ticking import keep, log_to_console
    from redraft.tracking.server import fail_soon

    fail_soon()
    keeper = make_keeper(project, config, os.environ)
    if once:
        try:
            say(keeper.tick(now=time.time()))
        finally:
            keeper.end()
        return
    log_to_console()
    stop = threading.Event()
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGTERM, signal.SIGINT)}
    say(f"watching project {project}, every {config.keeper.tick_s:g} s; Ctrl-C ends it")
    try:
        keep(keeper, stop, say=lambda words: say(f"{time.strftime('%Y-%m-%d %H:%M:%S')} {words}"))
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
