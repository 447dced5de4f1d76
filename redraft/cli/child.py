"""Runs a command as long as its starter lives, and ends it with everything it started.

    python -m redraft.cli.child --parent 4711 --log agent.log -- clearml-agent daemon ...

Agents may ignore SIGINT and SIGTERM and leave the tasks they run behind. So the whole tree is asked to end, and after
a few seconds made to, by process id; also when the starter was killed and could not say so.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

POLL_S = 0.3
GRACE_S = 3.0
MARK = "REDRAFT_STARTED_IN"  # environment variable of everything that a starter starts: the folder that it holds


def end_tree(pid: int, grace_s: float = GRACE_S) -> None:
    """End a process and all its descendants: asked first, made to after `grace_s` seconds."""
    processes = _tree(pid)
    for process in processes:
        _signal(process, signal.SIGTERM)
    _, alive = psutil.wait_procs(processes, timeout=grace_s)
    for process in alive:
        for child in _children(process):
            _signal(child, signal.SIGKILL)
        _signal(process, signal.SIGKILL)
    psutil.wait_procs(alive, timeout=grace_s)


def end_marked(folder: Path) -> None:
    """End what was started in a folder, wherever it is now: only for the holder of the folder.

    If an agent is killed together with the process that runs it, its task lives on under init. A controller that did so
    took the steps of the resumed run for its own, and failed it.
    """
    for process in psutil.process_iter():
        try:
            marked = process.pid != os.getpid() and process.environ().get(MARK) == str(folder)
        except psutil.Error:  # somebody else's process, or one that has just ended
            continue
        if marked:
            end_tree(process.pid)


def main(argv: list[str] | None = None) -> int:
    """Run the command until it ends, the starter is gone, or this process is asked to end."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--parent", type=int, required=True, help="process id of the starter")
    parser.add_argument("--log", type=Path, required=True, help="file that takes the command's output")
    parser.add_argument("command", nargs="+")
    options = parser.parse_args(argv)
    asked: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _frame: asked.append(number))
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C goes to the starter, which decides
    with options.log.open("ab") as log:
        child = subprocess.Popen(
            options.command, stdout=log, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, start_new_session=True
        )
        while child.poll() is None and not asked and _alive(options.parent):
            time.sleep(POLL_S)
        end_tree(child.pid)
        return child.wait() if not asked else 0


def _alive(pid: int) -> bool:
    return os.getppid() == pid or psutil.pid_exists(pid)


def _tree(pid: int) -> list[psutil.Process]:
    """Descendants and session members of a process that leads a session, also when it is gone itself."""
    found = {process.pid: process for process in psutil.process_iter() if _session(process.pid) == pid}
    try:
        root = psutil.Process(pid)
        found |= {process.pid: process for process in [*root.children(recursive=True), root]}
    except psutil.NoSuchProcess:
        pass
    return list(found.values())


def _session(pid: int) -> int | None:
    try:
        return os.getsid(pid)
    except (ProcessLookupError, PermissionError):
        return None


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _signal(process: psutil.Process, number: int) -> None:
    try:
        process.send_signal(number)
    except psutil.NoSuchProcess:
        return


if __name__ == "__main__":
    sys.exit(main())
