"""The review page as a task of a real agent: it serves until it is aborted, and comes back after its agent ended."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
import requests

from redraft.cli.child import end_tree
from redraft.cli.local import LocalServices
from redraft.config import ROOT

DEADLINE_S = 120.0
PROJECT, QUEUE = "served", "pages"
TESTS = (ROOT / "tests", ROOT / "tests" / "tracking")
WAKE = "import sys; from redraft.tracking.page_service import wake_page; print(wake_page(sys.argv[1]))"
OPEN_REVIEW = """
import sys
sys.path[:0] = sys.argv[2:]
from review_world import make_review, make_run
run = make_run(sys.argv[1])
print(make_review(sys.argv[1], parent=run.id).task_id, run.id)
"""


@dataclass(frozen=True, kw_only=True)
class World:
    """A server, an agent of a queue of its own, and what agents are told of the page by their environment."""

    services: LocalServices
    environ: Mapping[str, str]
    folder: Path
    url: str

    def ask(self, action: str, **fields: Any) -> dict[str, Any]:
        """Call the server's API."""
        host = self.environ["CLEARML_API_HOST"]
        keys = (self.environ["CLEARML_API_ACCESS_KEY"], self.environ["CLEARML_API_SECRET_KEY"])
        token = requests.post(f"{host}/v2.23/auth.login", auth=keys, timeout=30).json()["data"]["token"]
        bearer = {"Authorization": f"Bearer {token}"}
        reply = requests.post(f"{host}/v2.23/{action}", json=fields, headers=bearer, timeout=30).json()
        assert reply["meta"]["result_code"] == 200, reply["meta"]
        return dict(reply["data"])

    def run(self, *words: str) -> str:
        """Run Python to its end; what it printed."""
        done = subprocess.run(
            [sys.executable, *words],
            cwd=self.folder,
            env=dict(self.environ),
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
            stdin=subprocess.DEVNULL,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def task(self, task_id: str) -> dict[str, Any]:
        """A task as it is now."""
        return dict(self.ask("tasks.get_by_id", task=task_id)["task"])

    def link(self, task_id: str) -> str:
        """The address of the page that is written on a task."""
        properties = self.task(task_id)["hyperparams"].get("properties") or {}
        return str(properties.get("review_page", {}).get("value") or "")

    def answers(self) -> bool:
        """Whether the page is there."""
        try:
            return requests.get(f"{self.url}/_stcore/health", timeout=2).ok
        except requests.RequestException:
            return False

    def wait(self, holds: Callable[[], bool], what: str) -> None:
        """Wait until something is so."""
        deadline = time.monotonic() + DEADLINE_S
        while not holds():
            log = self.folder / "agent.log"
            assert time.monotonic() < deadline, f"{what}; the agent: {log.read_text(errors='replace')[-3000:]}"
            time.sleep(0.3)

    @contextmanager
    def agent(self) -> Iterator[psutil.Process]:
        """A real agent; ended by force at the end of the block."""
        command = [sys.executable, "-m", "clearml_agent", "daemon", "--queue", QUEUE, "--create-queue", "--foreground"]
        environ = {
            **self.environ,
            "CLEARML_AGENT_SKIP_PYTHON_ENV_INSTALL": "1",
            "CLEARML_AGENT_FORCE_CODE_DIR": str(ROOT),
            "CLEARML_AGENT_QUEUE_POLL_FREQ_SEC": "1",
            "CLEARML_WORKER_ID": "local:pages",
        }
        with (self.folder / "agent.log").open("ab") as log:
            process = subprocess.Popen(
                command,
                env=environ,
                stdout=log,
                stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                start_new_session=True,
            )
        try:
            self.wait(lambda: bool(self.ask("workers.get_all")["workers"]), "the agent does not report")
            yield psutil.Process(process.pid)
        finally:
            end_tree(process.pid)
            process.wait(10)


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environ = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    with LocalServices(tmp_path / "state", environ, model=False, agents=False) as services:
        yield World(
            services=services,
            environ={
                **services.environ,
                "REDRAFT_HOME": str(tmp_path / "kept"),
                "REDRAFT_PAGE_PORT": str(port),
                "OPENAI_API_KEY": "none",
                "REDRAFT_WORKING_COPY": "1",
            },
            folder=tmp_path,
            url=f"http://127.0.0.1:{port}",
        )
    for process in services.processes.values():
        process.wait(10)


@pytest.mark.agent
@pytest.mark.slow
def test_a_page_on_an_agent_serves_until_it_is_aborted_and_comes_back_after_its_agent_ended(world: World) -> None:
    review, run = world.run("-c", OPEN_REVIEW, PROJECT, *map(str, TESTS)).splitlines()[-1].split()
    start = ["-m", "redraft.cli", "review", "--project", PROJECT, "--queue", QUEUE]
    with world.agent() as agent:
        said = world.run(*start)
        task_id = said.split("is task ")[1].split()[0]
        world.wait(world.answers, "the page does not answer")
        world.wait(lambda: world.link(task_id) == world.url, "its address is not written on its task")
        link = f"{world.url}/review?review={review}"
        world.wait(lambda: world.link(review) == world.link(run) == link, "the open review does not say where to rate")
        assert (world.folder / "kept" / "review").is_dir()
        assert "serves the review page already" in world.run(*start)

        world.ask("tasks.stopped", task=task_id, status_reason="a person aborted it")
        world.wait(lambda: not world.answers(), "the page goes on after its task was aborted")
        assert world.run("-c", WAKE, PROJECT) == "False"

        assert task_id in world.run(*start)
        world.wait(world.answers, "the page does not come back")
        agent.terminate()
        world.wait(lambda: not world.answers(), "the page goes on after its agent ended")
        world.wait(lambda: world.task(task_id)["status"] == "stopped", "the agent did not say that it ended")
    assert world.run("-c", WAKE, PROJECT) == "True"
    with world.agent():
        world.wait(world.answers, "the page does not come back with its agent")
        world.wait(lambda: world.link(task_id) == world.url, "its address is not written on its task")


@pytest.mark.agent
def test_a_page_that_others_could_reach_without_a_code_is_not_served_and_the_task_says_why(world: World) -> None:
    world.environ["REDRAFT_PAGE_HOST"] = "0.0.0.0"  # type: ignore[index]
    with world.agent():
        said = world.run("-m", "redraft.cli", "review", "--project", PROJECT, "--queue", QUEUE)
        task_id = said.split("is task ")[1].split()[0]
        world.wait(lambda: world.task(task_id)["status"] == "failed", "the page does not fail")
        assert "REDRAFT_REVIEW_CODE" in world.task(task_id)["status_message"]
        assert not world.answers()
