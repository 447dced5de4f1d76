"""Runs with limits, steps of them, and model calls that steps make: what the tests of budget and call log are about."""

from __future__ import annotations

from typing import Any

from clearml import Task
from review_world import make_run

from redraft.config import load_config, section_text
from redraft.errors import ModelUnavailable
from redraft.records import LlmCall
from redraft.tracking.call_report import recorded
from redraft.tracking.server import call
from redraft.tracking.step import CONFIG_OBJECT, Step

SECTIONS = {"answer": load_config().answer}


def run_of(project: str, **limits: Any) -> Task:
    run = make_run(project, status="created")
    config = load_config(None, {key.replace("__", "."): value for key, value in limits.items()})
    run.set_configuration_object(CONFIG_OBJECT, config_text=section_text(config), config_type="yaml")
    call("tasks.started", task=run.id)
    return run


def step_of(run: Task, name: str = "answer_questions") -> Step:
    task = Task.create(project_name=run.get_project_name(), task_name=name, task_type="inference")
    call("tasks.edit", task=task.id, parent=run.id)
    call("tasks.started", task=task.id)
    return Step(task=Task.get_task(task_id=task.id), name=name, args={"pipeline_task": run.id}, sections=SECTIONS)


def made(tokens: int, *, usd: float | None = 0.25, text: str = "Hello") -> LlmCall:
    return LlmCall(
        step="s", kind="answer", model="m", messages=(("user", text),), reply="Yes.", tokens_in=tokens, cost_usd=usd
    )


def spend(step: Step, tokens: int) -> None:
    """Make a call of so many tokens if that is allowed, as a model does."""
    with recorded(step) as calls:
        if calls.refusal() is None:
            calls.add(made(tokens))


def spend_and_fail(step: Step, tokens: int) -> None:
    """Make a call, ask whether another is allowed, and fail."""
    with recorded(step) as calls:
        calls.add(made(tokens))
        raise ModelUnavailable(calls.refusal() or "gone")
