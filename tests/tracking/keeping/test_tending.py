"""A keeper closes reviews, finishes what closers left, puts dead runs back, and tells people: each thing once."""

from __future__ import annotations

import contextlib
import dataclasses

import pytest
from keeper_world import DAY_S, World
from review_world import Died, die_after, make_review, merged, rate, server_task, status_of

from redraft.config import load_config
from redraft.tracking.closing import close_review, rejection
from redraft.tracking.endings import WATCHDOG
from redraft.tracking.keeping.waking import MOST_WAKES
from redraft.tracking.queues import ensure_queues
from redraft.tracking.server import call

DEADLINE_S = load_config().review.deadline_hours * 3600


def test_a_review_is_closed_at_its_deadline_with_the_stated_minimum_of_ratings(world: World) -> None:
    run = world.run(status="in_progress")
    review, keeper = world.review(run), world.keeper(deadline_ratings=3)
    rate(review, "Ann", 4, 4, 4)
    world.tick(keeper, after_s=DEADLINE_S - 3600)
    assert status_of(review.task_id) == "queued"
    world.tick(keeper, after_s=3700)
    assert (status_of(review.task_id), len(merged(review.task_id))) == ("completed", 3)


def test_with_fewer_ratings_it_stays_open_until_they_are_there(world: World) -> None:
    review, keeper = world.review(world.run(status="in_progress")), world.keeper(deadline_ratings=3)
    rate(review, "Ann", 4, 4)
    world.tick(keeper, after_s=2 * DEADLINE_S)
    assert status_of(review.task_id) == "queued"
    rate(review, "Bob", 4)
    world.tick(keeper)
    assert status_of(review.task_id) == "completed"


def test_a_complete_review_is_closed_after_a_while_of_silence(world: World) -> None:
    review = world.review(world.run(status="in_progress"))
    for name in ("Ann", "Bob"):
        rate(review, name, 4, 4, 4)
    world.tick(world.keeper())
    assert (status_of(review.task_id), len(merged(review.task_id))) == ("completed", 6)


@pytest.mark.parametrize("step", ["lease", "remove_task", "started", "ratings", "overalls"])
def test_a_review_whose_closer_died_is_finished_as_it_was_meant_once_its_lease_has_expired(
    world: World, step: str
) -> None:
    review = world.review(world.run(status="in_progress"))
    rate(review, "Ann", 4)
    with contextlib.suppress(Died):
        close_review(review, rejected="All answers are wrong.", clock=lambda: world.now, between=die_after(step))
    keeper = world.keeper()
    world.tick(keeper, after_s=30)
    assert status_of(review.task_id) != "completed"
    world.tick(keeper, after_s=60)
    assert status_of(review.task_id) == "completed"
    assert rejection(review.task_id) == "All answers are wrong."


def test_a_damaged_review_keeps_others_from_nothing(world: World) -> None:
    """One whose answers are gone is told as a problem of its own."""
    run = world.run(status="in_progress")
    ensure_queues()
    make_review(world.project, parent=run, answers_task="0" * 32)
    good = world.review(run)
    for name in ("Ann", "Bob"):
        rate(good, name, 4, 4, 4)
    world.tick(world.keeper())
    assert status_of(good.task_id) == "completed"


def crash(run: str, reason: str = "worker execution exit code -9") -> None:
    call("tasks.failed", task=run, status_reason=reason, status_message="Changed by host:services", force=True)


def test_a_run_whose_controller_was_killed_is_put_back_a_few_times_and_then_told(world: World) -> None:
    run, keeper = world.run(status="in_progress"), world.keeper()
    for _ in range(MOST_WAKES):
        crash(run)
        world.tick(keeper)
        assert status_of(run) == "queued"
        world.begin(run)
    crash(run)
    world.tick(keeper)
    assert status_of(run) == "failed"
    assert world.posted == [
        f"[{world.project}] A run has failed (iteration 1, task {run}); the task's comment says why."
    ]


