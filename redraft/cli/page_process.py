"""The page's process: started, watched and ended; it ends with its starter, also when that is killed."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

from redraft.cli.child import MARK, end_tree
from redraft.cli.page_note import PageNote
from redraft.config import ROOT
from redraft.errors import LaunchError

START_TIMEOUT_S = 60.0
FIRST_PORT, PORTS = 8501, 100
EVERY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - and one of them to reach it from here


class PageProcess:
    """One page on one port; a context manager that leaves no process behind.

    Args:
        folder: Where its state and its log lie.
        host: The address that it listens on.
        port: The port that it listens on.
    """

    def __init__(self, folder: Path, host: str, port: int) -> None:
        self.host, self.port, self.ready = host, port, False
        self.log = folder / "page.log"
        self._mark = str(folder)
        self._command: Sequence[str] = ()
        self._environ: Mapping[str, str] = {}
        self._process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> PageProcess:
        return self

    def __exit__(self, *_: object) -> None:
        if self._process is not None:
            end_tree(self._process.pid)
            self._process.wait()
            self._process = None

    @property
    def url(self) -> str:
        """Where this machine reaches it."""
        host = EVERY_ADDRESS.get(self.host, self.host)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"

    def start(self, command: Sequence[str], environ: Mapping[str, str]) -> None:
        """Start it, without waiting for it."""
        self._command, self._environ = command, environ
        self.start_again()

    def start_again(self) -> None:
        """Start it as it was started before."""
        child = [sys.executable, "-m", "redraft.cli.child", "--parent", str(os.getpid()), "--log", str(self.log), "--"]
        self._process = subprocess.Popen(
            [*child, *self._command],
            cwd=ROOT,
            env={**self._environ, MARK: self._mark},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C reaches the starter alone, which ends the others in order
        )

    def await_ready(self) -> None:
        """Wait until it answers.

        Raises:
            LaunchError: It ended, or does not answer in time.
        """
        deadline = time.monotonic() + START_TIMEOUT_S
        while not self._answers():
            if self.ended():
                raise LaunchError(f"the review page did not start: {self.last_line()}", remedy=f"see {self.log}")
            if time.monotonic() > deadline:
                raise LaunchError(f"the review page did not answer within {START_TIMEOUT_S:.0f} s; see {self.log}")
            time.sleep(0.1)
        self.ready = True

    def ended(self) -> bool:
        """Whether it ran and does not any more."""
        return self._process is not None and self._process.poll() is not None

    def last_line(self) -> str:
        """The end of its log."""
        lines = self.log.read_text(errors="replace").strip().splitlines() if self.log.exists() else []
        return lines[-1] if lines else "it said nothing"

    def _answers(self) -> bool:
        try:
            # a proxy of the environment is for other hosts
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(f"{self.url}/_stcore/health", timeout=2) as reply:
                return bool(reply.status == 200)
        except (urllib.error.URLError, OSError):
            return False


def free_port(host: str, wanted: int | None, last: PageNote | None) -> int:
    """A port that nobody listens on: the wanted one; else the last one of this folder, else from 8501 up.

    Raises:
        LaunchError: The wanted one is taken, or the address is not this machine's.
    """
    if wanted is not None:
        _try(host, wanted)
        return wanted
    ports: list[int] = [*([last.port] if last else []), *range(FIRST_PORT, FIRST_PORT + PORTS)]
    for port in ports[:-1]:
        try:
            _try(host, port)
        except LaunchError:
            continue
        return port
    _try(host, ports[-1])
    return ports[-1]


def _try(host: str, port: int) -> None:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise LaunchError(
            f"the review page cannot listen on {host} port {port}: {reason}",
            remedy="choose another with --host, --port",
        ) from None
