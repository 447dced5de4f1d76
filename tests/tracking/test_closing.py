"""Closing a review: wherever a closer dies and however many try, it is closed once, with every acknowledged rating."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from clearml import Task
from clearml_stand_in import RunningServer
from queue_names import REVIEW_QUEUE
from review_world import (
    Died,
    attempt,
    by_id,
    die_after,
    make_review,
    merged,
    queue_entries,
    rate,
    ratings_by,
    snapshot,
    status_of,
)

from redraft.config import ROOT
from redraft.errors import ReviewClosed, ServerRefused
from redraft.records import Rating
from redraft.tracking.artifacts import put_records
from redraft.tracking.closing import LEASE_S, close_review, rejection
from redraft.tracking.inbox import OpenReview, open_reviews
from redraft.tracking.queues import queue_ids
from redraft.tracking.server import call

STEPS = ("lease", "remove_task", "started", "read", "ratings", "overalls", "completed")
BEFORE_THE_END = STEPS[:-1]
LONG_AGO, NOW, LATER = 0.0, 10_000.0, 20_000.0

# closes a review in a process of its own for each step, which is killed after that step
KILLED = """
import os, signal, sys
from clearml import Task
from redraft.tracking.closing import close_review
from redraft.tracking.inbox import open_reviews

def killer(last):
    def between(step):
        if step == last:
            os.kill(os.getpid(), signal.SIGKILL)
    return between

for argument in sys.argv[1:]:
    project, _, step = argument.partition("=")
    child = os.fork()
    if not child:
        close_review(open_reviews(project)[0], owner="Ann", clock=lambda: 0.0, between=killer(step))
        os._exit(0)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL, step
"""


def test_a_closed_review_is_completed_out_of_the_queue_and_holds_every_rating_once(project: str) -> None:
    review = make_review(project)
    given = rate(review, "Ann", 5, 4) + rate(review, "Ben", 1)
    closed = close_review(review, owner="Ann")
    assert by_id(closed.ratings) == by_id(given) == by_id(merged(review.task_id))
    assert (status_of(review.task_id), queue_entries(review.task_id)) == ("completed", 0)


def test_the_steps_are_named_in_order(project: str) -> None:
    steps: list[str] = []
    close_review(make_review(project), between=steps.append)
    assert tuple(steps) == STEPS


def test_a_review_that_nobody_rated_can_be_closed(project: str) -> None:
    review = make_review(project)
    assert close_review(review).ratings == ()
    assert merged(review.task_id) == []


@pytest.mark.parametrize("step", BEFORE_THE_END)
def test_a_review_whose_closer_died_is_found_and_finished_once_the_lease_is_over(project: str, step: str) -> None:
    review = make_review(project)
    given = rate(review, "Ann", 5, 4) + rate(review, "Ben", 1)
    with pytest.raises(Died):
        close_review(review, clock=lambda: NOW, between=die_after(step))
    left = open_reviews(project)
    assert [found.task_id for found in left] == [review.task_id]
    with pytest.raises(ReviewClosed, match=r"is closing the review .* in \d+ s, try again"):
        close_review(left[0], clock=lambda: NOW + LEASE_S - 1)
    close_review(left[0], clock=lambda: NOW + LEASE_S)
    assert by_id(merged(review.task_id)) == by_id(given)
    assert (status_of(review.task_id), queue_entries(review.task_id)) == ("completed", 0)


def test_a_killed_closer_loses_no_rating(clearml_sdk: RunningServer, project: str) -> None:
    """`kill -9` after each step; what comes in before the next closer starts is merged, or was refused."""
    reviews = {step: make_review(f"{project}-{step}") for step in STEPS}
    given = {step: rate(review, "Ann", 5, 4) for step, review in reviews.items()}
    clearml_sdk.run(KILLED, *(f"{project}-{step}={step}" for step in STEPS), cwd=ROOT)
    for step, review in reviews.items():
        if attempt(lambda: rate(review, "Ben", 2)) == "done":  # noqa: B023 - called at once
            given[step] += ratings_by("Ben", 2)
        again = attempt(lambda: close_review(review, clock=lambda: NOW))  # noqa: B023 - called at once
        assert again == ("refused" if step == "completed" else "done"), step
        found = merged(review.task_id)
        assert by_id([rating for rating in found if rating in given[step]]) == by_id(given[step]), step
        assert len(found) == len({rating.id for rating in found}), step
        assert (status_of(review.task_id), queue_entries(review.task_id)) == ("completed", 0), step


@pytest.mark.parametrize("first", ["lease", "remove_task", "started", "overalls"])
@pytest.mark.parametrize("second", ["remove_task", "ratings"])
def test_a_second_closer_that_dies_too_leaves_the_review_to_a_third(project: str, first: str, second: str) -> None:
    review = make_review(project)
    given = rate(review, "Ann", 5)
    for when, step in ((LONG_AGO, first), (NOW, second)):
        with pytest.raises(Died):
            close_review(review, clock=lambda: when, between=die_after(step))  # noqa: B023 - called at once
    close_review(review, clock=lambda: LATER)
    assert merged(review.task_id) == given


def test_closing_twice_is_refused_and_changes_nothing(project: str) -> None:
    """A double click; a completed review is never started again."""
    review = make_review(project)
    rate(review, "Ann", 5)
    close_review(review, clock=lambda: LONG_AGO)
    before = snapshot(review.task_id)
    for when in (LONG_AGO, NOW):
        with pytest.raises(ReviewClosed, match="completed already"):
            close_review(review, clock=lambda: when, rejected="too late")  # noqa: B023 - called at once
    assert snapshot(review.task_id) == before
    assert rejection(review.task_id) is None


@pytest.mark.parametrize("step", BEFORE_THE_END)
def test_a_second_click_while_the_first_is_at_work_is_refused_and_the_first_completes(project: str, step: str) -> None:
    review = make_review(project)
    given = rate(review, "Ann", 5)
    seconds: list[str] = []

    def between(done: str) -> None:
        if done == step:
            seconds.append(attempt(lambda: close_review(review, rejected="second")))

    close_review(review, between=between)
    assert seconds == ["refused"]
    assert (status_of(review.task_id), merged(review.task_id), rejection(review.task_id)) == ("completed", given, None)


@pytest.mark.parametrize("step", BEFORE_THE_END)
def test_a_closer_that_slept_through_its_lease_leaves_the_review_to_the_one_that_took_over(
    project: str, step: str
) -> None:
    """A laptop's lid was shut: meanwhile another finished. The sleeper may not start, fill or reject it again."""
    review = make_review(project)
    given = rate(review, "Ann", 5)
    now = [NOW]
    after: list[object] = []

    def sleep(done: str) -> None:
        if done == step:
            close_review(review, owner="second", clock=lambda: LATER)
            now[0] = LATER + 1
            after.append(snapshot(review.task_id))

    with pytest.raises(ReviewClosed):
        close_review(review, owner="sleeper", rejected="sleepy", clock=lambda: now[0], between=sleep)
    assert [snapshot(review.task_id)] == after
    assert (status_of(review.task_id), merged(review.task_id), rejection(review.task_id)) == ("completed", given, None)