def test_a_run_that_failed_for_its_own_reason_or_was_stopped_by_a_person_stays_so(world: World) -> None:
    failed, stopped, keeper = world.run(status="in_progress"), world.run(status="in_progress"), world.keeper()
    crash(failed, "worker execution exit code 1")
    world.end(stopped, "stopped")
    for _ in range(2):
        world.tick(keeper)
    assert (status_of(failed), status_of(stopped)) == ("failed", "stopped")


def test_a_run_that_the_server_stopped_because_it_was_silent_is_put_back(world: World) -> None:
    run = world.run(status="in_progress")
    call("tasks.stopped", task=run, status_message=WATCHDOG, status_reason=WATCHDOG)
    world.tick(world.keeper())
    assert status_of(run) == "queued"


def test_a_crashed_run_that_a_newer_one_has_replaced_is_left_alone_unless_its_review_is_open(world: World) -> None:
    old, reviewed = world.run(status="in_progress"), world.run(status="in_progress", iteration=2)
    crash(old)
    crash(reviewed)
    world.run(iteration=3)
    world.review(reviewed, iteration=2)
    world.tick(world.keeper())
    assert (status_of(old), status_of(reviewed)) == ("failed", "queued")


def test_a_run_that_nobody_serves_is_put_back_once_somebody_does(world: World) -> None:
    run, keeper = world.run(status="in_progress"), world.keeper()
    crash(run)
    for worker in ("one", "two"):
        call("workers.unregister", worker=worker)
    world.tick(keeper)
    assert status_of(run) == "failed"


def test_people_are_told_each_thing_once(world: World) -> None:
    run = world.run(status="in_progress")
    review = world.review(run)
    keeper = world.keeper(page_url="https://review.example.com")
    for _ in range(2):
        world.tick(keeper)
    rate(review, "Ann", 4, 4, 4)
    for _ in range(2):
        world.tick(keeper)
    world.tick(keeper, after_s=DAY_S)
    world.tick(world.keeper("again", page_url="https://review.example.com"), after_s=600)
    close_review(review)
    world.end(run)
    for _ in range(2):
        world.tick(world.keeper("again"))
    page = f" https://review.example.com/review?review={review.task_id}"
    assert world.posted == [
        f"[{world.project}] {text}"
        for text in (
            f"The review of iteration 1 is open: 6 ratings are asked for.{page}",
            f"The review of iteration 1 is half done: 3 of 6 ratings are there.{page}",
            f"The review of iteration 1 has been waiting for more than a day; 3 ratings are missing.{page}",
            "The review of iteration 1 is closed.",
        )
    ]
    assert "Ann" not in "".join(world.posted)


def test_a_webhook_that_is_down_stops_nothing_and_what_it_missed_is_told_later_but_not_for_ever(world: World) -> None:
    run = world.run(status="in_progress")
    review, keeper = world.review(run), world.keeper()
    rate(review, "Ann", 4, 4, 4)
    world.down = "HTTP 500"
    world.tick(keeper)
    close_review(review)
    world.end(run)
    world.tick(keeper)
    world.down = ""
    for _ in range(3):
        world.tick(keeper)
    assert world.posted == [f"[{world.project}] The review of iteration 1 is closed."]
    world.down = "HTTP 500"
    second = world.run(status="in_progress", iteration=2)
    world.review(second, iteration=2)
    for _ in range(5):
        world.tick(keeper)
    world.down = ""
    world.tick(keeper)
    assert len(world.posted) == 1


def test_what_a_keeper_cannot_read_of_its_memory_it_begins_anew(world: World) -> None:
    from redraft.tracking.keeping.memory import MEMORY, keeper_task, load_memory, set_properties

    keeper = world.keeper()
    world.tick(keeper)
    task = keeper_task(world.project)
    for text in ("not JSON", '{"told": 3}', "[]"):
        set_properties(task, {MEMORY: text})
        assert world.tick(keeper).startswith("there is no run yet")
    remembered = load_memory(server_task(task))
    assert dataclasses.asdict(remembered)["wakes"] == {}
