"""People at an open review: what they say is on the disk at once, at the server soon, and never lost or doubled."""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from queue_names import SERVICES_QUEUE, STEPS_QUEUE
from review_world import (
    ANSWERS,
    KEY,
    Died,
    die_after,
    eventually,
    make_review,
    make_run,
    merged,
    rate,
    ratings_by,
    status_of,
)

from redraft.config import load_config
from redraft.errors import InputError, ReviewClosed
from redraft.jsonl import write_jsonl
from redraft.records import Flag, Rating
from redraft.tracking import settling
from redraft.tracking.artifacts import upload_file
from redraft.tracking.closing import LEASE_S, close_review, rejection
from redraft.tracking.endings import WATCHDOG
from redraft.tracking.history import find_sources, load_history
from redraft.tracking.inbox import writer_key
from redraft.tracking.journal import abandoned
from redraft.tracking.late import CANCELLED, record_late
from redraft.tracking.opinion import Opinion
from redraft.tracking.queues import ensure_queues, queue_ids
from redraft.tracking.reviewing import ReviewService
from redraft.tracking.seat import Seat
from redraft.tracking.server import call
from redraft.tracking.settling import missing_ratings, wake_run
from redraft.tracking.spending import raise_limits

SETTINGS = load_config().review
GOOD = Opinion(score=4, comment="Right.", tags=("well done",), position=0, seconds=2.5, rubric="1")


class Clock:
    """A time that tests set."""

    def __init__(self) -> None:
        self.now = time.time()

    def __call__(self) -> float:
        """Tick."""
        self.now += 0.001
        return self.now


@pytest.fixture
def clock() -> Clock:
    """The time of the service under test."""
    return Clock()


@pytest.fixture
def service(project: str, tmp_path: Path, clock: Clock) -> Iterator[ReviewService]:
    """Serve a project without the thread that cares: tests call `care` themselves."""
    made = ReviewService(project, tmp_path, SETTINGS, clock=clock)
    yield made
    made.stop()


def saved(seat: Seat) -> Callable[[], bool]:
    return lambda: seat.state.waiting == 0 and seat.state.saved > 0


def test_a_rating_is_saved_with_all_that_was_said_of_it(service: ReviewService, project: str) -> None:
    review = make_review(project)
    seat = service.seat(review.task_id, "Ann", "1")
    seat.arrive()
    rating = seat.rate(ANSWERS[0].id, GOOD)
    eventually(saved(seat))
    assert service.watch(review.task_id).look().ratings == (rating,)
    assert (rating.score, rating.comment, rating.tags, rating.rubric) == (4, "Right.", ("well done",), "1")
    assert close_review(review).ratings == (rating,)


def test_a_changed_rating_supersedes_the_first_and_both_rows_are_kept(service: ReviewService, project: str) -> None:
    review = make_review(project)
    seat = service.seat(review.task_id, "Ann", "1")
    first = seat.rate(ANSWERS[0].id, GOOD)
    second = seat.rate(ANSWERS[0].id, Opinion(score=2, comment="No source."))
    eventually(saved(seat))
    close_review(review)
    assert (second.supersedes, {r.id for r in merged(review.task_id)}) == (first.id, {first.id, second.id})
    assert [r.score for r in load_history(find_sources(project)).ratings] == [2]


def test_two_tabs_of_one_person_overwrite_nothing(service: ReviewService, project: str) -> None:
    review = make_review(project)
    tabs = [service.seat(review.task_id, "Ann", session) for session in ("1", "2")]
    rows = [tab.rate(answer.id, GOOD) for tab, answer in zip(tabs, ANSWERS, strict=False)]
    for tab in tabs:
        eventually(saved(tab))
    assert {r.id for r in close_review(review).ratings} == {row.id for row in rows}


