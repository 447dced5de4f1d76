"""The call log on tasks: a table that the page can draw, samples that it lines up, and a search over all of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from clearml import Task
from review_world import ANSWERS, QUESTIONS, make_run
from spending_world import made, run_of, spend, spend_and_fail, step_of

from redraft.config import load_config, section_text
from redraft.errors import InputError, ModelUnavailable
from redraft.records import Chunk, LlmCall
from redraft.tracking.call_report import calls_table, recorded, report_samples, sample_page
from redraft.tracking.call_search import calls_of_run, check_kind, excerpts, matching
from redraft.tracking.server import call
from redraft.tracking.step import CONFIG_OBJECT
from redraft.tracking.tables import shown

CHUNK = Chunk(id="c-1", document_path="page.md", heading_path="Page", text="Use <b> & <script>.", ordinal=0)


def events_of(task: Task, kind: str) -> list[dict[str, Any]]:
    task.get_logger().flush(wait=True)
    if kind == "plot":
        return list(call("events.get_task_plots", task=task.id, iters=100)["plots"])
    found = call("events.debug_images", metrics=[{"task": task.id, "metric": "answers"}], iters=100)
    return [event for metric in found["metrics"] for row in metric["iterations"] for event in row["events"]]


def test_the_table_shows_failed_calls_first_and_no_more_than_the_page_can_draw() -> None:
    calls = [made(number, text="x" * 1000) for number in range(300)]
    calls.append(replace(made(7), error="timed out"))
    table = shown(calls_table(calls))
    assert (len(table), table["error"][0], table["tokens in"][1]) == (200, "timed out", 0)
    assert max(len(text) for text in table["asked"]) == 300


def test_a_steps_calls_are_a_table_on_its_task(project: str) -> None:
    step = step_of(run_of(project))
    spend(step, 5)
    assert [plot["metric"] for plot in events_of(step.task, "plot")] == ["model calls"]


def test_samples_have_the_questions_number_as_iteration_and_the_side_as_series(project: str) -> None:
    run = run_of(project)
    task = Task.get_task(task_id=run.id)
    report_samples(task, {"new": ANSWERS, "current": ANSWERS[1:2]}, QUESTIONS, {"c-1": CHUNK})
    found = sorted((event["variant"], event["iter"]) for event in events_of(task, "sample"))
    assert found == [("current", 1), ("new", 0), ("new", 1), ("new", 2)]


def test_a_sample_runs_nothing_that_a_model_or_document_wrote() -> None:
    answer = replace(ANSWERS[0], text="<img src=x onerror=alert(1)> the-secret")
    page = sample_page(QUESTIONS[0], answer, [CHUNK], lambda text: text.replace("the-secret", "***"))
    assert "&lt;img src=x onerror=alert(1)&gt; ***" in page
    assert "Use &lt;b&gt; &amp; &lt;script&gt;." in page
    assert "<img" not in page
    assert "<script" not in page


def test_personal_data_is_masked_in_log_table_and_samples_alike(project: str) -> None:
    run = make_run(project, status="created")
    config = load_config()
    masked = replace(config, call_log=replace(config.call_log, mask=(r"\w+@\w+\.org",)))
    run.set_configuration_object(CONFIG_OBJECT, config_text=section_text(masked), config_type="yaml")
    call("tasks.started", task=run.id)
    step = step_of(run)
    with recorded(step) as calls:
        calls.add(made(1, text="Write to ann@example.org"))
    assert calls_of_run(run.id)[0].messages == (("user", "Write to ***"),)
    assert "ann@" not in str(events_of(step.task, "plot"))


def test_all_calls_of_a_run_are_found_those_of_failed_attempts_too(project: str) -> None:
    run = run_of(project)
    spend(step_of(run, "write_prompts"), 1)
    with pytest.raises(ModelUnavailable):
        spend_and_fail(step_of(run), 2)
    assert sorted(found.tokens_in for found in calls_of_run(run.id)) == [1, 2]


def test_a_text_is_found_in_messages_reply_error_and_ids_whatever_its_case() -> None:
    calls = [
        made(1, text="How do I EXPORT it?"),
        replace(made(2), reply="Export it."),
        replace(made(3), error="export failed"),
        replace(made(4), question_id="q-export"),
        made(5),
        replace(made(6, text="export"), kind="judge"),
    ]
    assert [found.tokens_in for found in matching(calls, text="export", kind="answer")] == [1, 2, 3, 4]
    assert excerpts(calls[0], "export") == [("user", "How do I EXPORT it?")]
    assert excerpts(made(1, text="a\n" * 100 + "export" + "\nb" * 100), "export")[0][1].startswith("... a a")


def test_a_kind_that_no_call_has_is_refused_with_those_that_there_are() -> None:
    with pytest.raises(InputError, match=r"no call is of kind 'anser'\. Give one of answer, judge"):
        check_kind([made(1), replace(made(1), kind="judge")], "anser")
    check_kind(list[LlmCall](), "answer")
