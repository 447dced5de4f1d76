"""What an iteration found and cost, put together from its steps and shown on its pipeline task."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

import pytest
from clearml import Task
from judged_project import (
    B_PROMPT,
    EXTRACT,
    QUESTIONS,
    SEED,
    SEED_PROMPT,
    THEME,
    B,
    C,
    answers_of,
    decision,
    open_task,
    ratings_of,
    tags_of,
)

from redraft.records import (
    Answer,
    Checks,
    Decision,
    EditEffect,
    Evidence,
    LlmCall,
    PlanItem,
    Prompt,
    Question,
    Rating,
    Theme,
    Variant,
    VariantScore,
    make_prompt,
)
from redraft.tracking.artifacts import put_records
from redraft.tracking.reports import answers_table, ratings_table, summary
from redraft.tracking.server import call
from redraft.tracking.summary import read_report, report_run

PROMOTED = decision("promote", B, 1.0, current=SEED, evidence="New prompt is better; promoted.")
STOP = decision("stop", SEED, 2.0, current=SEED, evidence="Stop: little is left to gain.")


EFFECTS = [
    EditEffect(
        variant_id=variant_id, parent_id="v-parent", theme_id=THEME.id, sentence=sentence,
        question_ids=(QUESTIONS[0].id,),
        difference=0.5, low=-0.25, high=1.25, n_ratings=6,
    )
    for variant_id, sentence in ((B.id, "Answer in two sentences."), ("v-earlier", "A sentence of an earlier variant."))
]  # fmt: skip


def calls(step: str, tokens: int) -> list[LlmCall]:
    return [LlmCall(step=step, kind="answer", model="m", messages=(), reply="", tokens_in=tokens, cost_usd=0.01)]


def finish(task_id: str, **records: tuple[type[Any], list[Any]]) -> str:
    for name, (kind, rows) in records.items():
        put_records(task_id, name, kind, rows)
    call("tasks.completed", task=task_id)
    return task_id


def step(project: str, name: str, run: Task | None, **results: str) -> str:
    task = open_task(project, name)
    Task.get_task(task_id=task).set_parameters(
        {f"Out/{key}": value for key, value in results.items()} or {"Args/x": "1"}
    )
    if run is not None:
        call("tasks.edit", task=task, parent=run.id, force=True)
    return task


def make_run(project: str, iteration: int) -> Task:
    run = Task.create(
        project_name=f"{project}/.pipelines/improve prompt", task_name=f"run #{iteration}", task_type="controller"
    )
    run.set_parameter("Args/iteration", iteration)
    call("tasks.started", task=run.id)
    return run


def make_steps(
    project: str,
    run: Task,
    *,
    index_of: Task | None,
    decisions: list[Decision],
    seconds: float | None = 30.0,
    again: Sequence[Answer] = (),
) -> dict[str, str]:
    """Make the finished steps of a run; `index_of` is the run that made the index, `again` what is rated again."""
    letters = {SEED.id: "A", B.id: "B"}
    judged = [
        dataclasses.replace(answer, checks=Checks(citations_valid=1.0)) for e in (SEED, B) for answer in answers_of(e)
    ]
    ratings = [
        dataclasses.replace(r, seconds=seconds) for each, score in ((SEED, 2), (B, 4)) for r in ratings_of(each, score)
    ]
    ratings += [dataclasses.replace(ratings[0], id=f"rt-{answer.id}", answer_id=answer.id) for answer in again]
    plan = [
        PlanItem(
            review_key="r-1", answer_id=answer.id, letter=letters[answer.variant_id], reviewer_slot=0, position=0,
            role="anchor" if answer in again else "new",
        )
        for answer in (*judged, *again)
    ]  # fmt: skip
    score = VariantScore(variant_id=B.id, mean=4.0, low=3.5, high=4.5, n_ratings=12)
    return {
        "build_index": finish(step(project, "build_index", index_of), calls=(LlmCall, calls("build_index", 1000))),
        "write_prompts": finish(
            step(project, "write_prompts", run, current_id=SEED.id, new_ids=B.id, compared_ids=B.id),
            prompts=(Prompt, [SEED_PROMPT, B_PROMPT, EXTRACT]),
            variants=(Variant, [SEED, B]),
            themes=(Theme, [THEME]),
            calls=(LlmCall, calls("write_prompts", 20)),
        ),
        "answer_questions": finish(
            step(project, "answer_questions", run),
            answers=(Answer, [*judged, *again]),
            plan=(PlanItem, plan),
            questions=(Question, list(QUESTIONS)),
            calls=(LlmCall, calls("answer_questions", 3)),
        ),
        "review": finish(step(project, "review", run), ratings=(Rating, ratings)),
        "score_prompts": finish(
            step(project, "score_prompts", run),
            scores=(VariantScore, [score]),
            effects=(EditEffect, EFFECTS),
            decisions=(Decision, decisions),
        ),
    }


def test_the_cost_is_a_figure_of_the_result_and_a_sentence_on_the_task(project: str) -> None:
    run = make_run(project, 1)
    steps = make_steps(project, run, index_of=run, decisions=[PROMOTED])
    result = report_run(run, steps, 1)
    assert (result.minutes, result.tokens) == (12.0, 1023)
    assert result.cost_usd == pytest.approx(0.03)
    assert result.cost == "This iteration cost 24 ratings, 12 minutes of people's time, 1,023 tokens, 0.03 USD."
    task = call("tasks.get_by_id", task=run.id)["task"]
    assert task["hyperparams"]["Result"]["cost"]["value"] == result.cost
    assert task["comment"] == f"{PROMOTED.evidence}\n{result.cost}"


def test_the_task_shows_what_people_asked_for_and_what_the_new_edits_did(project: str) -> None:
    run = make_run(project, 1)
    steps = make_steps(project, run, index_of=run, decisions=[PROMOTED])
    run.close()  # as the SDK's controller does with its own: nothing that it was told afterwards arrived
    report_run(run, steps, 1)
    found = call("events.get_task_plots", task=run.id)["plots"]
    plots = {plot["metric"]: plot["plot_str"] for plot in found}
    assert THEME.text in plots["themes"]
    assert "Answer in two sentences." in plots["edits"]
    assert "earlier variant" not in plots["edits"]
    samples = call("events.debug_images", metrics=[{"task": run.id, "metric": "answers"}], iters=100)["metrics"]
    assert samples[0]["iterations"]
    values = call("events.get_task_single_value_metrics", tasks=[run.id])["tasks"][0]["values"]
    assert "rating mean" in {value["variant"] for value in values}


def test_time_that_no_rating_has_is_said_to_be_unknown(project: str) -> None:
    run = make_run(project, 1)
    result = report_run(run, make_steps(project, run, index_of=run, decisions=[PROMOTED], seconds=None), 1)
    assert result.minutes is None
    assert "an unknown amount of people's time" in result.cost


def test_an_index_from_the_cache_was_paid_for_by_the_iteration_that_made_it(project: str) -> None:
    run = make_run(project, 2)
    steps = make_steps(project, run, index_of=make_run(project, 1), decisions=[PROMOTED])
    assert sum(made.tokens_in for made in read_report(steps, 2).calls) == 23
    again = {
        **steps,
        "build_index": make_steps(project, run, index_of=make_run(project, 2), decisions=[])["build_index"],
    }
    assert sum(made.tokens_in for made in read_report(again, 2).calls) == 1023


def test_an_index_made_by_hand_counts(project: str) -> None:
    steps = make_steps(project, make_run(project, 2), index_of=None, decisions=[PROMOTED])
    assert sum(made.tokens_in for made in read_report(steps, 2).calls) == 1023


@pytest.mark.parametrize("decisions", [[PROMOTED, STOP], [STOP, PROMOTED]])
def test_a_stop_beside_the_decision_is_told_apart_from_it(project: str, decisions: list[Decision]) -> None:
    run = make_run(project, 1)
    report = read_report(make_steps(project, run, index_of=run, decisions=decisions), 1)
    assert (report.decision, report.stopped) == (PROMOTED, STOP.evidence)
    assert report.outcome.splitlines()[:2] == [PROMOTED.evidence, STOP.evidence]


def test_answers_that_were_rated_again_are_no_figures_of_this_iteration(project: str) -> None:
    """An old answer of the seed variant and one of the variant that is new again; both cite nothing that exists."""
    run = make_run(project, 1)
    bad = Checks(citations_valid=0.0, refused=True, refusal_right=False)
    again = [dataclasses.replace(answers_of(each)[0], id=f"a-{each.id}", sample=9, checks=bad) for each in (SEED, B)]
    steps = make_steps(project, run, index_of=run, decisions=[PROMOTED], again=again)

    report = read_report(steps, 1)

    assert report.anchors == {answer.id for answer in again}
    assert len(report.own_answers) == len(report.answers) - 2
    values = summary(report)
    assert (values["citations valid"], values["over-refusals"], values["answers failed"]) == (1.0, 0.0, 0.0)
    assert report.letters == {SEED.id: "A", B.id: "B"}
    shown = answers_table(report)
    assert list(shown["question"][:4]) == [QUESTIONS[0].text] * 4
    assert list(shown["letter"][:4]) == ["A", "A", "B", "B"]
    assert list(ratings_table(report)["letter"].value_counts().sort_index()) == [13, 13]


def test_the_table_of_ratings_numbers_people_and_does_not_name_them(project: str) -> None:
    run = make_run(project, 1)
    report = read_report(make_steps(project, run, index_of=run, decisions=[PROMOTED]), 1)
    by_name = sorted((rating.reviewer, rating.score) for rating in report.ratings)
    shown = ratings_table(report)
    assert sorted(zip(shown["reviewer"], shown["score"], strict=True)) == [
        ({"Ann": 1, "Ben": 2}[name], score) for name, score in by_name
    ]


def evidence(of: Variant) -> Evidence:
    return Evidence(
        difference=0.6, low=0.1, high=1.1, interval=0.9, p_better=0.94, p_best=0.9, n_ratings=24, expected_gain=0.2,
        variant_id=of.id,
    )  # fmt: skip


def test_differences_that_are_of_an_earlier_variant_are_no_figures_of_the_new_one(project: str) -> None:
    run = make_run(project, 1)

    def shown(of: Variant) -> dict[str, float]:
        decided = dataclasses.replace(PROMOTED, figures=evidence(of))
        return summary(read_report(make_steps(project, run, index_of=run, decisions=[decided]), 1))

    assert (shown(B)["difference"], shown(B)["expected gain of one more"]) == (0.6, 0.2)
    assert "difference" not in shown(C)
    assert shown(C)["expected gain of one more"] == 0.2


def test_the_prompt_that_is_shown_is_of_the_kind_that_was_improved(project: str) -> None:
    run = make_run(project, 1)
    report = read_report(make_steps(project, run, index_of=run, decisions=[PROMOTED]), 1)
    assert report.prompt == B_PROMPT.text

    better_extract = make_prompt("extract", "Copy out what helps, with its heading.")
    new = dataclasses.replace(report.variants[SEED.id], id=B.id, extract_prompt_id=better_extract.id)
    of_extract = dataclasses.replace(
        report,
        variants={**report.variants, B.id: new},
        prompts={**report.prompts, better_extract.id: better_extract.text},
    )
    assert of_extract.prompt == better_extract.text


def test_labels_that_the_score_step_could_not_write_are_written_at_the_end_of_the_run(project: str) -> None:
    run = make_run(project, 1)
    steps = make_steps(project, run, index_of=run, decisions=[PROMOTED])
    project_id = call("projects.get_all", name=f"^{project}$", only_fields=["id"])["projects"][0]["id"]
    for each in (SEED, B):
        call("models.create", name=f"prompt {each.id}", uri="x", project=project_id, tags=["redraft-prompt"])
    report_run(run, steps, 1)
    assert tags_of(project) == {SEED.id: ["previous"], B.id: ["current"]}
