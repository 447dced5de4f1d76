"""What is started for a local run ends with it, or with the next one."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from redraft.cli.child import MARK
from redraft.cli.connect import connected
from redraft.cli.local import LocalServices, home
from redraft.cli.page import PageOptions, run_page
from redraft.errors import InputError


@pytest.fixture
def started_in() -> Iterator[Callable[[Path], subprocess.Popen[bytes]]]:
    """Start a process that has lost whoever should end it."""
    processes: list[subprocess.Popen[bytes]] = []

    def start(folder: Path) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-c", "import time; time.sleep(60)"]
        processes.append(subprocess.Popen(command, env={**os.environ, MARK: str(folder)}, start_new_session=True))
        return processes[-1]

    yield start
    for process in processes:
        process.kill()
        process.wait()


def test_what_a_killed_starter_left_behind_ends_with_the_next_one(tmp_path: Path, started_in) -> None:
    """The controller of a killed agent lived on, and failed the run that `redraft resume` had continued."""
    left, others = started_in(tmp_path / "a"), started_in(tmp_path / "b")
    with LocalServices(tmp_path / "a", os.environ, server=False, model=False, agents=False):
        left.wait(timeout=10)  # raises if it lives on
        late = started_in(tmp_path / "a")
    late.wait(timeout=10)
    assert others.poll() is None


def test_what_is_started_bears_the_mark_of_its_folder(tmp_path: Path) -> None:
    services = LocalServices(tmp_path, os.environ, server=False, model=False, agents=False)
    with services:
        said = tmp_path / "said"
        code = f"import os, pathlib; pathlib.Path({str(said)!r}).write_text(os.environ[{MARK!r}])"
        services._start("probe", [sys.executable, "-c", code])
        services.processes["probe"].wait(timeout=10)
        assert said.read_text() == str(tmp_path)


@pytest.mark.parametrize("inside", ["", "state"])
def test_a_home_that_is_a_file_or_in_one_is_refused_with_variable_path_and_remedy(tmp_path: Path, inside: str) -> None:
    file = tmp_path / "file"
    file.touch()
    with pytest.raises(InputError) as refused:
        home({"REDRAFT_HOME": str(file / inside)})
    assert str(refused.value) == (
        f"REDRAFT_HOME: {file / inside} can be no folder, {file} is a file. "
        "Set REDRAFT_HOME to a folder in which files can be made."
    )
    assert home({"REDRAFT_HOME": str(tmp_path / "none" / "yet")}) == tmp_path / "none" / "yet"


def test_a_home_in_which_nothing_can_be_made_is_refused_by_commands_and_page(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody makes folders in /proc, whatever their rights."""
    monkeypatch.setenv("REDRAFT_HOME", "/proc/redraft")
    monkeypatch.setenv("CLEARML_CONFIG_FILE", "/proc/redraft.conf")
    monkeypatch.delenv("CLEARML_API_HOST", raising=False)
    said = r"REDRAFT_HOME: /proc/redraft.* cannot be made or written \(.*\)\. Set REDRAFT_HOME to a folder"
    with pytest.raises(InputError, match=said), connected():
        pass
    with pytest.raises(InputError, match=said):
        run_page(PageOptions(project=""))