def test_a_person_who_reloads_at_once_is_not_shown_again_what_they_have_just_rated(
    service: ReviewService, project: str
) -> None:
    """What is not sent yet was unknown to the new session: it showed the answer again, and took no key for it."""
    review = make_review(project)
    before = service.seat(review.task_id, "Ann", "1")
    before._submit = lambda _seat: None  # the server is slow
    rating = before.rate(ANSWERS[0].id, GOOD)
    after = service.seat(review.task_id, "Ann", "2")
    assert after.look().last_ratings("Ann") == {("Ann", ANSWERS[0].id): rating}
    assert service.seat(review.task_id, "Ben", "3").look().last_ratings() == {}


def test_what_a_page_that_died_had_not_sent_is_sent_by_the_next(project: str, tmp_path: Path, clock: Clock) -> None:
    review = make_review(project)
    dead = ReviewService(project, tmp_path, SETTINGS, clock=clock)
    seat = dead.seat(review.task_id, "Ann / QA", "1")
    seat._submit = lambda _seat: None  # it dies before it sends
    rating = seat.rate(ANSWERS[0].id, GOOD)
    seat.journal._file.close()  # as the end of its process does
    [left] = list(abandoned(tmp_path))
    assert (left.reviewer, left.said, left.review.task_id) == ("Ann / QA", (rating,), review.task_id)
    following = ReviewService(project, tmp_path, SETTINGS, clock=clock)
    following.care()
    assert following.watch(review.task_id).look().ratings == (rating,)
    assert list(abandoned(tmp_path)) == []
    following.stop()


