"""One improvement round as a ClearML pipeline.

    version_docs -> build_index -> write_prompts -> answer_questions -> review -> score_prompts

Runs are started from ClearML's UI (NEW RUN), by `redraft run`, or by the run before; each is a clone of a template that
is never executed itself. This script makes that template:

    python pipelines/improve_prompt.py [--project redraft] [--profile configs/demo.yaml]

and, run by an agent, is the controller of a run: it checks the inputs, launches the steps, waits for people at the
review, and succeeds only if every step did.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from clearml import PipelineController

import redraft
from redraft.config import load_config, section_text, to_tree
from redraft.errors import RedraftError
from redraft.records import Question
from redraft.settings import Config
from redraft.tracking.artifacts import get_records
from redraft.tracking.doctor.before_launch import check_controller
from redraft.tracking.drafts import review_draft, step_draft
from redraft.tracking.estimating import estimated
from redraft.tracking.execution import execute
from redraft.tracking.lost_steps import launch_again
from redraft.tracking.prepare import RunFacts, effective_config, prepare_run
from redraft.tracking.runs import project_of
from redraft.tracking.server import ask_nobody_for_updates
from redraft.tracking.step import CONFIG_OBJECT, TASK_ID, log, run_step
from redraft.tracking.templates import PIPELINE, mark_run, mark_template


def add_steps(pipe: PipelineController, project: str, config: Config, facts: RunFacts) -> None:
    """The pipeline on one screen. Hand on ids and content, so that finished steps are found in the cache."""

    def step(name: str, task_type: str, sections: list[str], **parameters: str) -> None:
        pipe.add_step(
            name=name,
            base_task_factory=step_draft(pipe, f"steps/{name}.py", task_type),
            execution_queue=config.queues.steps,
            parameter_override={
                f"Args/{key}": value for key, value in {"kind": name, "project": project, **parameters}.items()
            },
            configuration_overrides={section: section_text(getattr(config, section)) for section in sections},
            cache_executed_step=True,
            retry_on_failure=launch_again,
        )

    run, models = config.run, {"chat_model": config.run.chat_model, "chat_endpoint": facts.chat_endpoint}
    embedding = {"embedding_model": run.embedding_model, "embedding_endpoint": facts.embedding_endpoint}
    index = {"index_task": "${build_index.id}", "index_id": "${build_index.parameters.Out/index_id}"}
    iteration = {
        "iteration": str(facts.iteration),
        "history_hash": facts.history_hash,
        "questions_hash": facts.questions_hash,
        "seed_prompts_hash": facts.seed_prompts_hash,
        "seed": str(config.seed),
    }
    prompts = {"prompts_task": "${write_prompts.id}"}
    answers = {"answers_task": "${answer_questions.id}", "review_key": "${answer_questions.parameters.Out/review_key}"}

    docs = {"docs": facts.docs or run.docs, "docs_fingerprint": facts.docs_fingerprint}
    step("version_docs", "data_processing", ["docs"], **docs)
    step(
        "build_index",
        "data_processing",
        ["index", "answer"],
        dataset_id="${version_docs.parameters.Out/dataset_id}",
        **embedding,
    )
    step(
        "write_prompts",
        "training",
        ["write", "answer", "retrieval", "score"],
        candidates=str(run.candidates),
        rubric_hash=facts.rubric_hash,
        **index,
        **iteration,
        **models,
        **embedding,
    )
    step(
        "answer_questions",
        "inference",
        ["answer", "retrieval", "plan"],
        ratings=str(run.ratings),
        dataset_id="${build_index.parameters.Out/dataset_id}",
        **prompts,
        **index,
        **iteration,
        **models,
        **embedding,
    )
    pipe.add_step(
        name="review",
        base_task_factory=review_draft(pipe, config.keeper.page_url),
        execution_queue=config.queues.review,
        parameter_override={
            "Args/kind": "review",
            "Args/project": project,
            "Args/iteration": str(facts.iteration),
            **{f"Args/{key}": value for key, value in answers.items()},
        },
        cache_executed_step=True,
    )
    step(
        "score_prompts",
        "custom",
        ["score", "decide"],
        promote=run.promote,
        review_task="${review.id}",
        **index,
        **prompts,
        **answers,
        **iteration,
    )


def controller(project: str) -> PipelineController:
    """The pipeline without its steps; under an agent, attached to the run's task."""
    ask_nobody_for_updates()
    return PipelineController(
        name=PIPELINE,
        project=project,
        version=redraft.__version__,
        pool_frequency=0.01,  # minutes: the default looks at the steps every 12 s
        abort_on_failure=True,
        packages=False,
    )


def make_template(project: str, profile: Path | None) -> None:
    """Make the never-executed run that every run is a clone of."""
    config = load_config(profile)
    pipe = controller(project)
    pipe.task.set_configuration_object(CONFIG_OBJECT, config_text=section_text(config), config_type="yaml")
    for name, value in to_tree(config.run).items():
        pipe.add_parameter(name, value, param_type=type(value).__name__)
    add_steps(pipe, project, config, RunFacts())
    mark_template(pipe.task, config)
    pipe.start(queue=None)


def control_run() -> int:
    """Be the controller of the run whose task this process executes."""
    project = project_of(os.environ[TASK_ID])
    pipe = controller(project)  # attaches to the task; an earlier Task.init would make it a task like any other
    mark_run(pipe.task)
    config = effective_config(pipe.task)
    check_controller(config, project)
    facts = prepare_run(pipe.task, project, config)
    questions = get_records(pipe.task.id, "questions", Question)
    log.info("%s", estimated(project, config, questions, run=pipe.task.id))
    for name, value in to_tree(config.run).items():
        pipe.add_parameter(name, facts.iteration if name == "iteration" else value)
    add_steps(pipe, project, config, facts)
    execute(pipe, config, facts)
    return 0


def main(arguments: list[str]) -> int:
    """Control the run whose task an agent executes, else make a template."""
    if TASK_ID in os.environ:
        return run_step(control_run)
    # not argparse: the SDK would store its options as the run's parameters
    names, values = arguments[0::2], arguments[1::2]
    options = {"--project": "redraft", "--profile": "", **dict(zip(names, values, strict=False))}
    if len(options) > 2 or len(names) != len(values):
        sys.stdout.write(f"{__doc__}\n")
        return 0 if names in (["--help"], ["-h"]) else 2
    try:
        make_template(options["--project"], Path(options["--profile"]) if options["--profile"] else None)
    except RedraftError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
