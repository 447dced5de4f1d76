"""What a person is told when the run that they follow ends badly."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from redraft.cli.chosen import check_project_name, project_option
from redraft.cli.follow import follow_run
from redraft.errors import InputError, RunError
from redraft.tracking.runs import default_project
from redraft.tracking.server import call
from redraft.tracking.step import WRONG_INPUT
from redraft.tracking.waiting import waiting

pytestmark = pytest.mark.usefixtures("clearml_sdk")


def started(name: str, kind: str, project: str, **more: str) -> str:
    task_id = str(call("tasks.create", name=name, type=kind, project=project, **more)["id"])
    call("tasks.started", task=task_id, force=True)
    return task_id


def ended_badly(run_says: dict[str, Any], step_says: dict[str, Any] | None = None) -> str:
    """What is said of a run whose task, and a step of it, failed in these words."""
    name = f"project-{uuid.uuid4().hex[:12]}"
    project = str(call("projects.create", name=name)["id"])
    run = started("improve prompt #1", "controller", project)
    call("tasks.edit_configuration", task=run, configuration=[{"name": "Pipeline", "value": "{}"}], force=True)
    if step_says is not None:
        step = started("answer_questions", "data_processing", project, parent=run)
        call("tasks.failed", task=step, force=True, **step_says)
    call("tasks.failed", task=run, force=True, **run_says)
    with pytest.raises(RunError) as told:
        follow_run(run, name, say=lambda _: None, on_review=lambda _: None)
    return str(told.value).removeprefix(f"run {run} is failed: ")


def test_the_step_that_failed_is_named_with_its_own_words() -> None:
    """The SDK's "Pipeline step failed" reached people before the run's own words were written."""
    why = ended_badly({"status_message": "Pipeline step failed"}, {"status_message": "16 of 16 answers failed"})
    assert why == "step answer_questions is failed: 16 of 16 answers failed. `redraft resume` continues it."


def test_the_way_on_is_told_once() -> None:
    why = ended_badly({}, {"status_message": "All failed. Mend the endpoint and run `redraft resume`."})
    assert why == "step answer_questions is failed: All failed. Mend the endpoint and run `redraft resume`."


def test_a_killed_run_says_what_its_agent_saw() -> None:
    """It said "Changed by clearml-agent local:services" and nothing else."""
    seen = {"status_reason": "worker execution exit code -9", "status_message": "Changed by clearml-agent local:a"}
    assert ended_badly(seen).startswith("worker execution exit code -9 (clearml-agent local:a). ")


def test_a_run_that_was_refused_is_not_to_be_resumed() -> None:
    refused = {"status_reason": WRONG_INPUT, "status_message": "run.ratings must be a whole number, got '1e9'"}
    assert ended_badly(refused) == (
        "run.ratings must be a whole number, got '1e9'. "
        "Start another one with the right values: `redraft run`, or NEW RUN."
    )


def test_who_waits_behind_another_run_is_told_what_its_agent_is_at() -> None:
    name = f"project-{uuid.uuid4().hex[:12]}"
    project = str(call("projects.create", name=name)["id"])
    queue = str(call("queues.create", name=name)["id"])
    first, run = (str(call("tasks.create", name=f"run {n}", type="controller", project=project)["id"]) for n in (1, 2))
    call("tasks.enqueue", task=run, queue=queue)

    def said() -> str:
        return waiting(call("tasks.get_by_id", task=run)["task"]).words

    assert (
        said() == f"waits in queue {name}, which no agent serves: start one with `clearml-agent daemon --queue {name}`"
    )
    call("workers.register", worker=name, queues=[queue], timeout=600)
    try:
        assert said() == f"waits in queue {name} for agent {name}"
        call("workers.status_report", worker=name, timestamp=0, task=first)
        assert said().startswith(f"waits in queue {name}: its agent is at run 1 ({first}), until people have rated")
    finally:
        call("workers.unregister", worker=name)


@pytest.mark.parametrize("name", ["", "e1", "my docs/ü", "a//docs", "docs/"])
def test_a_name_that_clearml_would_not_take_is_refused_at_once(name: str) -> None:
    with pytest.raises(InputError, match="ClearML takes no name with fewer than 3 characters"):
        check_project_name(name)


def test_the_way_on_names_the_project_as_a_shell_takes_it() -> None:
    assert project_option("Doku für Ömer") == " --project 'Doku für Ömer'"
    assert project_option(default_project()) == ""


def test_what_comes_from_the_cache_is_told_before_the_step_after_it() -> None:
    name = f"project-{uuid.uuid4().hex[:12]}"
    project = str(call("projects.create", name=name)["id"])
    run = started("improve prompt #1", "controller", project)
    call("tasks.edit_configuration", task=run, configuration=[{"name": "Pipeline", "value": "{}"}], force=True)
    started("write_prompts", "training", project, parent=run)
    said: list[str] = []

    def give_up() -> None:
        if any("write_prompts" in line for line in said):
            raise RunError("seen enough")

    with pytest.raises(RunError, match="seen enough"):
        follow_run(run, name, say=said.append, on_review=lambda _: None, check=give_up)
    assert [line.split(maxsplit=1) for line in said] == [
        ["version_docs", "from the cache"], ["build_index", "from the cache"], ["write_prompts", "running"],
    ]  # fmt: skip
