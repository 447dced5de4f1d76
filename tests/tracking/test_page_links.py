"""Who opens a review or a run in ClearML's interface finds the way to the review page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from clearml import PipelineController, Task
from queue_names import SERVICES_QUEUE
from review_world import make_review, make_run, parameters, server_task, shared_answers

from redraft.config import load_config
from redraft.errors import InputError, LaunchError
from redraft.tracking.doctor.finding import Subject
from redraft.tracking.doctor.page import PAGE
from redraft.tracking.drafts import review_draft
from redraft.tracking.inbox import OpenReview
from redraft.tracking.page_links import ADDRESS, PAGE_TAG, announce_open_reviews, page_address, set_address
from redraft.tracking.page_service import QUEUE, place_of_page, start_page, wake_page
from redraft.tracking.queues import ensure_queues
from redraft.tracking.server import call
from redraft.tracking.service_task import service_task
from redraft.tracking.step import why_ended

URL = "https://qa.example.com"


class Pipe:
    """What the review's factory needs of a controller, at a step whose references are resolved."""

    def __init__(self, task: Task) -> None:
        self.task = task

    def _parse_step_ref(self, value: str) -> str:
        return value


def link_on(task_id: str) -> str:
    """The link that is written on a task."""
    properties: Mapping[str, Any] = server_task(task_id)["hyperparams"].get("properties") or {}
    return str(properties.get(ADDRESS, {}).get("value") or "")


def made_review(run: Task, project: str, setting: str) -> str:
    """Make a run's review as its controller does."""
    node = PipelineController.Node(name="review", parameters=parameters(project, shared_answers()))
    return str(review_draft(Pipe(run), setting)(node).id)


def running_page(project: str, address: str) -> str:
    """A page that an agent serves."""
    task_id = service_task(project, name="review page", tag=PAGE_TAG)
    ensure_queues()
    item = {"section": "Args", "name": QUEUE, "value": SERVICES_QUEUE}
    call("tasks.edit_hyper_params", task=task_id, hyperparams=[item], replace_hyperparams="none")
    call("tasks.started", task=task_id)
    set_address(task_id, address)
    return task_id


def test_a_new_review_and_its_run_say_where_people_rate(project: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REDRAFT_PAGE_URL", f"{URL}/")
    run = make_run(project)

    review = made_review(run, project, "")

    link = f"{URL}/review?review={review}"
    assert [link_on(review), link_on(run.id)] == [link, link]
    assert [server_task(task_id)["comment"] for task_id in (review, run.id)] == [f"Review page: {link}"] * 2


def test_what_is_written_there_is_no_reason_why_a_task_ended(project: str) -> None:
    run = make_run(project)
    review = made_review(run, project, URL)
    call("tasks.stopped", task=review, force=True, status_message="no reviewers")
    call("tasks.update", task=run.id, comment="the model refused")

    made_review(run, project, URL)

    assert why_ended(server_task(review)) == "no reviewers"
    assert server_task(run.id)["comment"] == "the model refused"


def test_without_a_known_page_nothing_is_written(project: str) -> None:
    run = make_run(project)

    review = made_review(run, project, "")

    assert [link_on(review), link_on(run.id)] == ["", ""]


def test_the_page_that_an_agent_serves_is_found_until_it_ends(project: str) -> None:
    task_id = running_page(project, "http://agent:8501")

    assert page_address(project, URL, {}) == "http://agent:8501"
    assert page_address(project, URL, {"REDRAFT_PAGE_URL": "https://proxy/"}) == "https://proxy"
    call("tasks.stopped", task=task_id)
    assert page_address(project, URL, {}) == URL


def test_the_doctor_looks_at_the_page_that_an_agent_serves(project: str) -> None:
    subject = Subject(config=load_config(), project=project, environ={})
    assert PAGE.look(subject).warning
    running_page(project, "http://127.0.0.1:9")

    with pytest.raises(LaunchError, match=r"nothing answers at http://127\.0\.0\.1:9"):
        PAGE.look(subject)


def test_a_page_that_starts_is_written_on_the_reviews_that_were_open_before(project: str) -> None:
    run = make_run(project)
    review: OpenReview = make_review(project, parent=run.id)

    announce_open_reviews(project, URL)

    assert link_on(review.task_id) == link_on(run.id) == f"{URL}/review?review={review.task_id}"


@pytest.mark.parametrize(
    ("action", "fields", "woken"),
    [
        ("stopped", {"status_reason": "user abort", "status_message": "Changed by clearml-agent m:0"}, True),
        ("stopped", {"status_message": "Forced stop (non-responsive)"}, True),
        ("failed", {"status_reason": "worker execution exit code -9", "status_message": "Changed by a"}, True),
        ("failed", {"status_reason": "redraft", "status_message": "REDRAFT_PAGE_PORT must be a port"}, False),
        ("stopped", {"status_reason": "task was stopped by tasks.stop", "status_message": "Changed by a"}, False),
        ("stopped", {}, False),
    ],
)
def test_a_page_comes_back_when_its_agent_ended_and_not_when_a_person_stopped_it(
    project: str, action: str, fields: dict[str, str], woken: bool
) -> None:
    task_id = running_page(project, URL)
    call(f"tasks.{action}", task=task_id, **fields)

    assert wake_page(project) is woken

    assert (server_task(task_id)["status"] == "queued") is woken


def test_a_page_that_is_served_is_left_alone(project: str) -> None:
    task_id = running_page(project, URL)

    assert not wake_page(project)
    assert start_page(project, load_config(), "", "any", services_mode=True) == (task_id, False)


def test_a_page_for_a_queue_that_nobody_serves_is_refused(project: str) -> None:
    template = make_run(project).id

    with pytest.raises(LaunchError, match="there is no queue 'nobodys'"):
        start_page(project, load_config(), template, "nobodys", services_mode=False)


def test_a_port_that_is_none_is_refused_before_anything_is_started() -> None:
    with pytest.raises(InputError, match="REDRAFT_PAGE_PORT must be a port from 1 to 65535, got 'http'"):
        place_of_page({"HOME": "/", "REDRAFT_PAGE_PORT": "http"}, host_name="here")


def test_what_the_page_keeps_lies_outside_the_clone_that_an_agent_deletes() -> None:
    assert place_of_page({"HOME": "/home/me"}, host_name="here").folder == Path("/home/me/.redraft")
    assert place_of_page({"REDRAFT_HOME": "/kept"}, host_name="here").folder == Path("/kept")
