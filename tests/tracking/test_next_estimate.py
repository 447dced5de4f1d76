"""The next iteration is estimated with the choices of the last one, and says how long that one ran."""

from __future__ import annotations

from clearml import Task

from redraft.config import ROOT, load_config, to_tree
from redraft.tracking.next_estimate import estimated_next
from redraft.tracking.server import call

STAND_INS = load_config(ROOT / "configs" / "stand_ins.yaml")


def finished_run(project: str, **choices: str) -> Task:
    name = f"{project}/.pipelines/improve prompt"
    run = Task.create(project_name=name, task_name="improve prompt #1", task_type="controller")
    given = {**to_tree(STAND_INS.run), "iteration": 7, **choices}
    run.set_parameters({f"Args/{key}": str(value) for key, value in given.items()})
    for step in ("write_prompts", "review"):
        task = Task.create(project_name=name, task_name=step, task_type="inference")
        call("tasks.edit", task=task.id, parent=run.id)
        call("tasks.started", task=task.id)
        call("tasks.completed", task=task.id)
    call("tasks.started", task=run.id)
    call("tasks.completed", task=run.id)
    return run


def test_a_first_iteration_is_estimated_as_it_is_configured(project: str) -> None:
    said = estimated_next(project, STAND_INS)
    assert said.endswith(f"(tokens a call by default); {STAND_INS.run.ratings} ratings.")


def test_the_next_one_is_estimated_in_full_with_the_choices_of_the_last(project: str) -> None:
    finished_run(project, ratings="6", candidates="2")
    said = estimated_next(project, STAND_INS)
    assert "2 write" in said
    assert said.endswith("6 ratings. Iteration 7 ran for about 1 minute, its review aside.")
