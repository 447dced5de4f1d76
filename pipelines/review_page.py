"""The review page as a task of an agent: it runs `redraft review` on the agent's machine until the task is aborted.

`redraft review --queue NAME` makes the task and sends it off. The agent's environment says where the page listens
(REDRAFT_PAGE_HOST, REDRAFT_PAGE_PORT), what people open (REDRAFT_PAGE_URL), who gets in (REDRAFT_REVIEW_CODE,
REDRAFT_LEAD_CODE, or Streamlit's login) and where unconfirmed ratings are kept (REDRAFT_HOME). Alone, for a task that
exists:

    CLEARML_TASK_ID=... python pipelines/review_page.py
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path

import requests

from redraft.config import ROOT, section_text
from redraft.errors import LaunchError, RedraftError
from redraft.tracking.inbox import parameter
from redraft.tracking.page_links import announce_open_reviews, set_address
from redraft.tracking.page_service import Place, place_of_page
from redraft.tracking.server import call, fail_soon
from redraft.tracking.service_task import fail_service, say_alive, settings_of

log = logging.getLogger("redraft")

LOOK_S, ALIVE_S, START_S, END_S = 0.5, 60.0, 120.0, 10.0
LOG = "page-service.log"  # what the command says, in the page's folder


class Served:
    """The command that serves the page, and what it says."""

    def __init__(self, place: Place, project: str, profile: Path, environ: Mapping[str, str]) -> None:
        self._said, self._told = place.folder / LOG, 0
        self._said.write_bytes(b"")
        # the command's own process, so that it ends with this one, also when this one is killed
        ending = ["redraft.cli.child", "--parent", str(os.getpid()), "--log", str(self._said), "--"]
        page = ["redraft.cli", "review", "--project", project, "--profile", str(profile), "--url", place.url]
        where = ["--host", place.host, "--port", str(place.port)]
        python = [sys.executable, "-m"]
        self._process = subprocess.Popen(
            [*python, *ending, *python, *page, *where],
            cwd=ROOT,
            env=page_environment(environ, place.folder),
            stdin=subprocess.DEVNULL,
        )

    def ended(self) -> bool:
        """Whether it ran and does not any more."""
        return self._process.poll() is not None

    def tell(self) -> None:
        """Pass on to the task's log what it has said."""
        said = self._said.read_text(encoding="utf-8", errors="replace")
        new, self._told = said[self._told :], len(said)
        for line in new.splitlines():
            log.info("%s", line)

    def last_line(self) -> str:
        """The end of what it said."""
        lines = self._said.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        return lines[-1] if lines else "it said nothing"

    def end(self) -> None:
        """End it, and the page with it."""
        if not self.ended():
            self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(END_S)
        except subprocess.TimeoutExpired:
            self._process.kill()


def page_environment(environ: Mapping[str, str], folder: Path) -> dict[str, str]:
    """The environment of the page: the agent's, without what would make its process a part of this task.

    >>> page_environment({"CLEARML_TASK_ID": "8d1e", "LANG": "C", "OPENAI_API_KEY": "k"}, Path("/kept"))["LANG"]
    'C'
    """
    ours = {name: text for name, text in environ.items() if name not in ("CLEARML_TASK_ID", "TRAINS_TASK_ID")}
    ours |= {"REDRAFT_HOME": str(folder), "PYTHONPATH": str(ROOT), "PYTHONUNBUFFERED": "1"}
    if not ours.get("OPENAI_BASE_URL") and not ours.get("OPENAI_API_KEY"):
        ours["OPENAI_BASE_URL"] = "https://api.openai.com/v1"  # without one of both the stand-in model would answer
    return ours


def serve(task_id: str, stop: threading.Event) -> int:
    """Serve the page whose task this process executes, until told to stop.

    Raises:
        RedraftError: It could not be started, or it ended.
    """
    from clearml.backend_api.session import Session

    place = place_of_page(os.environ, host_name=socket.getfqdn())
    place.folder.mkdir(parents=True, exist_ok=True)
    project = parameter(call("tasks.get_by_id", task=task_id)["task"], "project")
    profile = place.folder / "page-service.yaml"
    profile.write_text(section_text(settings_of(task_id)), encoding="utf-8")
    environ = {**os.environ, "CLEARML_API_HOST": str(Session.get_api_server_host())}
    served = Served(place, project, profile, environ)
    try:
        _await_ready(served, place, stop)
        if not stop.is_set():
            set_address(task_id, place.url)
            announce_open_reviews(project, place.url)
        told = 0.0
        while not stop.wait(LOOK_S):
            served.tell()
            if served.ended():
                raise LaunchError(f"the review page has ended: {served.last_line()}")
            told += LOOK_S
            if told >= ALIVE_S:
                told = 0.0
                say_alive(task_id)
    finally:
        served.end()
        served.tell()
    return 0


def main() -> int:
    """Serve the page whose task an agent executes."""
    if "CLEARML_TASK_ID" not in os.environ:
        sys.stdout.write(f"{__doc__}\n")
        return 2
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr)
    logging.getLogger("clearml").setLevel(logging.ERROR)
    task_id, stop = os.environ["CLEARML_TASK_ID"], threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    fail_soon()
    try:
        return serve(task_id, stop)
    except RedraftError as error:
        return fail_service(task_id, error)


def _await_ready(served: Served, place: Place, stop: threading.Event) -> None:
    """Wait until the page answers on this machine."""
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(place.host, place.host)  # noqa: S104 - to reach it from here
    health = f"http://{f'[{host}]' if ':' in host else host}:{place.port}/_stcore/health"
    with requests.Session() as session:
        session.trust_env = False  # a proxy of the environment is for other hosts
        for _ in range(int(START_S / LOOK_S)):
            served.tell()
            if served.ended():
                raise LaunchError(f"the review page did not start: {served.last_line()}")
            try:
                if session.get(health, timeout=2).ok:
                    return
            except requests.RequestException:
                pass
            if stop.wait(LOOK_S):
                return
    raise LaunchError(f"the review page did not answer at {health} within {START_S:.0f} s")


if __name__ == "__main__":
    sys.exit(main())
