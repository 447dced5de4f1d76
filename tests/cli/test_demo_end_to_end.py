"""The whole loop through real servers, real agents and the real SDK, as `make demo` runs it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from redraft.config import ROOT

pytestmark = [pytest.mark.agent, pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.xdist_group("demo")]


def redraft(home: Path, *arguments: str, timeout_s: float = 600) -> subprocess.CompletedProcess[str]:
    """Run the command line with a folder of state of its own and nothing configured."""
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(home.parent / "user"),
        "REDRAFT_HOME": str(home),
        "PYTHONPATH": str(ROOT),
    }
    return subprocess.run(
        [sys.executable, "-m", "redraft.cli", *arguments],
        cwd=home.parent,
        env=environ,
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


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo")
    (folder / "user").mkdir()
    return folder / "state"


@pytest.fixture(scope="module")
def demo(home: Path) -> subprocess.CompletedProcess[str]:
    done = redraft(home, "demo", "--iterations", "2")
    assert done.returncode == 0, done.stdout + done.stderr
    return done


def test_the_demo_ends_well_and_leaves_no_process(demo: subprocess.CompletedProcess[str], home: Path) -> None:
    assert "Ratings of each iteration" in demo.stdout
    assert processes_of(home) == []


def test_the_demo_writes_nothing_into_the_users_home(demo: subprocess.CompletedProcess[str], home: Path) -> None:
    assert demo.returncode == 0
    assert list((home.parent / "user").rglob("*")) == []


def test_the_demo_writes_its_figures(demo: subprocess.CompletedProcess[str], home: Path) -> None:
    assert demo.returncode == 0
    rows = json.loads((home / "demo.json").read_text())["iterations"]
    assert [row["iteration"] for row in rows] == [1, 2]
    for row in rows:
        assert 1 <= row["low"] <= row["mean"] <= row["high"] <= 5
        assert min(row["n_ratings"], row["tokens"], row["seconds"]) > 0
        assert row["task_id"]


def test_the_second_iteration_finds_docs_and_index_in_the_cache(demo: subprocess.CompletedProcess[str]) -> None:
    second = demo.stdout.partition("iteration 2:")[2]
    for step in ("version_docs", "build_index"):
        assert f"{step:<17} from the cache" in second


def test_a_question_is_answered_with_the_published_prompt(demo: subprocess.CompletedProcess[str], home: Path) -> None:
    assert demo.returncode == 0
    answered = redraft(home, "ask", "How do I resume a run?")
    assert answered.returncode == 0, answered.stderr
    assert "resume" in answered.stdout


def test_a_finished_iteration_run_again_takes_every_step_from_the_cache(
    demo: subprocess.CompletedProcess[str], home: Path
) -> None:
    assert demo.returncode == 0
    models = ["--set", "run.chat_model=demo-chat", "--set", "run.embedding_model=demo-embed"]
    demos = ["--set", "run.ratings=24", "--set", "plan.reviewers=3", "--set", "run.promote=auto"]
    demos += ["--project", "redraft-demo"]
    again = redraft(home, "run", "--iteration", "1", *models, *demos)
    assert again.returncode == 0, again.stdout + again.stderr
    assert again.stdout.count("from the cache") == 6


def test_ctrl_c_stops_everything_says_so_and_is_no_success(home: Path) -> None:
    """Typer returns the exit code of an interrupt instead of raising it: it was once taken for success."""
    state = home.parent / "interrupted"
    environ = {"PATH": os.environ["PATH"], "HOME": str(home.parent / "user"), "REDRAFT_HOME": str(state)}
    with subprocess.Popen(
        [sys.executable, "-m", "redraft.cli", "demo", "--iterations", "1"],
        cwd=ROOT,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert "starting" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=120)
    assert process.returncode == 130
    assert "interrupted" in said
    assert processes_of(state) == []
