"""A real agent runs what the SDK and the API put into queues; never skipped, the agent is a dependency."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from clearml_api import Api, Json
from clearml_stand_in import RunningServer, start_server

from redraft.cli.child import end_tree

pytestmark = pytest.mark.agent

CODE = Path(__file__).parent / "agent_code"
DEADLINE_S = 120.0
Schedules = dict[str, Future[dict[str, Any]]]


@dataclass(frozen=True, kw_only=True)
class Lab:
    """A server, two agents and a template of a pipeline."""

    server: RunningServer
    api: Api
    repository: Path
    template: str

    def task(self, task_id: str) -> Json:
        """Return a task as it is now."""
        found: Json = self.api.ask("tasks.get_by_id", task=task_id)["task"]
        return found

    def wait_for(self, task_id: str, *statuses: str) -> Json:
        """Wait until a task has one of the statuses; return it."""
        task: Json = {}

        def reached() -> bool:
            task.update(self.task(task_id))
            return task["status"] in statuses

        wait_until(reached, f"{task_id} becomes {statuses}, is {task.get('status')}")
        return task

    def queue(self, name: str) -> str:
        """Return the id of a queue."""
        return str(self.api.ask("queues.get_all", name=f"^{name}$")["queues"][0]["id"])

    def start_run(self, label: str) -> Json:
        """Start the template as the NEW RUN form does."""
        body = {"task": self.template, "queue": self.queue("services"), "args": [{"name": "label", "value": label}]}
        return self.api.ask("pipelines.start_pipeline", **body, verify_watched_queue=True)

    def steps(self, run: str) -> dict[str, Json]:
        """Return the steps that a run started, by name."""
        found = self.api.ask("tasks.get_all", parent=[run], order_by=["created"])["tasks"]
        return {task["name"]: task for task in found}

    def waiting_review(self, run: str) -> Json:
        """Wait until the run's review waits in its queue."""
        wait_until(lambda: self.steps(run).get("review", {}).get("status") == "queued", "the review waits")
        return self.steps(run)["review"]

    def log(self, task_id: str) -> str:
        """Return the console log of a task."""
        events = self.api.ask("events.get_task_log", task=task_id, batch_size=1000)["events"]
        return "\n".join(event["msg"] for event in events)


def wait_until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < deadline, f"not in time: {what}"
        time.sleep(0.1)


@contextmanager
def running_agent(server: RunningServer, repository: Path, queue: str) -> Iterator[None]:
    """Run an agent on a queue; at the end, or when the tests are gone, it and all that it started are ended."""
    agent = [sys.executable, "-m", "clearml_agent", "daemon", "--queue", queue, "--create-queue", "--foreground"]
    child = [sys.executable, "-m", "redraft.cli.child", "--parent", str(os.getpid())]
    environ = {
        **server.environment(),
        "CLEARML_AGENT_SKIP_PYTHON_ENV_INSTALL": "1",
        "CLEARML_AGENT_FORCE_CODE_DIR": str(repository),
        "CLEARML_AGENT_QUEUE_POLL_FREQ_SEC": "1",
        "CLEARML_WORKER_ID": f"tests:{queue}",
        "TMPDIR": str(server.folder / "tmp"),
    }
    with subprocess.Popen([*child, "--log", str(server.folder / f"{queue}.log"), "--", *agent], env=environ) as process:
        try:
            yield
        finally:
            end_tree(process.pid)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    folder = tmp_path_factory.mktemp("agent")
    repository = folder / "repository"
    shutil.copytree(CODE, repository)
    with ExitStack() as stack:
        server = start_server(folder / "server")
        stack.callback(server.stop)
        (server.folder / "tmp").mkdir()
        api = stack.enter_context(closing(Api(server)))
        for queue in ("services", "steps"):
            stack.enter_context(running_agent(server, repository, queue))
        api.ask("queues.create", name="human-review")
        api.ask("queues.create", name="parked")
        made = subprocess.run(
            [sys.executable, "control.py"],
            cwd=repository,
            env={**server.environment(), "TMPDIR": str(server.folder / "tmp")},
            capture_output=True,
            text=True,
            timeout=DEADLINE_S,
        )
        assert made.returncode == 0, made.stdout + made.stderr
        [template] = api.ask("tasks.get_all", type=["controller"], only_fields=["id"])["tasks"]
        wait_until(lambda: len(api.ask("workers.get_all")["workers"]) == 2, "both agents report")
        yield Lab(server=server, api=api, repository=repository, template=template["id"])


@pytest.fixture(scope="module")
def schedules(lab: Lab) -> Iterator[Schedules]:
    """Run the schedulers beside the pipelines: they mostly wait."""
    script = (lab.repository / "schedules.py").read_text()

    def run(which: str) -> dict[str, Any]:
        lab.server.run(script, which, cwd=lab.repository, timeout_s=DEADLINE_S)
        facts: dict[str, Any] = json.loads((lab.repository / f"{which}.json").read_text())
        return facts

    with ThreadPoolExecutor() as pool:
        yield {which: pool.submit(run, which) for which in ("trigger", "schedule")}


