"""What goes wrong in a run with real agents is the status of its task, and the run goes on once it is mended."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import pytest
from closing_door import door_to
from installed_world import World, running_agent

from redraft.cli.local import agent_place

pytestmark = [
    pytest.mark.agent,
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.xdist_group("new-run"),  # they share a world
]

BROKEN = "broken"  # a project apart from the one whose iterations are counted


@contextmanager
def agents_with(world: World, name: str, **environ: str) -> Iterator[str]:
    """Two agents with a changed environment, on queues of their own; the name of a profile that uses these."""
    text = (world.folder / "profile.yaml").read_text()
    (world.folder / f"{name}.yaml").write_text(f"{text}queues: {{services: {name}-services, steps: {name}-steps}}\n")
    with ExitStack() as stack:
        for queue in (f"{name}-services", f"{name}-steps"):
            stack.enter_context(running_agent(world.services, queue, queue, **environ))
        for queue in (f"{name}-services", f"{name}-steps"):
            world.wait_for_worker(f"local:{queue}")
        yield f"{name}.yaml"


def _newest_run(world: World) -> dict[str, Any]:
    newest = {"type": ["controller"], "status": ["failed"], "order_by": ["-created"], "search_hidden": True}
    return world.task(world.ask("tasks.get_all", **newest)["tasks"][0]["id"])


def test_a_model_that_refuses_in_the_middle_is_the_status_of_the_run_which_goes_on_when_it_is_mended(
    world: World,
) -> None:
    def refuses(_method: str, path: str, before: int) -> int | None:
        return 401 if path.endswith("/chat/completions") and before >= 10 else None

    with (
        door_to(world.environ["OPENAI_BASE_URL"].removesuffix("/v1"), refuses) as door,
        agents_with(world, "refused", OPENAI_BASE_URL=f"{door.url}/v1") as profile,
    ):
        new = ("--set", "write.smoke_questions=2")  # so that its prompts are not another run's from the cache
        failed = world.command("run", "--project", BROKEN, "--profile", profile, *new)
        assert (failed.returncode, "HTTP 401: the endpoint refuses the key" in failed.stderr) == (6, True), (
            failed.stderr
        )
        run = _newest_run(world)
        run = world.wait_for(run["id"], lambda task: "HTTP 401" in task["status_message"])
        assert "the endpoint refuses the key" in run["comment"]

    elsewhere = str(world.folder / "elsewhere")  # another machine, whose agents serve the queues of that run
    resumed = world.command(
        "resume", "--project", BROKEN, "--agents", "--stand-in-reviewers", REDRAFT_HOME=elsewhere
    )  # fmt: skip
    assert resumed.returncode == 0, resumed.stdout + resumed.stderr
    run = world.task(run["id"])
    agent = agent_place(Path(elsewhere))
    assert (run["status"], run["last_worker"]) == ("completed", f"{agent}:services")


def test_a_file_server_that_refuses_is_the_status_of_the_run(world: World) -> None:
    def refuses(method: str, _path: str, _before: int) -> int | None:
        return 403 if method in ("POST", "PUT") else None

    with (
        door_to(world.environ["CLEARML_FILES_HOST"], refuses) as door,
        agents_with(world, "unfiled", CLEARML_FILES_HOST=door.url) as profile,
    ):
        failed = world.command("run", "--project", BROKEN, "--profile", profile)
        assert failed.returncode == 6, failed.stdout + failed.stderr
        assert f"questions.jsonl could not be uploaded to {door.url}" in failed.stderr
        assert f"could not be uploaded to {door.url}" in _newest_run(world)["status_message"]


def test_docs_that_somebody_deleted_are_made_again(world: World) -> None:
    def versions() -> set[str]:
        found = world.ask("tasks.get_all", name="^docs", only_fields=["id"], search_hidden=True)["tasks"]
        return {task["id"] for task in found}

    def run(*more: str) -> None:
        done = world.command("run", "--project", "deleted", "--profile", "profile.yaml", "--stand-in-reviewers", *more)
        assert done.returncode == 0, done.stdout + done.stderr

    others = versions()
    run()
    (docs,) = versions() - others
    world.ask("tasks.delete", task=docs, force=True)
    run("--set", "index.max_chars=900")  # so that the docs are read
    assert len(versions() - others - {docs}) == 1


def test_an_agent_that_cannot_get_the_code_is_the_status_of_the_run(world: World) -> None:
    """Nothing of ours runs then. The agent says "failed cloning repository", and a moment later an exit code."""
    made = world.command("install", "--project", "unreached", "--profile", "profile.yaml")
    assert made.returncode == 0, made.stderr
    (template,) = [line.split()[1] for line in made.stdout.splitlines() if line.startswith("template")]
    script = {**world.task(template)["script"], "repository": "file:///no/such/redraft.git"}
    world.ask("tasks.edit", task=template, script=script)
    world.ask("queues.create", name="cloned")
    with running_agent(world.services, "cloned", "cloned", CLEARML_AGENT_FORCE_CODE_DIR=""):
        world.wait_for_worker("local:cloned")
        run = world.ended(world.new_run(template, queue="cloned"))
        said = world.command("status", "--project", "unreached").stdout
    assert run["status"] == "failed"
    assert f"newest run: {run['id']}, failed: " in said
    assert " (clearml-agent local:cloned): see its log; `redraft doctor --agents` tries what agents need" in said
