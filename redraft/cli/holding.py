"""One starter at a time holds a folder of local state, and notes in its lock file what others may use meanwhile.

The lock is the operating system's and ends with its process; the note is for people and for commands that attach:

    {"pid": 4711, "started": 1764080000.25, "offers": ["agents", "model", "server"], "page": true, "ready": true}
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import psutil

from redraft.errors import InputError, LaunchError

OTHER_HOME = "set REDRAFT_HOME to a folder in which files can be made"


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A process that can be told from a later one with its number."""

    pid: int
    started: float  # Unix time, seconds, as the system has it

    def lives(self) -> bool:
        """Whether it has not ended."""
        try:
            return psutil.Process(self.pid).create_time() == self.started
        except psutil.NoSuchProcess:
            return False


@dataclass(frozen=True, slots=True, kw_only=True)
class Holder:
    """Who holds a folder, and what of it others may use."""

    process: Process
    offers: frozenset[str]  # of server, model, agents
    page: bool  # it is the review page, which stays until somebody stops it
    ready: bool  # what it offers has been started


def this_process() -> Process:
    """The process that asks."""
    return Process(pid=os.getpid(), started=psutil.Process().create_time())


def holder_of(folder: Path) -> Holder | None:
    """Who holds a folder now, if anybody does."""
    note = read_json(folder / "lock")
    try:
        process = Process(pid=int(note["pid"]), started=float(note["started"]))
        holder = Holder(
            process=process, offers=frozenset(note["offers"]), page=bool(note["page"]), ready=bool(note["ready"])
        )
    except (KeyError, TypeError, ValueError):
        return None
    return holder if process.lives() else None


@contextmanager
def hold(
    folder: Path, *, offers: frozenset[str] = frozenset(), page: bool = False, who: Callable[[], str] = lambda: ""
) -> Iterator[Callable[[], None]]:
    """Hold a folder of local state for one starter; gives the function that says that all is started.

    Args:
        folder: The folder.
        offers: What others may use meanwhile, of server, model, agents.
        page: The starter is the review page.
        who: What to call another holder in a message; its process id otherwise.

    Raises:
        LaunchError: Another process holds it.
        InputError: Nothing can be written there.
    """
    with _lock_file(folder) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            pid = read_json(folder / "lock").get("pid")
            holder = who() or (f"process {pid}" if pid else "another process")
            raise LaunchError(
                f"{folder} is in use by {holder}", remedy="wait for it, end it, or set REDRAFT_HOME to another folder"
            ) from None
        process = this_process()
        note = {"pid": process.pid, "started": process.started, "offers": sorted(offers), "page": page}
        _write(file, json.dumps({**note, "ready": False}))
        try:
            yield lambda: _write(file, json.dumps({**note, "ready": True}))
        finally:
            _write(file, "")


def read_json(path: Path) -> dict[str, Any]:
    """A small file of JSON that another process writes; empty while there is none that can be read."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, PermissionError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _lock_file(folder: Path) -> IO[str]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return (folder / "lock").open("a+")
    except OSError as error:
        raise InputError(
            f"REDRAFT_HOME: {folder} cannot be made or written ({error.strerror})", remedy=OTHER_HOME
        ) from None


def _write(file: IO[str], text: str) -> None:
    file.seek(0)
    file.truncate(0)
    file.write(text)
    file.flush()