@pytest.fixture(scope="module")
def first_run(lab: Lab, schedules: Schedules) -> str:  # noqa: ARG001 (they run meanwhile)
    """A run from the template: two steps by the agent, the review by the API."""
    started = lab.start_run("one")
    assert (started["enqueued"], started["queue_watched"]) == (True, True)
    run = str(started["pipeline"])
    review = lab.waiting_review(run)["id"]
    lab.api.ask("queues.remove_task", queue=lab.queue("human-review"), task=review)
    lab.api.ask("tasks.started", task=review)
    lab.api.ask("tasks.completed", task=review)
    return run


def test_a_run_of_a_template_that_was_never_executed_is_completed_on_agents(lab: Lab, first_run: str) -> None:
    run = lab.wait_for(first_run, "completed", "failed", "stopped")
    assert run["status"] == "completed", lab.log(first_run)
    assert run["hyperparams"]["Args"]["label"]["value"] == "one"
    assert run["parent"] == lab.template
    assert lab.task(lab.template)["status"] == "created"
    assert {name: task["status"] for name, task in lab.steps(first_run).items()} == dict.fromkeys(
        ("first", "second", "review"), "completed"
    )


def test_a_step_reads_what_the_step_before_it_wrote(lab: Lab, first_run: str) -> None:
    second = lab.steps(first_run)["second"]
    [artifact] = [item for item in second["execution"]["artifacts"] if item["key"] == "number"]
    status, content = lab.api.send_file("GET", artifact["uri"].removeprefix(lab.server.url))
    assert (status, json.loads(content)) == (200, {"value": 3})


def test_the_console_of_a_step_is_the_agents_and_its_own(lab: Lab, first_run: str) -> None:
    log = lab.log(lab.steps(first_run)["second"]["id"])
    assert "the sum is 3" in log
    assert "Environment setup completed" in log or "Starting Task Execution" in log


def test_steps_ran_on_the_agent_of_their_queue(lab: Lab, first_run: str) -> None:
    assert lab.task(first_run)["last_worker"] == "tests:services"
    assert {lab.steps(first_run)[name]["last_worker"] for name in ("first", "second")} == {"tests:steps"}
    workers = {worker["id"]: worker for worker in lab.api.ask("workers.get_all")["workers"]}
    assert [queue["name"] for queue in workers["tests:steps"]["queues"]] == ["steps"]


def test_the_same_run_again_takes_every_step_from_the_cache(lab: Lab, first_run: str) -> None:
    lab.wait_for(first_run, "completed")
    run = lab.start_run("one")["pipeline"]
    assert lab.wait_for(run, "completed", "failed", "stopped")["status"] == "completed", lab.log(run)
    assert lab.steps(run) == {}


def test_a_run_that_is_aborted_takes_its_waiting_review_along(lab: Lab, first_run: str) -> None:
    lab.wait_for(first_run, "completed")
    run = lab.start_run("two")["pipeline"]
    review = lab.waiting_review(run)
    assert list(lab.steps(run)) == ["review"], "the two scripts come from the cache"
    lab.api.ask("tasks.stop", task=run, include_pipeline_steps=True)  # as the web pages do
    assert lab.wait_for(run, "stopped", "failed", "completed")["status"] == "stopped", lab.log(run)
    assert lab.wait_for(review["id"], "stopped", "completed")["status"] == "stopped"
    assert lab.api.ask("queues.get_by_id", queue=lab.queue("human-review"))["queue"]["entries"] == []


def test_a_script_that_fails_says_how_it_ended(lab: Lab) -> None:
    project = lab.api.ask("projects.create", name="agents/single")["id"]
    script = {"entry_point": "failing.py", "working_dir": ".", "repository": "", "binary": "python"}
    task = lab.api.ask("tasks.create", name="failing", type="custom", project=project, script=script)["id"]
    lab.api.ask("tasks.enqueue", task=task, queue_name="steps")
    failed = lab.wait_for(task, "failed", "completed", "stopped")
    assert (failed["status"], failed["status_reason"]) == ("failed", "worker execution exit code 1")
    assert failed["status_message"] == "Changed by clearml-agent tests:steps"
    assert "there is no such page" in lab.log(task)


def test_a_dataset_trigger_fires_once_for_a_new_version(schedules: Schedules) -> None:
    facts = schedules["trigger"].result()
    assert facts["started_with"] == [facts["second"]]


def test_a_recurring_schedule_starts_its_task_again(schedules: Schedules) -> None:
    facts = schedules["schedule"].result()
    assert len(facts["started_with"]) >= 2
