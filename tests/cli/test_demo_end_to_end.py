"""The whole loop through real servers, real agents and the real SDK, as `make demo` runs it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from finished_demo import FinishedDemo, environment, processes_of, redraft

from redraft.config import ROOT

pytestmark = [pytest.mark.agent, pytest.mark.slow, pytest.mark.timeout(900), pytest.mark.xdist_group("demo")]


@pytest.fixture
def home(finished_demo: FinishedDemo) -> Path:
    """The demo's folder of state."""
    return finished_demo.home


def test_the_demo_ends_well_and_leaves_no_process(finished_demo: FinishedDemo, home: Path) -> None:
    assert "Ratings of each iteration" in finished_demo.stdout
    assert processes_of(home) == []


def test_the_demo_writes_nothing_into_the_users_home(home: Path) -> None:
    assert list((home.parent / "user").rglob("*")) == []


def test_the_demo_writes_its_figures(home: Path) -> None:
    rows = json.loads((home / "demo.json").read_text())["iterations"]
    assert [row["iteration"] for row in rows] == [1, 2]
    for row in rows:
        assert 1 <= row["low"] <= row["mean"] <= row["high"] <= 5
        assert min(row["n_ratings"], row["tokens"], row["seconds"]) > 0
        assert row["task_id"]


def test_the_second_iteration_finds_docs_and_index_in_the_cache(finished_demo: FinishedDemo) -> None:
    second = finished_demo.stdout.partition("iteration 2:")[2]
    for step in ("version_docs", "build_index"):
        assert f"{step:<17} from the cache" in second


def test_a_question_is_answered_with_the_published_prompt(home: Path) -> None:
    answered = redraft(home, "ask", "How do I resume a run?")
    assert answered.returncode == 0, answered.stderr
    assert "resume" in answered.stdout


def test_a_finished_iteration_run_again_takes_every_step_from_the_cache(home: Path) -> None:
    models = ["--set", "run.chat_model=demo-chat", "--set", "run.embedding_model=demo-embed"]
    demos = ["--set", "run.ratings=24", "--set", "plan.reviewers=3", "--set", "run.promote=auto"]
    demos += ["--project", "redraft-demo"]
    again = redraft(home, "run", "--iteration", "1", *models, *demos)
    assert again.returncode == 0, again.stdout + again.stderr
    assert again.stdout.count("from the cache") == 6


def test_ctrl_c_stops_everything_says_so_and_is_no_success(tmp_path: Path) -> None:
    """Typer returns the exit code of an interrupt instead of raising it: it was once taken for success."""
    state = tmp_path / "interrupted"
    with subprocess.Popen(
        [sys.executable, "-m", "redraft.cli", "demo", "--iterations", "1"],
        cwd=ROOT,
        env=environment(state),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert "starting" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        try:
            _, said = process.communicate(timeout=120)
        finally:
            process.kill()  # if it went on
    assert process.returncode == 130
    assert "interrupted" in said
    assert processes_of(state) == []
