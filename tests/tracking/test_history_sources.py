"""What a project learns from: every task that holds records, each once; what people said is never left out."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
from clearml import Task
from review_world import Died, by_id, die_after, make_answers, make_review, rate, ratings_by, shared_answers

from redraft.errors import RecordError, ServerUnavailable
from redraft.jsonl import to_dict
from redraft.records import Decision, Evidence, VariantScore, make_prompt
from redraft.records import Prompt as PromptRecord
from redraft.tracking.artifacts import artifact_urls, get_file, put_file, put_records
from redraft.tracking.closing import LEASE_S, close_review
from redraft.tracking.history import find_sources, load_history, record_decision, sources_hash
from redraft.tracking.server import call
from redraft.tracking.step import RECORDS_TAG


def decision(number: int) -> Decision:
    return Decision(
        id=f"d-{number}",
        kind="promote",
        variant_id=f"v-{number}",
        current_id=None,
        evidence="Better.",
        author="Ann",
        created=float(number),
    )


def made(project: str, name: str, status: str, *, tagged: bool = True) -> str:
    task = Task.create(project_name=project, task_name=name, task_type="training")
    if tagged:
        task.set_tags([RECORDS_TAG])
    call("tasks.started", task=task.id)
    put_records(task.id, "prompts", PromptRecord, [make_prompt("answer", name)])
    if status != "in_progress":
        call(f"tasks.{status}", task=task.id)
    return str(task.id)


def test_a_project_that_does_not_exist_has_no_history(project: str) -> None:
    assert find_sources(project) == []
    assert load_history([]).ratings == ()


def test_steps_count_once_completed_and_oldest_first(project: str) -> None:
    done = [made(project, "one", "completed"), made(f"{project}/.pipelines/improve prompt", "two", "completed")]
    for status in ("failed", "stopped", "in_progress"):
        made(project, f"not {status}", status)
    made(project, "not tagged", "completed", tagged=False)
    made(f"{project}-other", "of another project", "completed")
    assert find_sources(project) == done
    assert {prompt.text for prompt in load_history(done).prompts.values()} == {"one", "two"}


def test_completed_and_stopped_reviews_are_united_and_open_ones_wait(project: str) -> None:
    closed, cancelled, failed, waiting = (make_review(project, iteration=number) for number in range(4))
    given = rate(closed, "Ann", 5, 4) + rate(closed, "Ben", 1)
    close_review(closed)
    given += rate(cancelled, "Cleo", 2) + rate(cancelled, "Dan", 3, 3)
    call("tasks.stopped", task=cancelled.task_id)
    given += rate(failed, "Eve", 4)
    call("tasks.failed", task=failed.task_id, force=True)
    rate(waiting, "Finn", 1)
    assert find_sources(project) == [closed.task_id, cancelled.task_id, failed.task_id]
    assert by_id(load_history(find_sources(project)).ratings) == by_id(given)


def test_a_rating_that_came_after_a_dead_closers_merge_counts_when_the_review_is_then_stopped(project: str) -> None:
    """Two closers died; between them the review was open again; then somebody gave up on it."""
    review = make_review(project)
    given = rate(review, "Ann", 5)
    with pytest.raises(Died):
        close_review(review, clock=lambda: 0.0, between=die_after("ratings"))

    def between(step: str) -> None:
        if step == "remove_task":
            given.extend(rate(review, "Ben", 2))
        die_after("started")(step)

    with pytest.raises(Died):
        close_review(review, clock=lambda: LEASE_S + 1, between=between)
    call("tasks.stopped", task=review.task_id)
    assert len(given) == 2
    assert by_id(load_history(find_sources(project)).ratings) == by_id(given)


def test_reading_a_source_twice_changes_nothing(project: str) -> None:
    review = make_review(project)
    given = rate(review, "Ann", 5)
    close_review(review)
    assert load_history([review.task_id] * 2) == load_history([review.task_id])
    assert list(load_history([review.task_id]).ratings) == given


def test_the_plan_and_the_answers_of_a_review_come_with_their_step(project: str) -> None:
    history = load_history([make_answers(project)])
    assert (len(history.answers), len(history.questions), len(history.plan)) == (3, 3, 6)


def test_artifacts_of_other_kinds_are_left_alone(project: str) -> None:
    task = Task.create(project_name=project, task_name="score_prompts")
    score = VariantScore(variant_id="v", mean=3.0, low=2.0, high=4.0, n_ratings=2)
    put_records(task.id, "scores", VariantScore, [score])
    put_records(task.id, "ratings-like-but-not", VariantScore, [])
    call("tasks.delete_artifacts", task=task.id, artifacts=[{"key": "ratings-like-but-not", "mode": "output"}])
    assert load_history([task.id]).records() == []


def test_a_decision_is_a_task_of_its_own_and_the_last_promotion_is_current(project: str) -> None:
    ids = [record_decision(project, decision(number)) for number in (1, 2)]
    assert find_sources(project) == ids
    history = load_history(reversed(ids))
    assert list(history.decisions) == [decision(1), decision(2)]
    assert history.current_variant_id == "v-2"


def test_a_decision_that_could_not_be_recorded_leaves_no_task_in_progress_and_no_entry(project: str) -> None:
    made: list[str] = []

    def away(task_id: str) -> None:
        made.append(task_id)
        raise ServerUnavailable("the files server is away")

    with pytest.raises(ServerUnavailable):
        record_decision(project, decision(1), meanwhile=away)
    task = call("tasks.get_by_id", task=made[0])["task"]
    assert (task["status"], task["status_message"]) == ("failed", "not recorded: the files server is away")
    assert find_sources(project) == []


def test_sources_are_named_by_content_not_by_order() -> None:
    assert sources_hash(["a", "b"]) == sources_hash(["b", "a"]) != sources_hash(["a"])


def test_a_rating_given_again_in_a_later_review_replaces_the_earlier(project: str) -> None:
    review = make_review(project, answers_task=shared_answers())
    rate(review, "Ann", 5)
    rate(review, "Ann", 1, session="2")
    close_review(review)
    kept = load_history([review.task_id]).ratings
    assert len(kept) == 1
    assert kept[0] in ratings_by("Ann", 5) + ratings_by("Ann", 1, session="2")


def decisions_task(project: str, folder: Path, schema: object, *decisions: Decision, without: str = "") -> str:
    """A finished task whose file of decisions has this schema version; its id."""
    rows = [{name: value for name, value in to_dict(each).items() if name != without} for each in decisions]
    lines: list[Any] = [{"redraft": "Decision", "schema": schema}, *rows]
    path = folder / f"decisions {schema}.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    task = Task.create(project_name=project, task_name=f"decision of version {schema}", task_type="custom")
    task.set_tags([RECORDS_TAG])
    call("tasks.started", task=task.id)
    put_file(task.id, "decisions", path)
    call("tasks.completed", task=task.id)
    return str(task.id)


def test_histories_of_two_schema_versions_load_into_one_in_any_order(project: str, tmp_path: Path) -> None:
    figures = Evidence(difference=0.6, low=0.1, high=1.1, interval=0.9, p_better=0.94, p_best=0.9, n_ratings=24)
    new = dataclasses.replace(decision(2), figures=figures)
    ids = [
        decisions_task(project, tmp_path, 1, decision(1), without="figures"),
        decisions_task(project, tmp_path, 2, new),
    ]
    assert find_sources(project) == ids
    history = load_history(ids)
    assert history.decisions == (decision(1), new)
    assert load_history(reversed(ids)) == history == load_history(ids[:1]).merge(load_history(ids[1:]))


def test_a_record_that_both_versions_have_is_one(project: str, tmp_path: Path) -> None:
    ids = [decisions_task(project, tmp_path, version, decision(1)) for version in (1, 2)]
    assert load_history(ids).decisions == (decision(1),)


@pytest.mark.parametrize("version", [99, "1", None, -1, True])
def test_a_history_of_another_version_is_refused_by_name_and_nothing_is_lost(
    project: str, tmp_path: Path, version: object
) -> None:
    good = decisions_task(project, tmp_path, 1, decision(1), without="figures")
    bad = decisions_task(project, tmp_path, version, decision(2))
    before = get_file(artifact_urls(bad)["decisions"]).read_bytes()

    with pytest.raises(RecordError) as error:
        load_history(find_sources(project))

    found = "no schema version" if version is None else f"schema version {version!r}"
    assert str(error.value) == (
        f"decisions of task {bad}: {found}, this Redraft reads 1 and 2. "
        "Use the version of Redraft that wrote it, or a newer one; the file stays as it is."
    )
    assert get_file(artifact_urls(bad)["decisions"]).read_bytes() == before
    assert find_sources(project) == [good, bad]
    assert load_history([good]).decisions == (decision(1),)
