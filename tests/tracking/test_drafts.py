"""A run that is started again takes up the review that is open: whatever happens meanwhile, one review, all ratings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from clearml import PipelineController, Task
from clearml.automation.job import BaseJob
from interruptions import calls_of, interrupted
from queue_names import REVIEW_QUEUE
from review_world import (
    Died,
    attempt,
    by_id,
    die_after,
    make_answers,
    make_review,
    make_run,
    merged,
    parameters,
    queue_entries,
    rate,
    shared_answers,
    status_of,
)

from redraft.config import ROOT
from redraft.errors import LaunchError, ReviewClosed
from redraft.learning.history import make_history
from redraft.tracking.cache import step_key
from redraft.tracking.closing import close_review
from redraft.tracking.drafts import ReviewSafeJob, adopt_open_review, review_draft
from redraft.tracking.history import find_sources, load_history
from redraft.tracking.inbox import REVIEW_TAG, OpenReview, handed_in, open_reviews
from redraft.tracking.queues import ensure_queues, queue_ids
from redraft.tracking.server import call, find_tasks, project_ids

CLOSING = ("lease", "remove_task", "started", "read", "ratings", "overalls")


@pytest.fixture(autouse=True)
def _keys() -> Iterator[None]:
    """Jobs find their results as the pipeline's do."""
    BaseJob.register_hashing_callback(lambda described: step_key(described, ROOT))
    yield
    BaseJob.register_hashing_callback(lambda described: described)


class Pipe:
    """What a factory needs of a controller, at a step whose references are resolved."""

    def __init__(self, task: Task) -> None:
        self.task = task

    def _parse_step_ref(self, value: str) -> str:
        return value


def launch(run: Task, wanted: dict[str, str]) -> ReviewSafeJob:
    """Launch the review step as the SDK's controller does (`PipelineController._launch_node`)."""
    node = PipelineController.Node(name="review", parameters=dict(wanted))
    draft = review_draft(Pipe(run))(node)
    job = ReviewSafeJob(
        base_task_id=draft.id,
        parameter_override=dict(wanted),
        configuration_overrides=None,
        tags=None,
        parent=run.id,
        disable_clone_task=True,
        task_overrides=None,
        allow_caching=True,
        output_uri=None,
        enable_local_imports=False,
        project=run.project,
        name="review",
    )
    if job.is_cached_task():
        draft.delete(raise_on_error=False)
    else:
        job.launch(queue_name=REVIEW_QUEUE)
    return job


class World:
    """A run whose controller died while its review was open, and the run that is started again."""

    def __init__(self, project: str, *, closer_died_after: str | None = None) -> None:
        self.project = project
        ensure_queues()
        self.run = make_run(project)
        self.wanted = parameters(project, shared_answers())
        self.task_id = str(launch(self.run, self.wanted).task.id)
        self.given = rate(self.review, "Ann", 5, 4)
        if closer_died_after:
            with pytest.raises(Died):
                close_review(self.review, clock=lambda: 0.0, between=die_after(closer_died_after))

    @property
    def review(self) -> OpenReview:
        """The review as a person sees it now."""
        return next(review for review in open_reviews(self.project) if review.task_id == self.task_id)

    def relaunch(self) -> str:
        """Start the run again; id of the review that it waits for."""
        return str(launch(self.run, self.wanted).task.id)

    def reviews(self) -> list[dict[str, Any]]:
        """Every review of the project, whatever became of it."""
        ids = project_ids(self.project)
        return list(find_tasks(project=ids, tags=[REVIEW_TAG], only_fields=["status"]))

    def finish(self) -> list[dict[str, Any]]:
        """Close what is open, as people would in the end, trying again once; all reviews there are."""
        for when in (1e10, 2e10):
            for review in open_reviews(self.project):
                attempt(lambda: close_review(review, clock=lambda: when))  # noqa: B023 - called at once
        return self.reviews()


