"""What two iterations are compared by: the same names and titles, and questions that line up."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from clearml import Task
from judged_project import B_PROMPT, EXTRACT, QUESTIONS, SEED, SEED_PROMPT, B, decision
from test_summary import finish, make_run, make_steps, step

from redraft.records import Question, Rating
from redraft.tracking.artifacts import get_records
from redraft.tracking.comparison import questions_table
from redraft.tracking.server import call
from redraft.tracking.step import configuration_text
from redraft.tracking.summary import read_report, report_run

PROMOTED = decision("promote", B, 1.0, current=SEED)


def plots(run: Task) -> dict[tuple[str, str], Any]:
    run.flush(wait_for_uploads=True)
    found = call("events.get_task_plots", task=run.id)["plots"]
    return {(plot["metric"], plot["variant"]): json.loads(plot["plot_str"])["data"][0] for plot in found}


def without_ratings_of(project: str, run: Task, steps: dict[str, str], question: Question) -> dict[str, str]:
    """The same steps, but that nobody rated this question's answers."""
    answers = {a.id for a in read_report(steps, 1).answers if a.question_id == question.id}
    kept = [r for r in get_records(steps["review"], "ratings", Rating) if r.answer_id not in answers]
    return {**steps, "review": finish(step(project, "review", run), ratings=(Rating, kept))}


def test_every_iteration_shows_all_questions_in_the_order_of_the_set_rated_or_not(project: str) -> None:
    first, second = make_run(project, 1), make_run(project, 2)
    steps = make_steps(project, first, index_of=first, decisions=[PROMOTED])
    fewer = without_ratings_of(project, second, steps, QUESTIONS[1])
    report_run(first, steps, 1)
    report_run(second, fewer, 2)

    one, other = plots(first), plots(second)
    assert one.keys() == other.keys() >= {("rating per question", "new"), ("rating per question", "current")}
    bars = [found["rating per question", "new"] for found in (one, other)]
    assert bars[0]["x"] == bars[1]["x"] == [f"{n}. {q.text}" for n, q in enumerate(QUESTIONS, start=1)]
    assert bars[1]["y"][1] is None
    assert bars[1]["y"][0] == bars[0]["y"][0] > one["rating per question", "current"]["y"][0]

    table = questions_table(read_report(fewer, 2))
    assert list(table["question"]) == [question.text for question in QUESTIONS]
    assert list(table["ratings"]) == [4, 0, 4, 4, 4, 4]
    assert table["new"].isna().tolist() == table["change"].isna().tolist() == [False, True, *[False] * 4]


def test_a_second_new_variant_is_called_alike_in_every_iteration(project: str) -> None:
    run = make_run(project, 1)
    steps = make_steps(project, run, index_of=run, decisions=[PROMOTED])
    other = dataclasses.replace(read_report(steps, 1), current_id="v-none-of-them")
    from redraft.tracking.comparison import _all_sides

    assert _all_sides(other) == {"new": B.id, "current": "v-none-of-them", "new 2": SEED.id}


def test_both_prompts_stand_on_the_task_with_one_sentence_a_line(project: str) -> None:
    run = make_run(project, 1)
    report_run(run, make_steps(project, run, index_of=run, decisions=[PROMOTED]), 1)
    assert configuration_text(run.id, "answer_prompt").splitlines() == ["Please explain.", "Answer in two sentences."]
    assert configuration_text(run.id, "extract_prompt") == EXTRACT.text
    assert SEED_PROMPT.text != B_PROMPT.text


def test_the_ids_of_all_that_the_iteration_is_about_are_hyperparameters(project: str) -> None:
    run = make_run(project, 1)
    steps = make_steps(project, run, index_of=run, decisions=[PROMOTED])
    for name, parameters in {
        "build_index": {"Out/dataset_id": "dataset-1", "Out/index_id": "i-1"},
        "write_prompts": {"Args/history_hash": "h-1", "Args/questions_hash": "qs-1", "Args/chat_model": "m"},
        "answer_questions": {"Out/review_key": "r-1"},
    }.items():
        items = [
            {"section": key.split("/")[0], "name": key.split("/")[1], "value": value}
            for key, value in parameters.items()
        ]
        call("tasks.edit_hyper_params", task=steps[name], hyperparams=items, replace_hyperparams="none", force=True)
    report_run(run, steps, 1)
    shown = call("tasks.get_by_id", task=run.id)["task"]["hyperparams"]["Ids"]
    assert {name: item["value"] for name, item in shown.items()} == {
        "variant": B.id,
        "current_variant": SEED.id,
        "answer_prompt": B_PROMPT.id,
        "extract_prompt": EXTRACT.id,
        "docs_version": "dataset-1",
        "index": "i-1",
        "review": "r-1",
        "history_hash": "h-1",
        "questions_hash": "qs-1",
        "chat_model": "m",
    }