def test_what_a_sleeper_writes_over_the_files_of_the_one_that_took_over_does_not_stay(project: str) -> None:
    """It looked at its lease, slept, and wrote: an older merged file, without what was saved meanwhile."""
    review = make_review(project)
    older = rate(review, "Ann", 5)
    newer = rate(review, "Ben", 4)

    def write_as_the_sleeper(done: str) -> None:
        if done == "overalls":
            put_records(review.task_id, "ratings", Rating, older)

    close_review(review, between=write_as_the_sleeper)
    assert by_id(merged(review.task_id)) == by_id(older + newer)


def at_once(*actions: Callable[[], object]) -> list[str]:
    barrier = threading.Barrier(len(actions))

    def run(action: Callable[[], object]) -> str:
        barrier.wait()
        return attempt(action)

    with ThreadPoolExecutor(len(actions)) as pool:
        return list(pool.map(run, actions))


def test_of_two_closers_at_once_exactly_one_completes(project: str) -> None:
    """Twenty rounds: never both, never neither; a rating is in the merged file exactly if it was acknowledged."""
    for number in range(20):
        review = make_review(project, iteration=number)
        given = rate(review, "Ann", 5)
        outcomes = at_once(lambda: close_review(review, owner="A"), lambda: close_review(review, owner="B"))  # noqa: B023 - awaited here
        assert sorted(outcomes) == ["done", "refused"], f"round {number}"
        assert (status_of(review.task_id), merged(review.task_id)) == ("completed", given)
        assert queue_entries(review.task_id) == 0


