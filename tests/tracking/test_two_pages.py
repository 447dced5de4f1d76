"""Two pages that serve the same review at once, each with threads and a state folder of its own."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from review_world import ANSWERS, eventually, make_review, merged, status_of

from redraft.config import load_config
from redraft.records import Rating
from redraft.tracking.history import find_sources, load_history, records_in
from redraft.tracking.opinion import Opinion
from redraft.tracking.reviewing import ReviewService
from redraft.tracking.seat import Seat

AT_LEAST = 5  # ratings that are acknowledged at each seat before the review is closed


@pytest.fixture
def services(project: str, tmp_path: Path) -> Iterator[list[ReviewService]]:
    """Two pages' services, which care as they do under a page."""
    settings = load_config().review
    made = [ReviewService(project, tmp_path / name, settings) for name in ("one", "two")]
    for service in made:
        service.start()
    yield made
    for service in made:
        service.stop()


def rate_on(seat: Seat, closed: threading.Event) -> list[Rating]:
    """Rate and change ratings until the review is closed, then once more; all that was said, each settled."""
    said: list[Rating] = []
    for answer, score in zip(itertools.cycle(ANSWERS), itertools.cycle((1, 2, 3, 4, 5)), strict=False):
        last = closed.is_set()
        said.append(seat.rate(answer.id, Opinion(score=score)))
        eventually(lambda: seat.state.waiting == 0, timeout_s=30)
        if last:
            break
    return said


def test_what_people_are_told_is_saved_by_either_of_two_pages_is_in_the_merged_file_once(
    services: list[ReviewService], project: str
) -> None:
    """One of them rates on both pages; one page closes the review while people rate on both."""
    review, (one, two), closed = make_review(project), services, threading.Event()
    places = ((one, "Ann"), (one, "Ben"), (two, "Cem"), (two, "Dee"), (two, "Ann"))
    seats = [service.seat(review.task_id, name, f"browser {n}") for n, (service, name) in enumerate(places)]

    with ThreadPoolExecutor(len(seats)) as people:
        rating = [people.submit(rate_on, seat, closed) for seat in seats]
        eventually(lambda: all(len(seat.confirmed) >= AT_LEAST for seat in seats), timeout_s=30)
        seen = [{r.reviewer for r in service.watch(review.task_id).look().ratings} for service in services]
        two.close(review.task_id, owner="Lea")
        closed.set()
        said = [row for each in rating for row in each.result()]

    acknowledged = [rating_id for seat in seats for rating_id in seat.confirmed]
    held = [row.id for row in merged(review.task_id)]
    assert seen == [{"Ann", "Ben", "Cem", "Dee"}] * 2
    assert status_of(review.task_id) == "completed"
    assert (len(held), len(acknowledged)) == (len(set(held)), len(set(acknowledged)))
    assert set(acknowledged) <= set(held)
    assert {row.id for row in said} == {
        row.id for row in records_in(find_sources(project)) if isinstance(row, Rating)
    }  # what came too late for the review is kept beside it
    last = {(row.reviewer, row.answer_id): row.score for row in sorted(said, key=lambda row: (row.created, row.id))}
    history = load_history(find_sources(project)).ratings
    assert sorted(((row.reviewer, row.answer_id), row.score) for row in history) == sorted(last.items())
    for service in services:
        service.stop()
    assert [path for service in services for path in service.folder.glob("journal/*/*")] == []
