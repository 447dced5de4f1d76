"""`redraft review`: the review page in the foreground until Ctrl-C, with all that it needs.

Without a configured server it runs stand-ins and agents too, so that a run which waits for its review goes on after
people; or it uses those of a `redraft run` of the same folder, and takes over when that ends.
"""

from __future__ import annotations

import os
import time
import webbrowser
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from redraft.cli.child import end_marked
from redraft.cli.chosen import chosen_project
from redraft.cli.connect import await_agents, connected
from redraft.cli.holding import hold, this_process
from redraft.cli.local import LocalServices, home, uses_stand_in_server, with_stand_in_models
from redraft.cli.page_note import PageNote, last_page, page_words, write_page_note
from redraft.cli.page_process import PageProcess, free_port
from redraft.cli.terminal import say
from redraft.config import load_config
from redraft.errors import LaunchError
from redraft.review_app.admission import Admission
from redraft.review_app.launch import admission_at, host_name, page_command, page_environ, secrets_files
from redraft.settings import QueueSettings

LOOK_S = 0.5  # how often it is looked whether all of it still runs


@dataclass(frozen=True, slots=True, kw_only=True)
class PageOptions:
    """What a person chose on the command line."""

    project: str = ""  # empty: the default project
    profile: Path | None = None
    host: str = "127.0.0.1"
    port: int | None = None  # None: the last one of this folder, else the first free one from 8501 on
    url: str = ""  # what people open, if something stands between them and the page
    browser: bool = False  # open it
    agents: bool = False  # with a configured server: run two agents here


class Patience:
    """How often something may end by itself before the whole is given up: five times a minute."""

    def __init__(self) -> None:
        self._ends: list[float] = []

    def another(self, error: LaunchError) -> None:
        """Say what ended and wait a little; raise it when that happens too often."""
        now = time.monotonic()
        self._ends = [then for then in self._ends if now - then < 60] + [now]
        if len(self._ends) >= 5:
            raise error
        say(f"{error} Starting it again ...")
        time.sleep(len(self._ends))


def run_page(options: PageOptions) -> None:
    """Run the page until it is interrupted: that is how it is stopped.

    Raises:
        InputError: Nobody may use it as it is configured, or the configuration is wrong.
        LaunchError: The page runs already, its port is taken, or something keeps ending.
    """
    begun = dict(os.environ)
    folder = home(begun)
    admission = admission_at(options.host, begun)
    load_config(options.profile)  # a wrong one is told before anything is started
    patience = Patience()
    try:
        with _only_page(folder), PageProcess(folder / "review", options.host, _port(options, folder)) as page:
            while True:
                try:
                    _serve(options, page, admission, patience)
                except LaunchError as error:
                    if not page.ready:
                        raise
                    patience.another(error)
                os.environ.clear()  # the stand-ins are to be found, or started, anew
                os.environ.update(begun)
    except KeyboardInterrupt:
        say("\nThe page is stopped. `redraft review` starts it again.")


def _serve(options: PageOptions, page: PageProcess, admission: Admission, patience: Patience) -> None:
    """Serve with the stand-ins of this process, or with another's until that ends."""
    secrets = secrets_files(os.environ)  # before the stand-ins give this process another home
    profile = with_stand_in_models(options.profile, os.environ)
    agents = options.agents or uses_stand_in_server(os.environ)
    with connected(agents=agents, model=True, page=True) as services:
        project = chosen_project(options.project)
        if agents:
            services.start_agents(_queues(options, project))
        if not page.ready:
            say("starting the review page ...")
            page.start(
                page_command(host=page.host, port=page.port, address=host_name(options.url), secrets=secrets),
                page_environ(
                    services.environ,
                    project=project,
                    profile=profile,
                    folder=services.folder,
                    stand_ins=_stand_ins(services, agents=agents),
                ),
            )
        runs = _go_on(project, services, agents=agents)
        if not page.ready:
            page.await_ready()
            url = options.url or page.url
            write_page_note(services.folder, PageNote(url=url, port=page.port, project=project, process=this_process()))
            _welcome(url, project, admission, options)
        for run in runs:
            say(f"run {run} goes on where it was stopped")
        while services.holder is None or services.holder.process.lives():
            services.check()
            if page.ended():
                patience.another(LaunchError(f"the page has ended: {page.last_line()}"))
                page.start_again()
            time.sleep(LOOK_S)
        say(f"process {services.holder.process.pid} has ended: its stand-ins and agents are started anew ...")


def _stand_ins(services: LocalServices, *, agents: bool) -> frozenset[str]:
    """Which there are; what agents elsewhere use is not known here."""
    names = services.wanted & {"server", "model"}
    return names if agents or "model" not in names else names - {"model"} | {"asked model"}


def _queues(options: PageOptions, project: str) -> QueueSettings:
    """What agents on this machine serve: as configured, else what the newest run uses."""
    from redraft.tracking.runs import newest_queues

    return newest_queues(project) if options.profile is None else load_config(options.profile).queues


def _port(options: PageOptions, folder: Path) -> int:
    return free_port(options.host, options.port, last_page(folder))


def _go_on(project: str, services: LocalServices, *, agents: bool) -> list[str]:
    """Let runs go on that ended with the agents of this machine; their ids."""
    from redraft.tracking.going_on import go_on

    if agents:
        await_agents(services)
    mine = services.holder is None and "server" in services.wanted
    return go_on(project) if mine else []


def _welcome(url: str, project: str, admission: Admission, options: PageOptions) -> None:
    from redraft.tracking.inbox import open_reviews

    waiting = len(open_reviews(project))
    then = (
        f"reviews that wait for people: {waiting}" if waiting else "no review is open: start an iteration on the page"
    )
    say(f"review page   {url}\nproject       {project}\nopen to       {admission.words}\nnext          {then}")
    say("Ctrl-C stops it.")
    if options.browser:
        webbrowser.open(url)


@contextmanager
def _only_page(folder: Path) -> Iterator[None]:
    """One page a folder: it keeps the journal of ratings that the server has not confirmed."""
    with hold(folder / "review", who=lambda: page_words(folder)):
        end_marked(folder / "review")  # a page whose starter was killed
        yield
