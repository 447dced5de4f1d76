"""A project with three iterations, as its tasks on the server: what archiving and backups are about."""

from __future__ import annotations

import json
from dataclasses import dataclass

from clearml import Task
from judged_project import (
    EXTRACT,
    QUESTIONS,
    SEED,
    SEED_PROMPT,
    B,
    C,
    answers_of,
    decision,
    open_task,
    ratings_of,
    records_of,
    variant,
)

from redraft.records import (
    Answer,
    Chunk,
    Decision,
    IterationResult,
    Prompt,
    Question,
    Rating,
    Variant,
    make_prompt,
)
from redraft.tracking.artifacts import put_records
from redraft.tracking.server import call
from redraft.tracking.templates import PIPELINE

A_PROMPT = make_prompt("answer", "Please explain at length.", parent_ids=(SEED_PROMPT.id,))
A = variant(A_PROMPT, parent_id=SEED.id)
JUDGED = {1: A, 2: B, 3: C}  # iteration -> the new variant: A is refused, B and C are promoted one after the other
SCORES = {A: 2, B: 3, C: 4}


@dataclass(frozen=True, slots=True, kw_only=True)
class OldProject:
    """Ids of its tasks."""

    name: str
    runs: dict[int, str]  # by iteration
    steps: dict[int, dict[str, str]]  # iteration -> step -> task; the index of the first serves all


def make_old_project(name: str) -> OldProject:
    """Make it; every task has ended a moment ago."""
    runs, steps = {}, {}
    for number in JUDGED:
        run = Task.create(
            project_name=f"{name}/.pipelines/{PIPELINE}", task_name=f"run #{number}", task_type="controller"
        )
        run.set_parameters({"Args/iteration": number, "Result/variant_id": JUDGED[number].id})
        call("tasks.started", task=run.id)
        runs[number] = str(run.id)
        shared = {"build_index": steps[1]["build_index"]} if steps else {}
        steps[number] = shared | _make_steps(name, runs[number], number, with_index=not shared)
        dag = {step: {"executed": task} for step, task in steps[number].items()}
        item = {"name": "Pipeline", "value": json.dumps(dag), "type": "dictionary"}
        call("tasks.edit_configuration", task=run.id, configuration=[item], replace_configuration=False, force=True)
        put_records(run.id, "iteration", IterationResult, [result_of_iteration(number, runs[number])])
        call("tasks.completed", task=run.id)
    return OldProject(name=name, runs=runs, steps=steps)


def _make_steps(name: str, run: str, number: int, *, with_index: bool) -> dict[str, str]:
    judged = JUDGED[number]
    kinds = records_of({judged: SCORES[judged]})
    made = {"write_prompts": open_task(name, "write_prompts"), "answer_questions": open_task(name, "answer_questions")}
    put_records(made["write_prompts"], "prompts", Prompt, [*kinds["prompts"][1], A_PROMPT, EXTRACT])
    put_records(made["write_prompts"], "variants", Variant, [*kinds["variants"][1], A])
    put_records(made["answer_questions"], "questions", Question, list(QUESTIONS))
    put_records(made["answer_questions"], "answers", Answer, answers_of(judged))
    made["review"] = str(open_task(name, "review"))
    call("tasks.edit", task=made["review"], type="qc", tags=["redraft-records", "redraft-review"], force=True)
    put_records(made["review"], "ratings", Rating, _ratings(number))
    made["score_prompts"] = open_task(name, "score_prompts")
    kind = "reject" if number == 1 else "promote"
    put_records(made["score_prompts"], "decisions", Decision, [decision(kind, judged, float(number), iteration=number)])
    if with_index:
        made["build_index"] = _index(name)
    for task in made.values():
        call("tasks.edit", task=task, parent=run, force=True)
        call("tasks.completed", task=task)
    return made


def _ratings(number: int) -> list[Rating]:
    """Two people's ratings, one of which is superseded by a later one."""
    given = ratings_of(JUDGED[number], SCORES[JUDGED[number]])
    first = given[0]
    again = Rating(
        id=f"{first.id}-again", review_key=first.review_key, answer_id=first.answer_id, reviewer=first.reviewer,
        score=1, comment="On second thoughts.", created=first.created + 1000.0, supersedes=first.id,
    )  # fmt: skip
    return [*given, again]


def _index(name: str) -> str:
    task = open_task(name, "build_index")
    for key, value in {"embedder": "e m", "index_id": "i-1", "dataset_id": "dataset-1"}.items():
        item = {"section": "Out", "name": key, "value": value}
        call("tasks.edit_hyper_params", task=task, hyperparams=[item], replace_hyperparams="none", force=True)
    call("tasks.edit", task=task, runtime={"pipeline_job_hash": f"hash of {name}", "other": "kept"}, force=True)
    put_records(task, "chunks", Chunk, [])
    put_records(task, "index", Chunk, [])
    return task


def result_of_iteration(number: int, run: str) -> IterationResult:
    """What an iteration came to."""
    judged = JUDGED[number]
    mean = float(SCORES[judged])
    return IterationResult(
        iteration=number, variant_id=judged.id, mean=mean, low=mean - 0.5, high=mean + 0.5, n_ratings=12,
        citations_valid=1.0, refusals_right=None, tokens=100, seconds=1.0, task_id=run, decision=f"decided {number}",
        published_id=None if number == 1 else judged.id, prompt="Please explain.",
    )  # fmt: skip
