"""A demo of two iterations that has run to its end, and the command line of a folder of state: made once for all tests.

Whoever uses it carries `pytest.mark.xdist_group("demo")`, so that one process makes it; whoever changes it takes a
copy.
"""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from redraft.config import ROOT


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedDemo:
    """What `redraft demo` left behind."""

    home: Path  # its folder of state
    stdout: str  # what it said


def environment(home: Path, **more: str) -> dict[str, str]:
    """Nothing configured but what is given, and a folder of state of its own."""
    user = home.parent / "user"
    user.mkdir(exist_ok=True)
    paths = {"PATH": os.environ["PATH"], "HOME": str(user), "PYTHONPATH": str(ROOT)}
    return {**paths, "REDRAFT_HOME": str(home), **more}


def redraft(home: Path, *arguments: str, timeout_s: float = 600, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    return subprocess.run(
        [sys.executable, "-m", "redraft.cli", *arguments],
        cwd=home.parent,
        env=environment(home, **more),
        capture_output=True,
        text=True,
        timeout=timeout_s,
        stdin=subprocess.DEVNULL,
    )


def processes_of(home: Path) -> list[str]:
    """Command lines of living processes that work in this folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if str(home) in " ".join(process.cmdline()) or process.environ().get("REDRAFT_HOME") == str(home):
                found.append(" ".join(process.cmdline()))
        except psutil.Error:
            continue
    return found


@pytest.fixture(scope="session")
def finished_demo(tmp_path_factory: pytest.TempPathFactory) -> FinishedDemo:
    """Run the demo, as `make demo` does."""
    folder = tmp_path_factory.mktemp("demo")
    (folder / "user").mkdir()
    done = redraft(folder / "state", "demo", "--iterations", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    return FinishedDemo(home=folder / "state", stdout=done.stdout)
