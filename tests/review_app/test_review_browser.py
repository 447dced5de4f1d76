"""The page Review in a real browser: what only shows between a keyboard, two tabs and two people."""

from __future__ import annotations

import re
import time
import uuid
from collections.abc import Iterator

import pytest
from browser import PHONE
from clearml_stand_in import RunningServer
from playwright.sync_api import Browser, Page, expect
from rating_world import LETTERS, QUESTIONS, answer_of, flags, in_history, open_review, rated
from served_page import served_page
from watched_browser import (
    PATIENCE_MS,
    await_another,
    await_answer,
    is_remembered,
    person,
    press_button,
    rate_by_keys,
    see,
)

from redraft.cli.page_process import PageProcess
from redraft.tracking.inbox import OpenReview, review_status
from redraft.tracking.server import call

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("clearml_sdk")]

ANSWERS = [answer_of(variant, question).id for question in QUESTIONS for variant in LETTERS.values()]
REASON = "Says nothing of its source."


@pytest.fixture(scope="module")
def project() -> str:
    """Name a project for all tests here: one page serves them, each review is of another iteration."""
    return f"project-{uuid.uuid4().hex[:12]}"


@pytest.fixture
def page_url(served: PageProcess) -> str:
    """Where the page is."""
    return served.url


@pytest.fixture(scope="module")
def served(
    project: str, clearml_server: RunningServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[PageProcess]:
    """Serve the page as `redraft review` does."""
    with served_page(project, clearml_server, tmp_path_factory.mktemp("page")) as page:
        yield page


@pytest.fixture
def review(project: str) -> Iterator[OpenReview]:
    """Open a review of six answers; it is closed at the end."""
    from redraft.tracking.closing import close_review

    opened = open_review(project, iteration=int(uuid.uuid4().hex[:4], 16))
    yield opened
    if review_status(opened.task_id) == "queued":
        close_review(opened)


def link(page_url: str, review: OpenReview) -> str:
    return f"{page_url}/?review={review.task_id}"


def test_a_low_score_puts_the_cursor_into_the_comment_and_ctrl_enter_gives_it(
    page_url: str, review: OpenReview, chromium: Browser
) -> None:
    with person(chromium, link(page_url, review), "Ann") as page:
        await_answer(page)
        page.keyboard.press("1")
        page.keyboard.type("12345 is no score now")
        see(page, "A 1 needs a word on what is wrong")
        page.keyboard.press("Control+Enter")
        assert await_another(page, ANSWERS[0]) == ANSWERS[1]
        rate_by_keys(page, 4)  # the cursor has left the comment
        see(page, re.compile("all saved"))
    assert [rated(review)[answer].score for answer in ANSWERS[:2]] == [1, 4]
    assert rated(review)[ANSWERS[0]].comment == "12345 is no score now"


def test_who_goes_back_finds_comment_and_tags_and_loses_neither(
    page_url: str, review: OpenReview, chromium: Browser
) -> None:
    with person(chromium, link(page_url, review), "Ann") as page:
        await_answer(page)
        page.get_by_role("button", name="no source").click()
        page.keyboard.press("2")
        see(page, "A 2 needs a word on what is wrong")
        page.get_by_label("Comment").fill(REASON)
        page.keyboard.press("Control+Enter")
        assert await_another(page, ANSWERS[0]) == ANSWERS[1]
        page.keyboard.press("b")
        assert await_another(page, ANSWERS[1]) == ANSWERS[0]
        expect(page.get_by_label("Comment")).to_have_value(REASON)
        page.keyboard.press("n")
        assert await_another(page, ANSWERS[0]) == ANSWERS[1]
        page.keyboard.press("b")
        assert await_another(page, ANSWERS[1]) == ANSWERS[0]
        expect(page.get_by_label("Comment")).to_have_value(REASON)
        see(page, re.compile("all saved"))
    assert (rated(review)[ANSWERS[0]].comment, rated(review)[ANSWERS[0]].tags) == (REASON, ("no source",))


def test_a_bad_question_is_called_so_explained_and_found_again_by_keys(
    page_url: str, review: OpenReview, chromium: Browser
) -> None:
    with person(chromium, link(page_url, review), "Ann") as page:
        await_answer(page)
        page.keyboard.press("q")
        see(page, "Noted: you called the question a bad one.")
        page.keyboard.press("e")
        expect(page.get_by_label("What is wrong with the question?")).to_be_focused()
        page.keyboard.type("1 quest10n? No: 2.")
        page.keyboard.press("Enter")
        page.keyboard.press("n")
        assert await_another(page, ANSWERS[0]) == ANSWERS[2]
        page.keyboard.press("b")
        assert await_another(page, ANSWERS[2]) == ANSWERS[0]
        expect(page.get_by_label("What is wrong with the question?")).to_have_value("1 quest10n? No: 2.")
        rate_by_keys(page, 4)
        see(page, re.compile("all saved"))
    assert [flag.comment for flag in flags(review)] == ["1 quest10n? No: 2."]
    assert {answer: rating.score for answer, rating in rated(review).items()} == {ANSWERS[0]: 4}


def test_what_is_wrong_with_a_question_can_be_said_before_it_is_asked(
    page_url: str, review: OpenReview, chromium: Browser
) -> None:
    with person(chromium, link(page_url, review), "Ann") as page:
        await_answer(page)
        page.keyboard.press("q")
        page.keyboard.press("e")  # before anything was drawn
        expect(page.get_by_label("What is wrong with the question?")).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.get_by_label("What is wrong with the question?")).not_to_be_focused()
        page.wait_for_timeout(200)  # in which it would be put there again
        expect(page.get_by_label("What is wrong with the question?")).not_to_be_focused()