def test_a_first_launch_makes_a_review_that_waits_in_its_queue_with_its_parameters(project: str) -> None:
    world = World(project)
    assert (status_of(world.task_id), queue_entries(world.task_id)) == ("queued", 1)
    assert Task.get_task(world.task_id).get_parameters() == world.wanted
    assert world.review.pipeline_id == world.run.id


def test_a_review_that_is_open_is_taken_up_with_its_id_its_ratings_and_one_queue_entry(project: str) -> None:
    world = World(project)
    for _again in range(2):
        assert world.relaunch() == world.task_id
        assert (status_of(world.task_id), queue_entries(world.task_id)) == ("queued", 1)
        assert list(handed_in(world.task_id).ratings) == world.given
    assert len(world.reviews()) == 1


@pytest.mark.parametrize("changed", ["Args/iteration", "Args/review_key", "Args/answers_task"])
def test_a_review_of_something_else_is_not_taken_up(project: str, changed: str) -> None:
    world = World(project)
    other = {**world.wanted, changed: "7" if changed == "Args/iteration" else "other"}
    fresh = str(launch(make_run(project), other).task.id)
    assert fresh != world.task_id
    assert handed_in(fresh).ratings == ()
    assert (queue_entries(world.task_id), queue_entries(fresh)) == (1, 1)


def test_a_run_that_asks_about_other_answers_now_retires_its_old_review_with_its_ratings(project: str) -> None:
    world = World(project)
    fresh = str(launch(world.run, {**world.wanted, "Args/review_key": "other"}).task.id)
    assert (status_of(world.task_id), status_of(fresh)) == ("stopped", "queued")
    assert [review.task_id for review in open_reviews(project)] == [fresh]
    assert by_id(load_history(find_sources(project)).ratings) == by_id(world.given)


def test_a_run_that_is_continued_after_its_review_was_stopped_asks_again_from_the_beginning(project: str) -> None:
    """What the page tells people whose review was aborted."""
    world = World(project)
    call("tasks.stopped", task=world.task_id, force=True, status_message="aborted by Ben")
    fresh = world.relaunch()
    assert fresh != world.task_id
    assert [review.task_id for review in open_reviews(project)] == [fresh]
    assert handed_in(fresh).ratings == ()
    assert by_id(load_history(find_sources(project)).ratings) == by_id(world.given)


def test_a_review_that_another_live_run_waits_for_is_refused_and_left_as_it_is(project: str) -> None:
    world = World(project)
    with pytest.raises(LaunchError, match=rf"run {world.run.id} \(in_progress\) waits for the same review"):
        adopt_open_review(make_run(project), world.wanted)
    assert (status_of(world.task_id), queue_entries(world.task_id)) == ("queued", 1)


@pytest.mark.parametrize("end", ["failed", "stopped"])
def test_a_review_of_a_run_that_ended_is_taken_up_by_another_run_which_then_owns_it(project: str, end: str) -> None:
    world = World(project)
    call(f"tasks.{end}", task=world.run.id)
    world.run = make_run(project)
    assert world.relaunch() == world.task_id
    assert world.review.pipeline_id == world.run.id
    assert list(handed_in(world.task_id).ratings) == world.given


def test_a_review_of_a_run_that_was_deleted_is_taken_up(project: str) -> None:
    world = World(project)
    world.run.delete()
    world.run = make_run(project)
    assert world.relaunch() == world.task_id


def test_a_completed_review_is_found_again_and_nobody_is_asked_twice(project: str) -> None:
    world = World(project)
    close_review(world.review)
    job = launch(world.run, world.wanted)
    assert (job.is_cached_task(), job.task.id) == (True, world.task_id)
    assert merged(world.task_id) == world.given
    assert len(world.reviews()) == 1