@pytest.mark.parametrize("step", ["lease", "remove_task", "started", "ratings"])
def test_of_two_that_take_over_at_once_exactly_one_completes(project: str, step: str) -> None:
    for number in range(4):
        review = make_review(project, iteration=number)
        given = rate(review, "Ann", 5)
        with pytest.raises(Died):
            close_review(review, clock=lambda: LONG_AGO, between=die_after(step))
        outcomes = at_once(
            lambda: close_review(review, owner="A", clock=lambda: NOW),  # noqa: B023 - awaited here
            lambda: close_review(review, owner="B", clock=lambda: NOW),  # noqa: B023
        )
        assert sorted(outcomes) == ["done", "refused"], f"round {number}"
        assert (status_of(review.task_id), merged(review.task_id)) == ("completed", given)


def test_of_two_that_close_a_review_on_its_way_to_the_queue_exactly_one_completes(project: str) -> None:
    """Adopted, and not in its queue again: there is no entry that one of them could take out."""
    for number in range(5):
        review = make_review(project, iteration=number)
        call("queues.remove_task", queue=queue_ids()[REVIEW_QUEUE], task=review.task_id)
        call("tasks.dequeue", task=review.task_id)
        given = rate(review, "Ann", 5)
        outcomes = at_once(lambda: close_review(review), lambda: close_review(review))  # noqa: B023 - awaited here
        assert sorted(outcomes) == ["done", "refused"], f"round {number}"
        assert (status_of(review.task_id), merged(review.task_id)) == ("completed", given)
        assert queue_entries(review.task_id) == 0


def test_ratings_race_the_closer_and_each_is_merged_exactly_if_it_was_acknowledged(project: str) -> None:
    for number in range(6):
        review = make_review(project, iteration=number)
        outcomes = at_once(
            lambda: rate(review, "Ann", 5),  # noqa: B023 - awaited here
            lambda: rate(review, "Ben", 1, 2),  # noqa: B023
            lambda: close_review(review),  # noqa: B023
        )
        assert outcomes[2] == "done"
        reviewers = {rating.reviewer for rating in merged(review.task_id)}
        acknowledged = {name for name, said in zip(("Ann", "Ben"), outcomes, strict=False) if said == "done"}
        assert acknowledged <= reviewers


def stop(review: OpenReview) -> None:
    call("tasks.stopped", task=review.task_id, force=True, status_message="Forced stop (non-responsive)")


@pytest.mark.parametrize("step", ["started", "read", "ratings", "overalls"])
def test_a_review_that_the_watchdog_stopped_in_the_middle_of_its_closing_is_found_and_finished(
    project: str, step: str
) -> None:
    review = make_review(project)
    given = rate(review, "Ann", 5)
    with pytest.raises(Died):
        close_review(review, clock=lambda: LONG_AGO, between=die_after(step))
    stop(review)
    found = open_reviews(project)
    assert [each.task_id for each in found] == [review.task_id]
    close_review(found[0], clock=lambda: NOW)
    assert (status_of(review.task_id), merged(review.task_id)) == ("completed", given)


def test_a_review_that_was_stopped_without_a_lease_is_cancelled(project: str) -> None:
    review = make_review(project)
    rate(review, "Ann", 5)
    stop(review)
    with pytest.raises(ReviewClosed, match="is stopped already"):
        close_review(review)
    assert status_of(review.task_id) == "stopped"
    assert open_reviews(project) == []


def test_a_review_that_was_deleted_cannot_be_closed(project: str) -> None:
    review = make_review(project)
    Task.get_task(review.task_id).delete()
    with pytest.raises(ServerRefused):
        close_review(review)


@pytest.mark.parametrize("step", ["lease", "remove_task", "started", "read", "ratings"])
def test_a_review_that_is_stopped_while_it_is_being_closed_stays_stopped(project: str, step: str) -> None:
    """Somebody aborts the run: the closer is told, in our words."""
    review = make_review(project)
    rate(review, "Ann", 5)

    def abort(done: str) -> None:
        if done == step:
            call("tasks.stopped", task=review.task_id, force=True, status_message="aborted by Ben")

    with pytest.raises(ReviewClosed):
        close_review(review, between=abort)
    assert status_of(review.task_id) == "stopped"


def test_the_reason_of_a_rejection_can_be_read(project: str) -> None:
    review = make_review(project)
    close_review(review, rejected="reject: the docs are wrong, 文档")
    assert rejection(review.task_id) == "reject: the docs are wrong, 文档"


def test_a_review_that_was_not_rejected_has_no_reason(project: str) -> None:
    review = make_review(project)
    close_review(review)
    assert rejection(review.task_id) is None