def test_who_reloads_does_not_get_a_skipped_answer_again(page_url: str, review: OpenReview, chromium: Browser) -> None:
    with person(chromium, link(page_url, review), "Ann") as page:
        await_answer(page)
        is_remembered(page)
        page.keyboard.press("s")
        assert await_another(page, ANSWERS[0]) == ANSWERS[1]
        page.keyboard.press("n")  # what is not rated is skipped
        assert await_another(page, ANSWERS[1]) == ANSWERS[2]
        page.reload()
        assert await_answer(page) == ANSWERS[2]
        see(page, re.compile("skipped: 2, they come at the end"))


def test_a_key_that_is_pressed_twice_rates_one_answer(page_url: str, review: OpenReview, chromium: Browser) -> None:
    with person(chromium, link(page_url, review), "Ann") as page:
        await_answer(page)
        page.keyboard.press("4")
        page.keyboard.press("4")  # before anything was drawn
        assert await_another(page, ANSWERS[0]) == ANSWERS[1]
        rate_by_keys(page, 5)
        see(page, re.compile("all saved"))
    assert {answer: rating.score for answer, rating in rated(review).items()} == {ANSWERS[0]: 4, ANSWERS[1]: 5}


def test_what_was_clicked_does_not_stay_beside_the_next_answer(
    page_url: str, review: OpenReview, chromium: Browser
) -> None:
    """Streamlit keeps an element that has the focus; a clicked score stood there as a sixth."""
    with person(chromium, link(page_url, review), "Ann") as page:
        await_answer(page)
        page.get_by_role("button", name="well done").click()
        page.locator(f".st-key-score-4-{ANSWERS[0]} button").click()
        await_another(page, ANSWERS[0])
        expect(page.locator("[class*=st-key-score-]:visible")).to_have_count(5)
        expect(page.locator("[class*=st-key-tags-]:visible")).to_have_count(1)
        see(page, re.compile("all saved"))
    assert rated(review)[ANSWERS[0]].tags == ("well done",)


def test_another_score_that_is_clicked_after_the_comment_is_the_one_that_counts(
    page_url: str, review: OpenReview, chromium: Browser
) -> None:
    """Leaving the comment gives the score that waited for it, a moment before the click arrives."""
    with person(chromium, link(page_url, review), "Ann") as page:
        await_answer(page)
        page.keyboard.press("2")
        page.keyboard.type("Not so bad.")
        see(page, "A 2 needs a word on what is wrong")
        page.locator(f".st-key-score-3-{ANSWERS[0]} button").click()
        await_another(page, ANSWERS[0])
        see(page, re.compile("all saved"))
    assert (rated(review)[ANSWERS[0]].score, rated(review)[ANSWERS[0]].comment) == (3, "Not so bad.")


def test_two_tabs_of_one_person_count_together(page_url: str, review: OpenReview, chromium: Browser) -> None:
    with person(chromium, link(page_url, review), "Ann") as first:
        await_answer(first)
        is_remembered(first)
        second = first.context.new_page()
        second.goto(link(page_url, review))
        await_answer(second)
        rate_by_keys(first, 4)
        second.keyboard.press("5")  # for an answer that the other tab has rated
        see(second, "You gave it 4.")
        expect(second.get_by_role("button", name="Next")).to_be_visible()
        second.keyboard.press("n")
        await_another(second, ANSWERS[0])
        rate_by_keys(second, 3)
        see(second, re.compile(r"^2 of 6 answers"))
        see(second, re.compile("all saved"))
    assert {answer: rating.score for answer, rating in rated(review).items()} == {ANSWERS[0]: 4, ANSWERS[1]: 3}