def test_a_completed_review_is_found_although_its_controller_died_before_it_noted_its_hash(project: str) -> None:
    """The SDK writes the key of its cache last; a review that was closed without it would be asked for again."""
    ensure_queues()
    run = make_run(project)
    review = make_review(project, parent=run.id)  # has no hash
    close_review(review)
    job = launch(run, parameters(project, shared_answers()))
    assert (job.is_cached_task(), job.task.id) == (True, review.task_id)


def test_a_completed_twin_wins_and_the_open_one_is_retired_with_its_ratings_in_the_history(project: str) -> None:
    """However two came to be: nothing is deleted, nothing is cloned, people see no review that nobody waits for."""
    world = World(project)
    twin = make_review(project, answers_task=shared_answers())
    late = rate(twin, "Ben", 1)
    close_review(world.review)
    job = launch(world.run, world.wanted)
    assert (job.is_cached_task(), job.task.id) == (True, world.task_id)
    assert {task["id"]: task["status"] for task in world.reviews()} == {
        world.task_id: "completed",
        twin.task_id: "stopped",
    }
    assert list(handed_in(twin.task_id).ratings) == late
    assert (queue_entries(twin.task_id), open_reviews(project)) == (0, [])
    assert by_id(load_history(find_sources(project)).ratings) == by_id(make_history([*world.given, *late]).ratings)
    with pytest.raises(ReviewClosed):
        rate(twin, "Ben", 2)


@pytest.mark.parametrize("step", CLOSING)
def test_a_review_that_a_closer_left_half_closed_is_waited_for_and_can_be_finished(project: str, step: str) -> None:
    world = World(project, closer_died_after=step)
    assert world.relaunch() == world.task_id
    assert queue_entries(world.task_id) <= 1
    assert [task["status"] for task in world.finish()] == ["completed"]
    assert merged(world.task_id) == world.given
    assert queue_entries(world.task_id) == 0


@pytest.mark.parametrize("step", CLOSING)
def test_a_run_that_is_started_again_while_a_closer_is_at_work_gets_that_review(project: str, step: str) -> None:
    world = World(project)
    found: list[str] = []
    close_review(world.review, between=lambda done: found.append(world.relaunch()) if done == step else None)
    assert found == [world.task_id]
    assert [(task["id"], task["status"]) for task in world.reviews()] == [(world.task_id, "completed")]
    assert merged(world.task_id) == world.given
    assert queue_entries(world.task_id) == 0


def test_a_review_that_is_closed_at_any_moment_of_being_taken_up_is_completed_once_and_found(project: str) -> None:
    """The closing as a whole, before each of the calls to the server that taking up makes."""
    number = 0
    while True:
        world = World(f"{project}-{number}")
        found: list[str] = []
        outcomes: list[str] = []
        happened = interrupted(
            lambda: found.append(world.relaunch()),  # noqa: B023 - called at once
            number,
            lambda: outcomes.append(attempt(lambda: close_review(world.review))),  # noqa: B023
        )
        if not happened:
            assert number > 6
            return
        assert found == [world.task_id], number
        if outcomes == ["refused"]:  # in the hands of the pipeline at that moment: try again
            assert status_of(world.task_id) == "queued", number
        assert [task["status"] for task in world.finish()] == ["completed"], number
        assert (merged(world.task_id), queue_entries(world.task_id)) == (world.given, 0), number
        number += 1


def test_a_review_that_a_closer_takes_first_is_left_to_it(project: str) -> None:
    """It is out of its queue and not started yet; the run had seen it waiting."""
    world = World(project)

    def take() -> None:
        with pytest.raises(Died):
            close_review(world.review, between=die_after("remove_task"))

    found: list[str] = []
    calls = calls_of(world.relaunch)
    assert interrupted(lambda: found.append(world.relaunch()), calls.index("queues.remove_task"), take)
    assert found == [world.task_id]
    assert (status_of(world.task_id), queue_entries(world.task_id)) == ("queued", 0)
    assert [task["status"] for task in world.finish()] == ["completed"]


