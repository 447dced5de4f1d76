"""Which configuration a step's result depends on: a limit or a mask changes no result, so it repeats no step."""

from __future__ import annotations

from typing import Any, cast

import pytest
from clearml import PipelineController

from pipelines.improve_prompt import add_steps
from redraft.config import load_config
from redraft.settings import Config
from redraft.tracking.prepare import RunFacts


class Recorder:
    """Stands where the SDK's controller does, and keeps what each step is given."""

    def __init__(self) -> None:
        self.steps: list[dict[str, Any]] = []

    def add_step(self, *, base_task_factory: object, **given: Any) -> None:
        """Keep a step."""
        del base_task_factory  # a closure, different each time
        self.steps.append(given)


def steps_of(config: Config) -> list[dict[str, Any]]:
    recorder = Recorder()
    add_steps(cast(PipelineController, recorder), "project", config, RunFacts(iteration=1))
    return recorder.steps


@pytest.mark.parametrize(
    "changed",
    [
        {"budget.run_tokens": 5, "budget.run_usd": 1.5, "budget.run_ratings": 50},
        {"budget.project_tokens": 5, "budget.project_usd": 1.5, "budget.project_ratings": 50},
        {"call_log.mask": ["x"]},
    ],
)
def test_a_limit_or_a_mask_reaches_no_step(changed: dict[str, Any]) -> None:
    assert steps_of(load_config(None, changed)) == steps_of(load_config())


def test_the_calculator_reaches_the_steps_whose_answers_it_changes() -> None:
    changed = zip(steps_of(load_config(None, {"answer.calculator": True})), steps_of(load_config()), strict=True)
    assert {one["name"] for one, other in changed if one != other} >= {"write_prompts", "answer_questions"}