def test_two_leads_who_close_at_once_close_once(page_url: str, review: OpenReview, chromium: Browser) -> None:
    with person(chromium, page_url, "Ann") as ann, person(chromium, page_url, "Ben") as ben:
        for lead in (ann, ben):
            press_button(lead, "Close …")
            expect(lead.get_by_role("button", name="Close the review")).to_be_visible()
        for lead in (ann, ben):
            lead.get_by_role("button", name="Close the review").click(no_wait_after=True)
        for lead in (ann, ben):
            expect(lead.get_by_text(f"Iteration {review.iteration}", exact=True)).to_have_count(0, timeout=PATIENCE_MS)
        told = [bool(_told(lead)) for lead in (ann, ben)]
        assert told.count(True) <= 1  # none, if the list was drawn anew before the later click
    assert review_status(review.task_id) == "completed"


def _told(page: Page) -> str:
    found = page.get_by_role("alert").filter(has_text=re.compile("closed|closing|not open"))
    return " ".join(found.all_inner_texts())


def test_a_review_that_is_closed_while_somebody_reads_says_so_and_keeps_what_they_say(
    page_url: str, review: OpenReview, project: str, chromium: Browser
) -> None:
    with person(chromium, link(page_url, review), "Ann") as ann, person(chromium, page_url, "Ben") as ben:
        await_answer(ann)
        rate_by_keys(ann, 4)
        see(ann, re.compile("all saved"))
        press_button(ben, "Close …")
        press_button(ben, "Close the review")
        see(ann, "This review was closed meanwhile")  # nobody has touched the page
        ann.keyboard.press("5")
        see(ann, "was closed before 1 rating of Ann arrived")
        ann.reload()
        see(ann, "This review is closed")
    said = [rating for rating in in_history(project) if rating.answer_id in ANSWERS and rating.reviewer == "Ann"]
    assert {rating.score for rating in said} >= {4, 5}


def test_a_review_that_is_aborted_while_somebody_reads_says_what_becomes_of_what_they_said(
    page_url: str, review: OpenReview, project: str, chromium: Browser
) -> None:
    began = time.time()
    stopped = "This review was stopped, and nobody waits for it any more. What you have said is kept"
    with person(chromium, link(page_url, review), "Ann") as ann:
        await_answer(ann)
        rate_by_keys(ann, 4)
        see(ann, re.compile("all saved"))
        call("tasks.stopped", task=review.task_id, force=True, status_reason="a person aborted the run")
        see(ann, stopped)  # nobody has touched the page
        ann.keyboard.press("5")
        see(
            ann, "was stopped before 1 rating of Ann arrived: kept all the same, and counted from the next iteration on"
        )
        ann.reload()
        see(ann, stopped)
    assert [rating.score for rating in in_history(project) if rating.created >= began] == [4, 5]


def test_on_a_phone_everything_is_as_wide_as_the_window_and_the_scores_come_before_the_passages(
    page_url: str, review: OpenReview, chromium: Browser
) -> None:
    with person(chromium, link(page_url, review), "Ann") as page:
        await_answer(page)
        page.set_viewport_size(PHONE)
        page.wait_for_function("document.documentElement.scrollWidth <= innerWidth")
        panel, passages = (page.locator(f".st-key-rat{name}").bounding_box() for name in ("ing-panel", "ed-passages"))
        assert panel
        assert passages
        assert panel["y"] + panel["height"] <= passages["y"]
        assert panel["width"] > 300
        page.locator(f".st-key-score-2-{ANSWERS[0]} button").click()
        page.get_by_role("textbox", name="Comment").fill(REASON)
        press_button(page, "Give it a 2")
        await_another(page, ANSWERS[0])
        assert page.evaluate("document.querySelector('[data-testid=stMain]').scrollTop") == 0
        see(page, re.compile("all saved"))
    assert (rated(review)[ANSWERS[0]].score, rated(review)[ANSWERS[0]].comment) == (2, REASON)


def test_who_types_the_address_of_the_page_review_gets_it(page_url: str, chromium: Browser) -> None:
    with person(chromium, page_url, "Ann") as page:
        see(page, "Reviews")
        is_remembered(page)
        page.goto(f"{page_url}/review")
        see(page, "Reviews")
        expect(page.get_by_text("Page not found")).to_have_count(0)


def test_the_page_asks_its_server_rarely_while_somebody_reads(
    page_url: str, review: OpenReview, chromium: Browser
) -> None:
    """A timer that was started with each draw, and not ended, asked dozens of times a second; keys were lost in it."""
    asked: list[float] = []
    with person(chromium, link(page_url, review), "Ann") as page:
        await_answer(page)
        is_remembered(page)
        page.on("websocket", lambda it: it.on("framesent", lambda _: asked.append(time.monotonic())))
        page.reload()
        await_answer(page)
        for score in (4, 3, 5, 4):
            rate_by_keys(page, score)
        see(page, re.compile("all saved"))
        begun = time.monotonic()
        page.wait_for_timeout(7000)  # the time in which it would be seen
        assert 1 <= len([when for when in asked if when > begun]) <= 5
