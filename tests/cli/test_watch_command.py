"""`redraft watch` and `redraft docs push` as a person or a CI types them, against the stand-in server."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from clearml_stand_in import RunningServer

from pipelines.triggers import launch as make_keepers_task
from redraft.cli.local import LocalServices
from redraft.cli.main import main
from redraft.config import ROOT, load_config
from redraft.tracking.followed_docs import property_of
from redraft.tracking.keeping.memory import DOING, TURN, keeper_task
from redraft.tracking.queues import busy_tasks, served_queues
from redraft.tracking.server import call

# the SDK's dataset code calls libraries by deprecated names
pytestmark = [pytest.mark.usefixtures("clearml_sdk"), pytest.mark.filterwarnings("ignore")]
QUIET = "there is no run yet whose configuration could be used: start the first with `redraft run`"


class Ended(NamedTuple):
    """How a command ended."""

    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep the state of commands in a folder of its own."""
    monkeypatch.setenv("REDRAFT_HOME", str(tmp_path / "state"))


@pytest.fixture
def project() -> str:
    return f"project-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def redraft(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Ended]:
    """Run a command in this process."""

    def run(*words: str) -> Ended:
        monkeypatch.setattr(sys, "argv", ["redraft", *words])
        capsys.readouterr()
        with pytest.raises(SystemExit) as ended:
            main()
        said = capsys.readouterr()
        return Ended(int(ended.value.code or 0), said.out, said.err)

    return run


def task(task_id: str) -> dict[str, Any]:
    return dict(call("tasks.get_by_id", task=task_id)["task"])


def test_docs_are_pushed_with_one_line_of_output(redraft: Callable[..., Ended], project: str, tmp_path: Path) -> None:
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "index.md").write_text("# Start\n\nRead on.\n", encoding="utf-8")
    (docs / "empty.md").write_text("", encoding="utf-8")
    first = redraft("docs", "push", str(docs), "--project", project)
    assert first.code == 0
    skipped, said = first.out.splitlines()
    assert skipped == "skipped empty.md: holds no text"
    assert said.startswith("docs changed: 2 added, 0 modified, 0 removed: dataset ")
    version = said.rpartition(" ")[2]
    assert redraft("docs", "push", str(docs), "--project", project).out == f"docs unchanged: dataset {version}\n"
    linked = redraft("docs", "push", str(docs), "--project", project, "--url-prefix", "https://docs.example.com/")
    assert linked.out.splitlines()[-1].startswith("docs changed: 0 added, 0 modified, 0 removed: dataset ")


def test_a_folder_that_is_not_there_is_wrong_input(redraft: Callable[..., Ended], project: str, tmp_path: Path) -> None:
    ended = redraft("docs", "push", str(tmp_path / "none"), "--project", project)
    assert (ended.code, ended.out) == (2, "")
    assert "none: no such docs folder" in ended.err


def test_an_empty_folder_name_is_not_the_folder_that_one_is_in(redraft: Callable[..., Ended], project: str) -> None:
    ended = redraft("docs", "push", "", "--project", project)
    assert (ended.code, ended.out) == (2, "")
    assert "the folder's name is empty" in ended.err


def test_wrong_options_and_settings_of_the_keeper_are_wrong_input(redraft: Callable[..., Ended], project: str) -> None:
    assert redraft("watch", "--once", "--queue", "q", "--project", project).code == 2
    ended = redraft("watch", "--queue", "q", "--set", "keeper.schedule=daily", "--project", project)
    assert (ended.code, "keeper.schedule: 'daily' is no cron schedule" in ended.err) == (2, True)


def watching(project: str, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "redraft.cli", "watch", "--project", project, *words]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_it_watches_until_sigterm_and_leaves_its_turn_to_the_next(project: str) -> None:
    process = watching(project)
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == f"watching project {project}, every 30 s; Ctrl-C ends it\n"
        assert process.stdout.readline().rstrip().endswith(QUIET)
        process.send_signal(signal.SIGTERM)
        said, errors = process.communicate(timeout=30)
    finally:
        process.kill()
    assert (process.returncode, said, errors) == (0, "", "")
    keeper = task(keeper_task(project))
    assert json.loads(property_of(keeper, TURN))["until"] == 0
    assert property_of(keeper, DOING) == QUIET
    once = watching(project, "--once")
    said, _ = once.communicate(timeout=60)
    assert (once.returncode, said) == (0, f"{QUIET}\n")


@pytest.mark.agent
@pytest.mark.slow
def test_an_agent_is_the_keeper_until_its_task_is_aborted(
    clearml_sdk: RunningServer, project: str, tmp_path: Path
) -> None:
    """Launched twice, it is one; aborted and launched again, it goes on with what it remembers."""
    environ = {**clearml_sdk.environment(), "REDRAFT_HOME": str(tmp_path / "state"), "REDRAFT_WORKING_COPY": "1"}
    words = ["watch", "--project", project, "--queue", "keeper-queue", "--set", "keeper.tick_s=1"]

    def launch() -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "redraft.cli", *words]
        return subprocess.run(command, cwd=ROOT, env=environ, capture_output=True, text=True, timeout=120)

    def wait(holds: Callable[[dict[str, Any]], bool]) -> None:
        deadline = time.monotonic() + 60
        while not holds(task(keeper)):
            assert time.monotonic() < deadline, task(keeper)
            time.sleep(0.2)

    with LocalServices(tmp_path / "agents", environ, server=False, model=False, agents=False) as services:
        services._start_agent("keeper", "keeper-queue")
        await_that(lambda: "keeper-queue" in served_queues())
        launched = launch()
        keeper = keeper_task(project)
        assert launched.stdout.startswith(f"the keeper is task {keeper} of project {project}")
        wait(lambda found: property_of(found, DOING) == QUIET)
        again = launch()
        assert (again.returncode, "runs already. Abort it in ClearML's web interface first." in again.stderr) == (
            5,
            True,
        )
        call("tasks.stopped", task=keeper, status_message="aborted by Ann")
        await_that(lambda: keeper not in busy_tasks())
        assert launch().returncode == 0
        wait(lambda found: found["status"] == "in_progress" and "an agent on" in property_of(found, TURN))
        call("tasks.stopped", task=keeper)


def test_a_keeper_whose_settings_were_edited_wrongly_says_so_and_stays_until_its_agent_has_seen_it(
    clearml_sdk: RunningServer, project: str
) -> None:
    """An agent looks every 5 s; of a process that had ended by then it wrote "worker execution exit code 2" instead."""
    keeper = make_keepers_task(project, load_config(), "")
    wrong = {"name": "redraft", "value": "keeper:\n  schedule: daily\n", "type": "yaml"}
    call("tasks.edit_configuration", task=keeper, configuration=[wrong], replace_configuration=False)
    call("tasks.started", task=keeper)
    environ = {**clearml_sdk.environment(), "CLEARML_TASK_ID": keeper, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen([sys.executable, "pipelines/triggers.py"], cwd=ROOT, env=environ)
    try:
        await_that(lambda: task(keeper)["status"] == "failed")
        with pytest.raises(subprocess.TimeoutExpired):
            process.wait(5.5)
    finally:
        process.kill()
        process.wait()
    found = task(keeper)
    assert found["status_reason"] == "redraft"
    assert "keeper.schedule: 'daily' is no cron schedule" in found["status_message"]
    assert found["comment"] == found["status_message"]


def await_that(holds: Callable[[], bool]) -> None:
    """Wait until something is so."""
    deadline = time.monotonic() + 60
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.2)
