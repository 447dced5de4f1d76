"""What people hand in while a review waits: acknowledged only when it will be read."""

from __future__ import annotations

import re

import pytest
from review_world import (
    ANSWERS,
    KEY,
    Died,
    by_id,
    die_after,
    make_review,
    merged,
    overall_by,
    queue_entries,
    rate,
    ratings_by,
    status_of,
)

from redraft.errors import InputError, ReviewClosed
from redraft.records import Overall, PlanItem
from redraft.tracking.artifacts import artifact_urls, get_records, put_records
from redraft.tracking.closing import close_review
from redraft.tracking.history import load_history
from redraft.tracking.inbox import assignments, hand_in, handed_in, open_reviews, planned, writer_key
from redraft.tracking.server import call


def test_what_is_handed_in_can_be_read_back_whole(project: str) -> None:
    review = make_review(project)
    ratings = ratings_by("Ann", 5, 3)
    hand_in(review, writer_key("Ann", "1"), ratings, [overall_by("Ann", 4)])
    found = handed_in(review.task_id)
    assert (found.ratings, found.overalls) == (tuple(ratings), (overall_by("Ann", 4),))


def test_handing_in_leaves_the_review_waiting_in_its_queue(project: str) -> None:
    review = make_review(project)
    rate(review, "Ann", 5)
    assert (status_of(review.task_id), queue_entries(review.task_id)) == ("queued", 1)


def test_two_writers_do_not_overwrite_each_other(project: str) -> None:
    """Two people, and one person in two tabs."""
    review = make_review(project)
    given = rate(review, "Ann", 5) + rate(review, "Ben", 1, 2) + rate(review, "Ann", 4, 4, session="2")
    assert by_id(handed_in(review.task_id).ratings) == by_id(given)


def test_the_later_file_of_a_writer_counts_and_no_stale_copy_is_read(project: str) -> None:
    """Each is read before the next is written, so that an older file is in the reader's cache."""
    review = make_review(project)
    for score in (1, 2, 3):
        ratings = rate(review, "Ann", score)
        assert list(handed_in(review.task_id).ratings) == ratings


def test_going_back_to_an_earlier_rating_is_read_as_the_earlier_rating(project: str) -> None:
    review = make_review(project)
    for score in (1, 2, 1):
        ratings = rate(review, "Ann", score)
    assert list(handed_in(review.task_id).ratings) == ratings


@pytest.mark.parametrize("score", [0, 6, -1])
def test_a_score_outside_1_to_5_is_refused_and_nothing_is_saved(project: str, score: int) -> None:
    review = make_review(project)
    with pytest.raises(InputError, match=f"score must be 1 to 5, got {score}"):
        rate(review, "Ann", 3, score)
    assert artifact_urls(review.task_id) == {}


def test_a_rating_of_an_answer_that_is_not_in_the_review_is_refused(project: str) -> None:
    review = make_review(project)
    import dataclasses

    stranger = dataclasses.replace(ratings_by("Ann", 3)[0], answer_id="a-stranger")
    with pytest.raises(InputError, match="'a-stranger' is not in this review"):
        hand_in(review, writer_key("Ann", "1"), [*ratings_by("Ann", 3), stranger])
    assert artifact_urls(review.task_id) == {}


def test_handing_in_to_a_closed_review_is_refused_and_changes_nothing(project: str) -> None:
    review = make_review(project)
    given = rate(review, "Ann", 5)
    close_review(review)
    before = artifact_urls(review.task_id)
    with pytest.raises(ReviewClosed, match="iteration 1 was closed before this was saved: 2 ratings"):
        rate(review, "Ben", 1, 2)
    assert artifact_urls(review.task_id) == before
    assert merged(review.task_id) == given


@pytest.mark.parametrize("step", ["started", "read", "ratings", "overalls"])
def test_while_a_closer_is_at_work_new_ratings_are_refused_and_earlier_ones_kept_once(project: str, step: str) -> None:
    """The closer may or may not see what comes now; so the writer is told that it was not saved."""
    review = make_review(project)
    acknowledged = rate(review, "Ann", 5, 4)
    late: list[str] = []

    def between(done: str) -> None:
        if done == step:
            with pytest.raises(ReviewClosed):
                rate(review, "Ben", 1)
            late.append(done)

    close_review(review, between=between)
    assert late == [step]
    assert [rating for rating in merged(review.task_id) if rating.reviewer == "Ann"] == acknowledged


@pytest.mark.parametrize("step", ["lease", "remove_task"])
def test_what_is_acknowledged_before_the_closer_started_the_task_is_in_the_merged_file(project: str, step: str) -> None:
    review = make_review(project)
    first = rate(review, "Ann", 5)
    acknowledged = list(first)
    close_review(review, between=lambda done: acknowledged.extend(rate(review, "Ben", 2)) if done == step else None)
    assert len(acknowledged) == 2
    assert by_id(merged(review.task_id)) == by_id(acknowledged)