def test_a_rating_at_any_moment_of_being_taken_up_is_kept_exactly_if_it_was_acknowledged(project: str) -> None:
    world = World(project)
    number = 0
    given = {rating.id: rating for rating in world.given}

    def hand() -> None:
        given.update({rating.id: rating for rating in rate(world.review, f"Ben {number}", 1)})

    while interrupted(world.relaunch, number, hand):
        assert (status_of(world.task_id), queue_entries(world.task_id)) == ("queued", 1)
        number += 1
    assert len(given) == number + 2 > 8
    assert by_id(handed_in(world.task_id).ratings) == by_id(list(given.values()))


def test_a_run_that_is_started_again_at_any_moment_of_a_closing_changes_nothing_of_it(project: str) -> None:
    number = 0
    while True:
        world = World(f"{project}-{number}")
        found: list[str] = []
        review = world.review
        outcomes: list[str] = []
        happened = interrupted(
            lambda: outcomes.append(attempt(lambda: close_review(review))),  # noqa: B023 - called at once
            number,
            lambda: found.append(world.relaunch()),  # noqa: B023
        )
        if not happened:
            assert number > 6
            return
        assert found == [world.task_id], number
        assert [task["status"] for task in world.finish()] == ["completed"], number
        assert (merged(world.task_id), queue_entries(world.task_id)) == (world.given, 0), number
        number += 1


def test_a_controller_that_dies_at_any_moment_of_taking_up_leaves_a_review_that_can_be_taken_up_or_closed(
    project: str,
) -> None:
    number = 0
    while True:
        world = World(f"{project}-{number}")

        def die() -> None:
            raise Died

        try:
            happened = interrupted(world.relaunch, number, die)
        except Died:
            happened = True
        if not happened:
            assert number > 6
            return
        if number % 2:
            assert world.relaunch() == world.task_id, number
            assert queue_entries(world.task_id) == 1, number
        assert [task["status"] for task in world.finish()] == ["completed"], number
        assert (merged(world.task_id), queue_entries(world.task_id)) == (world.given, 0), number
        number += 1


def test_a_review_that_somebody_took_out_of_its_queue_is_put_back(project: str) -> None:
    """In the UI: the task stays queued, but stands in no queue."""
    world = World(project)
    call("queues.remove_task", queue=queue_ids()[REVIEW_QUEUE], task=world.task_id)
    assert world.relaunch() == world.task_id
    assert (status_of(world.task_id), queue_entries(world.task_id)) == ("queued", 1)


def test_a_job_never_deletes_a_review(project: str) -> None:
    world = World(project)
    job = launch(world.run, world.wanted)
    assert job.delete() is False
    assert list(handed_in(world.task_id).ratings) == world.given


def test_a_job_of_another_step_is_the_sdks_own(project: str) -> None:
    """Found in the cache by what it depends on, made anew otherwise."""
    ensure_queues()
    run = make_run(project)
    jobs = []
    for number in ("1", "1", "2"):
        draft = Task.create(project_name=project, task_name="build_index")
        draft.set_parameters({"Args/number": ""})
        job = ReviewSafeJob(
            base_task_id=draft.id,
            parameter_override={"Args/number": number, "Args/project": project},
            parent=run.id,
            disable_clone_task=True,
            allow_caching=True,
            enable_local_imports=False,
        )
        if not job.is_cached_task():
            call("tasks.started", task=job.task.id)
            call("tasks.completed", task=job.task.id)
        jobs.append(job)
    assert [job.is_cached_task() for job in jobs] == [False, True, False]
    assert jobs[0].task.id == jobs[1].task.id


def test_taking_up_makes_few_calls(project: str) -> None:
    world = World(project)
    assert len(calls_of(world.relaunch)) < 40


def test_answers_made_again_are_another_review(project: str) -> None:
    world = World(project)
    assert adopt_open_review(world.run, parameters(project, make_answers(project))) is None