def test_what_a_page_left_is_sent_as_soon_as_the_next_one_starts(
    project: str, tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("redraft.tracking.reviewing.CARE_S", 1000.0)
    review = make_review(project)
    dead = ReviewService(project, tmp_path, SETTINGS, clock=clock)
    seat = dead.seat(review.task_id, "Ann", "1")
    seat._submit = lambda _seat: None
    rating = seat.rate(ANSWERS[0].id, GOOD)
    seat.journal._file.close()
    following = ReviewService(project, tmp_path, SETTINGS, clock=clock)
    following.start()
    eventually(lambda: not seat.journal.path.exists())
    assert following.watch(review.task_id).look().ratings == (rating,)
    following.stop()


def test_looks_that_wait_for_the_server_do_not_pile_up_before_what_is_to_be_sent(
    service: ReviewService, project: str, clock: Clock
) -> None:
    watch, asked = service.watch(make_review(project).task_id), list[Callable[[], object]]()
    service.sender.run = asked.append  # type: ignore[method-assign]
    clock.now += 60
    for _ in range(3):
        service.refresh(watch)
    assert len(asked) == 1
    asked.pop()()
    clock.now += 60
    service.refresh(watch)
    assert len(asked) == 1


def test_a_living_pages_journal_is_left_alone(service: ReviewService, project: str, tmp_path: Path) -> None:
    review = make_review(project)
    seat = service.seat(review.task_id, "Ann", "1")
    seat._submit = lambda _seat: None
    seat.rate(ANSWERS[0].id, GOOD)
    assert list(abandoned(tmp_path)) == []


def test_a_half_written_line_was_never_kept_and_the_others_are_read(
    service: ReviewService, project: str, tmp_path: Path
) -> None:
    review = make_review(project)
    seat = service.seat(review.task_id, "Ann", "1")
    seat._submit = lambda _seat: None
    rating = seat.rate(ANSWERS[0].id, GOOD)
    seat.rate(ANSWERS[1].id, GOOD)
    path = seat.journal.path
    seat.journal._file.close()
    path.write_text(path.read_text()[:-20])
    [left] = list(abandoned(tmp_path))
    assert left.said == (rating,)


def test_a_review_that_was_closed_meanwhile_loses_nothing(service: ReviewService, project: str) -> None:
    review = make_review(project)
    seat = service.seat(review.task_id, "Ann", "1")
    first = seat.rate(ANSWERS[0].id, GOOD)
    eventually(saved(seat))
    close_review(review)
    late = seat.rate(ANSWERS[1].id, GOOD)
    eventually(lambda: seat.state.closed)
    assert "kept all the same" in seat.state.closed
    assert [r.id for r in merged(review.task_id)] == [first.id]
    assert seat.confirmed == {first.id}
    assert {r.id for r in load_history(find_sources(project)).ratings} == {first.id, late.id}


def test_a_review_that_was_stopped_meanwhile_loses_nothing_and_is_not_called_closed(
    service: ReviewService, project: str
) -> None:
    review = make_review(project)
    seat = service.seat(review.task_id, "Ann", "1")
    first = seat.rate(ANSWERS[0].id, GOOD)
    eventually(saved(seat))
    call("tasks.stopped", task=review.task_id, force=True, status_message="aborted by Ben")
    seat.finish()  # nothing that comes too late: it is of no use in a review that is over
    eventually(lambda: seat.state.closed)
    assert seat.state.closed == CANCELLED
    late = seat.rate(ANSWERS[1].id, GOOD)
    eventually(lambda: "was stopped before 1 rating of Ann arrived: kept all the same" in seat.state.closed)
    assert service.watch(review.task_id).look().cancelled
    assert {r.id for r in load_history(find_sources(project)).ratings} == {first.id, late.id}


def test_a_review_that_the_watchdog_stopped_while_it_was_being_closed_is_not_cancelled(
    service: ReviewService, project: str
) -> None:
    review = make_review(project)
    watch = service.watch(review.task_id)
    with pytest.raises(Died):
        close_review(review, clock=lambda: 0.0, between=die_after("started"))
    call("tasks.stopped", task=review.task_id, force=True, status_message=WATCHDOG)
    assert (watch.look().status, watch.last.cancelled) == ("stopped", False)


def test_bad_input_says_what_is_wrong_and_keeps_nothing(service: ReviewService, project: str) -> None:
    review = make_review(project)
    seat = service.seat(review.task_id, "Ann", "1")
    with pytest.raises(InputError, match=r"score must be 1 to 5, got 6"):
        seat.rate(ANSWERS[0].id, Opinion(score=6))
    with pytest.raises(InputError, match=r"the comment has 1,000,000 characters, at most 10,000"):
        seat.rate(ANSWERS[0].id, Opinion(score=3, comment="x" * 1_000_000))
    with pytest.raises(InputError, match=r"is not in this review"):
        seat.rate("a-other", GOOD)
    assert (seat.state.waiting, seat.look().ratings) == (0, ())


def test_a_review_that_is_not_open_is_refused(service: ReviewService, project: str) -> None:
    review = make_review(project)
    close_review(review)
    with pytest.raises(ReviewClosed, match="not open"):
        service.seat(review.task_id, "Ann", "1")


def test_people_share_the_plan_in_the_order_of_their_arrival(service: ReviewService, project: str) -> None:
    review = make_review(project)
    for name in ("Bob", "Ann"):
        seat = service.seat(review.task_id, name, "1")
        seat.arrive()
        eventually(lambda name=name: name in [p.reviewer for p in service.watch(review.task_id).look().presences])
    overview = service.overview(review.task_id, max_age_s=0)
    assert [(p.reviewer, p.rated, p.share) for p in overview.people] == [("Bob", 0, 3), ("Ann", 0, 3)]
    assert (overview.answers, overview.planned, overview.missing, overview.letters) == (3, 6, 6, 1)


def test_a_complete_review_closes_once_everybody_has_finished(service: ReviewService, project: str) -> None:
    review = make_review(project)
    seats = [service.seat(review.task_id, name, "1") for name in ("Ann", "Bob")]
    for seat in seats:
        seat.arrive()
        for answer in ANSWERS:
            seat.rate(answer.id, GOOD)
        eventually(saved(seat))
    service.care()
    assert status_of(review.task_id) == "queued"  # they may still change their minds
    for seat in seats:
        seat.finish()
    eventually(lambda: sum(p.finished for p in service.watch(review.task_id).look().presences) == 2)
    service.care()
    assert (status_of(review.task_id), len(merged(review.task_id))) == ("completed", 6)


def test_a_complete_review_closes_after_a_while_of_silence(service: ReviewService, project: str, clock: Clock) -> None:
    review = make_review(project)
    for name in ("Ann", "Bob"):
        seat = service.seat(review.task_id, name, "1")
        for answer in ANSWERS:
            seat.rate(answer.id, GOOD)
        eventually(saved(seat))
    service.care()
    assert status_of(review.task_id) == "queued"
    clock.now += SETTINGS.settle_s
    service.care()
    assert status_of(review.task_id) == "completed"


@pytest.mark.parametrize("step", ["lease", "remove_task", "started", "ratings", "overalls"])
@pytest.mark.parametrize("reason", ["All answers are wrong.", ""])
def test_a_review_whose_closer_died_is_finished_by_the_page_as_it_was_meant(
    service: ReviewService, project: str, clock: Clock, step: str, reason: str
) -> None:
    """Also one that a lead closed before every rating was there, and whether or not a keeper runs."""
    review = make_review(project)
    seat = service.seat(review.task_id, "Ann", "1")
    for answer in ANSWERS if reason else ANSWERS[:1]:
        seat.rate(answer.id, GOOD)
    eventually(saved(seat))
    with contextlib.suppress(Died):
        close_review(review, rejected=reason, clock=clock, between=die_after(step))
    service.care()
    assert status_of(review.task_id) != "completed"
    clock.now += LEASE_S
    service.care()
    assert status_of(review.task_id) == "completed"
    assert (rejection(review.task_id) or "") == reason


def test_an_incomplete_review_waits_however_long(service: ReviewService, project: str, clock: Clock) -> None:
    review = make_review(project)
    rate(review, "Ann", 4, 4)
    clock.now += 30 * 24 * 3600
    service.care()
    assert status_of(review.task_id) == "queued"


def test_a_bad_questions_answers_are_not_waited_for(service: ReviewService, project: str) -> None:
    review = make_review(project)
    watch = service.watch(review.task_id)
    seat = service.seat(review.task_id, "Ann", "1")
    seat.flag(ANSWERS[0].question_id, "It asks two things.")
    eventually(lambda: watch.look().flags)
    assert len(missing_ratings(watch.contents, watch.last)) == 4
    seat.flag(ANSWERS[0].question_id, withdrawn=True)
    eventually(lambda: not watch.look().flags)
    close_review(review)
    flags = load_history(find_sources(project)).flags
    assert flags == (
        Flag(
            review_key=KEY,
            question_id=ANSWERS[0].question_id,
            reviewer="Ann",
            withdrawn=True,
            created=flags[0].created,
        ),
    )


@pytest.fixture
def agents() -> Iterator[None]:
    """Register agents that serve the queues."""
    ensure_queues()
    served = {"one": SERVICES_QUEUE, "two": STEPS_QUEUE}
    for worker, queue in served.items():
        call("workers.register", worker=worker, queues=[queue_ids()[queue]], timeout=600)
    yield
    for worker in served:
        call("workers.unregister", worker=worker)


@pytest.mark.usefixtures("agents")
def test_a_run_whose_controller_failed_is_put_back_and_one_that_a_person_stopped_is_not(project: str) -> None:
    failed, stopped = make_run(project, status="failed"), make_run(project, status="stopped")
    assert wake_run(failed.id) is True
    assert status_of(failed.id) == "queued"
    assert wake_run(stopped.id) is False
    assert (status_of(stopped.id), wake_run(None)) == ("stopped", False)


@pytest.mark.usefixtures("agents")
def test_a_controller_that_was_heard_of_just_now_is_left_alone(project: str) -> None:
    run = make_run(project)
    assert wake_run(run.id) is False
    assert status_of(run.id) == "in_progress"


@pytest.mark.usefixtures("agents")
def test_a_run_whose_agent_died_during_the_review_goes_on_once_it_was_silent_for_long_enough(
    service: ReviewService, project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It once waited for `redraft resume`: the page looked at it only at the moment at which the review was closed."""
    run = make_run(project)
    review = make_review(project, parent=run.id)
    seat = service.seat(review.task_id, "Ann", "1")
    seat.rate(ANSWERS[0].id, Opinion(score=4))
    eventually(saved(seat))
    service.close(review.task_id, owner="lead")
    service.care()
    assert status_of(run.id) == "in_progress"
    monkeypatch.setattr(settling, "SILENT_S", -1.0)
    service.care()
    assert status_of(run.id) == "queued"
    call("tasks.dequeue", task=run.id)
    service.care()
    assert status_of(run.id) == "stopped"  # as before it was put back: that is done once


def test_a_rating_saved_while_two_closers_took_turns_is_in_the_history(project: str, tmp_path: Path) -> None:
    review = make_review(project)
    [merged_row] = rate(review, "Ann", 4)
    close_review(review)
    [missed] = ratings_by("Bob", 2)
    path = write_jsonl(tmp_path / "ratings-bob.jsonl", Rating, [missed])
    artifact = {
        "key": f"ratings-{writer_key('Bob', '1')}",
        "type": "custom",
        "uri": upload_file(review.task_id, "artifacts/bob", path),
        "hash": hashlib.sha256(path.read_bytes()).hexdigest(),
    }
    call("tasks.add_or_update_artifacts", task=review.task_id, artifacts=[artifact], force=True)
    assert merged(review.task_id) == [merged_row]
    assert {r.id for r in load_history(find_sources(project)).ratings} == {merged_row.id, missed.id}


def test_who_has_time_left_gets_second_readings_which_are_then_waited_for(service: ReviewService, project: str) -> None:
    run = make_run(project).id
    review = make_review(project, parent=run)
    watch = service.watch(review.task_id)
    seat = service.seat(review.task_id, "Ann", "1")
    seat.arrive()
    seat.rate(ANSWERS[0].id, GOOD)
    eventually(saved(seat))
    watch.look()
    other = service.seat(review.task_id, "Bob", "1")
    other.arrive()
    other.rate(ANSWERS[0].id, GOOD)
    eventually(saved(other))
    watch.look()
    planned = len(watch.contents.plan)
    assert service.extend(seat, 2) == 0  # everything is dealt to the two of them
    third = service.seat(review.task_id, "Cem", "1")
    third.arrive()
    eventually(lambda: "Cem" in [p.reviewer for p in watch.look().presences])
    n = service.extend(third, 2)
    eventually(lambda: len(watch.look().added) == n)
    overview = service.overview(review.task_id, max_age_s=0)
    assert n > 0
    assert overview.planned == planned + n
    assert {item.role for item in watch.last.added} == {"second"}
    raise_limits(run, {"budget.run_ratings": str(planned + n)})
    assert service.extend(third, 2) == 0  # the run may ask for no more


def test_what_a_closed_review_holds_is_not_called_late(project: str) -> None:
    review = make_review(project)
    [row] = rate(review, "Ann", 4)
    close_review(review)
    assert record_late(review, "Ann", [row]) == ""
    [other] = ratings_by("Bob", 2)
    assert "before 1 rating of Bob arrived" in record_late(review, "Bob", [row, other])
    assert {r.id for r in load_history(find_sources(project)).ratings} == {row.id, other.id}


def test_while_a_review_is_being_closed_nobody_says_what_is_late(project: str) -> None:
    review = make_review(project)
    [row] = rate(review, "Ann", 4)
    with pytest.raises(ReviewClosed, match="is being closed"):
        record_late(review, "Ann", [row])