def test_ratings_given_in_the_pause_of_a_take_over_are_merged(project: str) -> None:
    """A closer died after it had read; whoever finishes reads again."""
    review = make_review(project)
    acknowledged = rate(review, "Ann", 5)
    with pytest.raises(Died):
        close_review(review, clock=lambda: 0.0, between=die_after("ratings"))
    with pytest.raises(ReviewClosed):
        rate(review, "Ben", 2)
    close_review(review, clock=lambda: 100.0)
    assert [rating for rating in merged(review.task_id) if rating.reviewer == "Ann"] == acknowledged


@pytest.mark.parametrize(
    "reviewer", ["Ann / QA", "../../etc/passwd", "张伟", "ratings-Ben", "a.b:c?d#e%20", "x" * 300, "🙂"]
)
def test_any_name_of_a_reviewer_is_saved_and_read_back(project: str, reviewer: str) -> None:
    review = make_review(project)
    given = rate(review, reviewer, 3)
    assert list(handed_in(review.task_id).ratings) == given
    assert len(artifact_urls(review.task_id)) == 1


@pytest.mark.parametrize("reviewer", ["", "  ", "\n"])
def test_a_reviewer_without_a_name_is_refused(reviewer: str) -> None:
    with pytest.raises(InputError, match="a reviewer needs a name"):
        writer_key(reviewer, "1")


def test_names_that_read_alike_are_different_writers() -> None:
    names = [("Ann/B", "1"), ("Ann B", "1"), ("Ann_B", "1"), ("Ann/B", "2"), ("张伟", "1"), ("李娜", "1")]
    assert len({writer_key(*name) for name in names}) == len(names)


def test_what_a_writer_hands_in_is_stored_under_no_name(project: str) -> None:
    review = make_review(project)
    rate(review, "Ann Bee", 5)
    ((artifact, url),) = artifact_urls(review.task_id).items()
    assert not re.search("ann|bee", f"{artifact} {url.rpartition('/')[2]}".lower())


def test_a_review_is_listed_while_it_waits_and_while_it_is_being_closed_but_not_after(project: str) -> None:
    review = make_review(project)
    seen: list[list[str]] = []
    listed = lambda _done="": seen.append([found.task_id for found in open_reviews(project)])  # noqa: E731
    listed()
    close_review(review, between=listed)
    assert seen == [[review.task_id]] * 7 + [[]]


def test_a_stopped_review_is_cancelled(project: str) -> None:
    review = make_review(project)
    rate(review, "Ann", 3)
    call("tasks.stopped", task=review.task_id)
    assert open_reviews(project) == []
    with pytest.raises(ReviewClosed):
        rate(review, "Ann", 4)


def test_a_project_that_does_not_exist_has_no_open_review(project: str) -> None:
    assert open_reviews(project) == []


def test_a_draft_without_parameters_is_not_an_open_review(project: str) -> None:
    review = make_review(project)
    call("tasks.delete_hyper_params", task=review.task_id, hyperparams=[{"section": "Args"}], force=True)
    assert open_reviews(project) == []


def test_what_there_is_to_rate_comes_in_the_plans_order_with_its_passages(project: str) -> None:
    given = assignments(make_review(project))
    assert [(each.item.reviewer_slot, each.item.position) for each in given] == [
        (s, p) for s in (0, 1) for p in range(3)
    ]
    assert [each.answer for each in given] == [*ANSWERS, *ANSWERS]
    assert all(each.question.id == each.answer.question_id for each in given)
    assert {chunk.document_path for each in given for chunk in each.passages} == {"page.md"}


def test_what_a_person_was_given_in_addition_comes_after_the_plan(project: str) -> None:
    """Items that two pages added for one person are the same items."""
    review = make_review(project)
    added = [
        PlanItem(review_key=KEY, answer_id=ANSWERS[0].id, letter="A", reviewer_slot=2, position=0, role="second"),
        PlanItem(review_key=KEY, answer_id=ANSWERS[1].id, letter="A", reviewer_slot=0, position=3, role="second"),
    ]
    before = planned(review)
    put_records(review.task_id, f"plan-{writer_key('Cy', '1')}", PlanItem, added)
    put_records(review.task_id, f"plan-{writer_key('Cy', '2')}", PlanItem, added[:1])

    assert planned(review) == (*before, *added)
    assert [each.item for each in assignments(review) if each.item not in before] == [added[1], added[0]]
    assert set(load_history([review.task_id]).plan) == set(added)


def test_overall_scores_are_merged_too(project: str) -> None:
    review = make_review(project)
    hand_in(review, writer_key("Ann", "1"), ratings_by("Ann", 5), [overall_by("Ann", 4)])
    close_review(review)
    assert get_records(review.task_id, "overalls", Overall) == [overall_by("Ann", 4)]
