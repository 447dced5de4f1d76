"""A pipeline of two scripts and a pause that a person would end. Run once, it makes a template that is never run."""

from __future__ import annotations

from collections.abc import Callable

from clearml import PipelineController, Task

POLL_MINUTES = 0.02


def script_step(
    pipe: PipelineController, entry_point: str, **defaults: str
) -> Callable[[PipelineController.Node], Task]:
    """Return a factory of tasks that run a script of this folder."""

    def make(node: PipelineController.Node) -> Task:
        task = Task.create(project_name="agents/steps", task_name=node.name, task_type="custom")
        script = pipe.task.data.script.to_dict()
        task._edit(script={**script, "entry_point": entry_point, "working_dir": ".", "diff": "", "requirements": {}})
        task.set_parameters({f"Args/{name}": value for name, value in defaults.items()})
        return task

    return make


def pause(node: PipelineController.Node) -> Task:
    """Make a task without a script: nobody runs it, the API completes it."""
    task = Task.create(project_name="agents/steps", task_name=node.name, task_type="qc")
    task.set_parameters({"Args/kind": "review", "Args/label": "", "Args/input": ""})
    return task


def main() -> None:
    """Build the pipeline; under an agent run it, else leave it as a template."""
    pipe = PipelineController(
        name="line",
        project="agents",
        version="1.0.0",
        pool_frequency=POLL_MINUTES,
        abort_on_failure=True,
        packages=False,
    )
    pipe.add_parameter("label", "none")
    common = {"cache_executed_step": True, "base_task_factory": script_step(pipe, "steps/first.py")}
    pipe.add_step(name="first", execution_queue="steps", **common)
    pipe.add_step(
        name="second",
        parents=["first"],
        base_task_factory=script_step(pipe, "steps/second.py", first=""),
        parameter_override={"Args/first": "${first.id}"},
        execution_queue="steps",
        cache_executed_step=True,
    )
    pipe.add_step(
        name="review",
        parents=["second"],
        base_task_factory=pause,
        parameter_override={"Args/label": "${pipeline.label}", "Args/input": "${second.id}"},
        execution_queue="human-review",
        cache_executed_step=True,
    )
    pipe.start(queue=None)


if __name__ == "__main__":
    main()
