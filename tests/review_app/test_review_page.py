"""The page Review without a browser: what it lists, takes, refuses and says, on the stand-in through the real SDK."""

from __future__ import annotations

import re
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rating_world import (
    LETTERS,
    NASTY,
    QUESTIONS,
    answer_of,
    flags,
    in_history,
    open_review,
    plan_with_earlier_prompts,
    rated,
    run_at,
)
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Button

from redraft.config import load_config
from redraft.review_app.loading import forget_sources
from redraft.review_app.review import costing, giving
from redraft.review_app.review import service as page_service
from redraft.tracking.artifacts import artifact_urls
from redraft.tracking.inbox import OpenReview
from redraft.tracking.opinion import Opinion
from redraft.tracking.reviewing import ReviewService
from redraft.tracking.server import call

STOPPED = "This review was stopped, and nobody waits for it any more. What you have said is kept"
PAGE = Path(__file__).parent / "pages" / "review.py"
NOBODY = "http://127.0.0.1:9"
ANSWERS = [answer_of(variant, question) for question in QUESTIONS for variant in LETTERS.values()]

pytestmark = pytest.mark.usefixtures("clearml_sdk")


@pytest.fixture(autouse=True)
def project(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[str]:
    """A project of its own, whose page's service ends with the test."""
    from clearml.backend_interface.base import InterfaceBase

    session = InterfaceBase._get_default_session()  # the service gives up sooner than other tests want
    name = f"project-{uuid.uuid4().hex[:12]}"
    for variable, value in {"REDRAFT_PROJECT": name, "REDRAFT_HOME": str(tmp_path)}.items():
        monkeypatch.setenv(variable, value)
    yield name
    for thread in threading.enumerate():
        if thread.name.startswith(costing.THREAD):
            thread.join()
    served(name, tmp_path).stop()
    page_service._service.clear()
    forget_sources()
    InterfaceBase._set_default_session(session)


@pytest.fixture
def review(project: str) -> OpenReview:
    """A review of six answers by A and B, for one person."""
    return open_review(project)


def served(project: str, folder: Path) -> ReviewService:
    """The service behind the page."""
    made: ReviewService = page_service._service(project, str(folder), load_config().review)
    return made


def opened(review: OpenReview | None = None) -> AppTest:
    page = AppTest.from_file(str(PAGE), default_timeout=60)
    if review is not None:
        page.query_params["review"] = review.task_id
    return page.run()


def shown(page: AppTest) -> str:
    """Everything that a person reads, as plain text."""
    assert not page.exception
    parts = [*page.markdown, *page.caption, *page.subheader, *page.error, *page.warning, *page.info, *page.success]
    texts = [*(part.value for part in parts), *(part.value for part in page.text)]
    return "\n".join(re.sub(r"&#(\d+);", lambda code: chr(int(code[1])), text) for text in texts)


def at(page: AppTest) -> str:
    """The answer that is on the page."""
    found = [answer.id for answer in ANSWERS if f"{answer.text.split('.')[0]}." in shown(page)]
    assert len(found) == 1, shown(page)
    return found[0]


def progress(page: AppTest) -> str:
    text: str = page.get("progress")[0].proto.text
    return text


def press(page: AppTest, label: str) -> AppTest:
    (found,) = [one for one in page.button if one.label == label]
    return found.click().run()


def key(page: AppTest, score: int) -> Button:
    (found,) = [one for one in page.button if (one.key or "").startswith(f"score-{score}-")]
    return found


def rate(page: AppTest, score: int) -> AppTest:
    return key(page, score).click().run()


def rate_all(page: AppTest, *scores: int) -> AppTest:
    for score in scores:
        page = rate(page, score)
    return page


def eventually(check: Callable[[], object]) -> None:
    """Wait for the thread that sends."""
    deadline = time.monotonic() + 30
    while not check():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_a_project_without_a_run_says_so_and_offers_the_first() -> None:
    page = opened()
    assert "Nothing was run in this project yet" in shown(page)
    assert [one.label for one in page.button] == ["Start the first iteration"]


def test_what_an_iteration_will_take_is_said_below_the_button_that_starts_it() -> None:
    page = opened()
    assert page.button[0].label == "Start the first iteration"
    eventually(lambda: "Estimate: at most" in shown(page.run()))
    assert re.search(r"about [\d,]+ tokens and 0\.00 USD \(tokens a call by default\); \d+ ratings\.", shown(page))


def test_an_iteration_that_would_go_over_a_limit_is_announced_as_one_that_would_not_start(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    profile = tmp_path / "profile.yaml"
    profile.write_text("run: {chat_model: demo-chat, embedding_model: demo-embed}\nbudget: {run_ratings: 1}\n")
    monkeypatch.setenv("PROFILE", str(profile))
    page = opened()
    eventually(lambda: "It would not start: this run is estimated at" in shown(page.run()))


@pytest.mark.parametrize(
    ("steps", "doing", "then"),
    [
        ({}, "starting", "shows its review as soon as it opens"),
        (
            {"answer_questions": "in_progress"},
            "answering the example questions",
            "shows its review as soon as it opens",
        ),
        ({"review": "completed"}, "scoring the prompts", "Its review is closed, nothing is left to rate"),
        ({"review": "completed", "score_prompts": "in_progress"}, "scoring the prompts", "Its review is closed"),
    ],
)
def test_a_run_that_is_under_way_says_whether_its_review_is_still_to_come(
    project: str, steps: dict[str, str], doing: str, then: str
) -> None:
    run_at(project, steps)
    text = shown(opened())
    assert f"Iteration 1 is under way: {doing}. " in text
    assert then in text
    assert ("as soon as it opens" in text) is ("opens" in then)


@pytest.mark.parametrize(("review_is_open", "offered"), [(False, []), (True, ["Rate answers"])])
def test_who_is_no_lead_starts_and_closes_nothing(
    monkeypatch: pytest.MonkeyPatch, project: str, review_is_open: bool, offered: list[str]
) -> None:
    monkeypatch.setenv("LEAD", "no")
    if review_is_open:
        open_review(project)
    assert [one.label for one in opened().button] == offered


def test_the_list_shows_an_open_review_its_people_and_its_deadline(
    review: OpenReview, project: str, tmp_path: Path
) -> None:
    served(project, tmp_path).seat(review.task_id, "Ben / QA [x](http://a.example)", "1").arrive()
    seat = served(project, tmp_path).seat(review.task_id, "Ann", "1")
    seat.rate(ANSWERS[0].id, Opinion(score=4))
    eventually(lambda: rated(review))
    served(project, tmp_path).overview(review.task_id, max_age_s=0)
    text = shown(opened())
    assert "Iteration 1" in text
    assert "open for less than a minute, wanted by" in text
    assert re.search(r"^Ben / QA \[x\]\(http:.*//a\.example\): 0 of \d$", text, re.MULTILINE)
    assert re.search(r"^Ann \(you\): 1 of \d$", text, re.MULTILINE)


def test_the_list_opens_a_review_at_its_first_answer(review: OpenReview) -> None:
    page = press(opened(), "Rate answers")
    assert page.query_params["review"] == review.task_id
    assert at(page) == ANSWERS[0].id
    assert "How?" in shown(page)
    assert "Answer by A" in shown(page)


def test_a_rating_shows_the_next_answer_and_reaches_the_server_with_all_that_was_said(review: OpenReview) -> None:
    page = opened(review)
    page.text_area[0].set_value("It names its source.").run()
    page.pills[0].set_value(["well done"]).run()
    page = rate(page, 4)
    assert at(page) == ANSWERS[1].id
    eventually(lambda: rated(review))
    rating = rated(review)[ANSWERS[0].id]
    assert (rating.reviewer, rating.score, rating.comment) == ("Ann", 4, "It names its source.")
    assert (rating.tags, rating.position, rating.rubric) == (("well done",), 0, "1")
    assert rating.seconds is not None
    assert 0 <= rating.seconds < 60


@pytest.mark.parametrize("score", [1, 2])
def test_a_low_score_waits_for_its_reason(review: OpenReview, score: int) -> None:
    page = rate(opened(review), score)
    assert at(page) == ANSWERS[0].id
    assert f"A {score} needs a word on what is wrong" in shown(page)
    page.text_area[0].set_value("   ").run()
    assert at(page) == ANSWERS[0].id
    page.text_area[0].set_value("It is about something else.").run()
    assert at(page) == ANSWERS[1].id
    eventually(lambda: rated(review))
    assert (rated(review)[ANSWERS[0].id].score, len(rated(review))) == (score, 1)


def test_a_score_above_needs_no_reason_after_a_low_one_was_pressed(review: OpenReview) -> None:
    page = rate(rate(opened(review), 1), 3)
    assert at(page) == ANSWERS[1].id
    eventually(lambda: rated(review))
    assert rated(review)[ANSWERS[0].id].score == 3


def test_a_key_that_meets_a_stale_screen_rates_nothing(review: OpenReview) -> None:
    """Two quick presses meet the same screen: the second was meant for an answer that is not there yet."""
    page = opened(review)
    key(page, 4).click()
    page = rate(page, 5)
    assert at(page) == ANSWERS[1].id
    eventually(lambda: rated(review))
    assert list(rated(review)) == [ANSWERS[0].id]


def test_back_shows_what_was_said_and_a_key_changes_it(review: OpenReview) -> None:
    page = rate(opened(review), 4)
    page = press(page, "Back")
    assert at(page) == ANSWERS[0].id
    assert "You gave it 4." in shown(page)
    page = rate(page, 5)
    assert at(page) == ANSWERS[0].id
    assert "You gave it 5." in shown(page)
    assert at(press(page, "Next")) == ANSWERS[1].id
    eventually(lambda: rated(review).get(ANSWERS[0].id) and rated(review)[ANSWERS[0].id].score == 5)
    assert [rating.score for rating in rated(review).values()] == [5]


def test_a_comment_that_is_changed_later_goes_with_its_rating(review: OpenReview) -> None:
    page = press(rate(opened(review), 4), "Back")
    page.text_area[0].set_value("On second thoughts.").run()
    eventually(lambda: rated(review).get(ANSWERS[0].id) and rated(review)[ANSWERS[0].id].comment)
    assert rated(review)[ANSWERS[0].id].comment == "On second thoughts."


def test_skipped_answers_come_last_and_the_page_says_so(review: OpenReview) -> None:
    page = press(opened(review), "Skip")
    assert at(page) == ANSWERS[1].id
    assert progress(page).endswith("; skipped: 1, it comes at the end")
    page = press(page, "Skip")
    assert progress(page).endswith("; skipped: 2, they come at the end")
    page = rate_all(page, 3, 3, 3, 3)
    assert at(page) == ANSWERS[0].id
    assert "4 of 6 answers" in progress(page)
    assert progress(page).endswith("; only what you skipped is left")
    page = press(page, "Skip")
    assert at(page) == ANSWERS[1].id


def test_a_skip_goes_to_the_next_answer_also_where_earlier_ones_are_open(review: OpenReview) -> None:
    page = rate_all(press(opened(review), "Skip"), 3, 3)
    page = press(press(page, "Back"), "Next")
    assert at(page) == ANSWERS[3].id
    assert at(press(page, "Skip")) == ANSWERS[4].id


def test_next_goes_through_the_list_as_back_does(review: OpenReview) -> None:
    page = rate_all(opened(review), 3, 3, 3)
    for _ in range(3):
        page = press(page, "Back")
    assert at(page) == ANSWERS[0].id
    for place in (1, 2, 3):
        page = press(page, "Next")
        assert at(page) == ANSWERS[place].id


def test_after_a_reload_one_goes_on_with_what_is_neither_rated_nor_skipped(review: OpenReview) -> None:
    page = press(press(rate(opened(review), 3), "Skip"), "Skip")
    assert at(page) == ANSWERS[3].id
    page = opened(review)
    assert at(page) == ANSWERS[3].id
    assert progress(page).endswith("; skipped: 2, they come at the end")


def test_a_page_that_was_started_anew_goes_on_after_the_last_rating(review: OpenReview) -> None:
    """Which answers were skipped is known to the page's process alone."""
    rate(press(opened(review), "Skip"), 3)
    giving._skipped.clear()
    assert at(opened(review)) == ANSWERS[2].id


def test_a_bad_question_needs_no_rating_and_can_be_taken_back(review: OpenReview) -> None:
    page = press(opened(review), "The question itself is bad")
    assert "Noted: you called the question a bad one. Its answers need no rating. Q takes that back" in shown(page)
    page = press(page, "Next")
    assert at(page) == ANSWERS[2].id
    page = press(page, "Back")
    assert at(page) == ANSWERS[0].id
    assert "you called the question a bad one" in shown(page)
    page = press(page, "The question is fine")
    assert "a bad one" not in shown(page)
    page = rate(page, 3)
    eventually(lambda: rated(review))
    assert len(rated(review)) == 1


def test_what_is_wrong_with_a_question_goes_with_the_flag(review: OpenReview) -> None:
    page = press(opened(review), "The question itself is bad")
    page.text_input[0].set_value("Two questions in one.").run()
    eventually(lambda: [flag.comment for flag in flags(review)] == ["Two questions in one."])
    page = press(press(page, "Next"), "Back")
    assert page.text_input[0].value == "Two questions in one."


def test_words_that_were_written_before_are_about_the_question_and_no_comment_on_its_answer(review: OpenReview) -> None:
    page = opened(review)
    page.text_area[0].set_value("Nobody asks that.").run()
    page = press(page, "The question itself is bad")
    assert (page.text_input[0].value, page.text_area[0].value) == ("Nobody asks that.", "")
    rate(page, 4)
    eventually(lambda: rated(review) and flags(review))
    assert [flag.comment for flag in flags(review)] == ["Nobody asks that."]
    assert rated(review)[ANSWERS[0].id].comment is None


def test_a_flag_that_is_taken_back_gives_the_words_back(review: OpenReview) -> None:
    page = opened(review)
    page.text_area[0].set_value("Nobody asks that.").run()
    page = press(press(page, "The question itself is bad"), "The question is fine")
    assert page.text_area[0].value == "Nobody asks that."
    eventually(lambda: not flags(review))


def test_back_leads_to_a_bad_question_from_the_end_too(review: OpenReview) -> None:
    page = press(rate_all(opened(review), 3, 4, 3, 4, 3), "The question itself is bad")
    page = press(page, "Next")
    assert "A word on each letter as a whole" in shown(page)
    assert "People read these comments, in History; the prompt writer is not shown them" in shown(page)
    page = press(page, "Look at my ratings again")
    assert at(page) == ANSWERS[5].id
    assert "you called the question a bad one" in shown(page)


def test_back_leads_to_what_was_shown_before(review: OpenReview) -> None:
    page = rate_all(press(opened(review), "Skip"), 3, 3, 3, 3, 3)
    assert at(page) == ANSWERS[0].id
    for place in (5, 4, 3, 2, 1, 0):
        page = press(page, "Back")
        assert at(page) == ANSWERS[place].id


def test_after_the_last_answer_each_letter_is_rated_and_only_then_revealed(review: OpenReview, project: str) -> None:
    page = rate_all(opened(review), 3, 4, 3, 4, 3, 5)
    assert "A word on each letter as a whole" in shown(page)
    assert "**A**: your 3 ratings, 3.0 on average" in shown(page)
    assert "Please explain." not in shown(page)
    page = press(page, "Finish")
    assert "Give A and B an overall score from 1 to 5." in shown(page)
    for control, score in zip(page.segmented_control, (3, 4), strict=True):
        control.set_value(score)
    page = press(page, "Finish")
    assert "**A** was the current prompt." in shown(page)
    assert "**B** was a new prompt." in shown(page)
    assert "+ Answer in two sentences." in shown(page)
    eventually(lambda: len(in_history(project)) == 6)  # it closes by itself: the only person has finished
    assert [rating.score for rating in in_history(project)] == [3, 4, 3, 4, 3, 5]


def test_what_the_letters_are_is_said_beside_them(review: OpenReview) -> None:
    text = shown(opened(review))
    assert "Answer by A · Each letter (A and B) is one prompt, hidden until you finish." in text
    assert "earlier prompt" not in text


def test_letters_of_earlier_prompts_are_explained_before_and_after_and_need_no_overall_score(project: str) -> None:
    review = open_review(project, plan=plan_with_earlier_prompts())
    assert "6 answers by 4 prompts, which hide behind letters" in progress(opened())
    page = opened(review)
    assert "Each letter (A to D) is one prompt, hidden until you finish; some are earlier prompts" in shown(page)
    page = rate_all(page, 3, 4, 3, 4, 3, 5)
    assert "Of earlier prompts that you rated again (C, D) no word is needed." in shown(page)
    for control in page.segmented_control:
        control.set_value(3)
    page = press(page, "Finish")
    assert "**B** was a new prompt." in shown(page)
    assert "**C and D** were earlier prompts, rated again so that scores stay comparable." in shown(page)


@pytest.mark.parametrize(
    ("end", "said"), [("completed", "This review is closed."), ("stopped", STOPPED), ("failed", STOPPED)]
)
def test_a_review_that_is_not_open_says_so_and_whether_it_was_closed_or_stopped(
    review: OpenReview, end: str, said: str
) -> None:
    call(f"tasks.{end}", task=review.task_id, force=True)
    page = opened(review)
    assert said in shown(page)
    assert not [one for one in page.button if "**" in one.label]


@pytest.mark.parametrize("forgotten", [False, True])
def test_what_is_said_in_a_review_that_was_closed_meanwhile_is_kept(
    review: OpenReview, project: str, tmp_path: Path, forgotten: bool
) -> None:
    """Once the service had forgotten the closed review, a key met a closed journal and an error page."""
    service, page = served(project, tmp_path), rate(opened(review), 4)
    eventually(lambda: rated(review))
    service.close(review.task_id, owner="Ben")
    if forgotten:
        service.care()
    page = rate(page, 5)
    eventually(lambda: "was closed before 1 rating of Ann arrived" in shown(page.run()) or forgotten)
    eventually(lambda: len(in_history(project)) == 2)
    assert [rating.score for rating in in_history(project)] == [4, 5]


def test_a_page_that_shows_a_review_is_told_that_it_was_closed(
    review: OpenReview, project: str, tmp_path: Path
) -> None:
    page = opened(review)
    served(project, tmp_path).close(review.task_id, owner="Ben")
    served(project, tmp_path).watch(review.task_id).look()
    assert "This review is closed" in shown(page.run())


def test_a_page_that_shows_a_review_is_told_that_it_was_stopped_and_what_was_said_in_it_counts_later(
    review: OpenReview, project: str, tmp_path: Path
) -> None:
    """It said that everything was in the review, which nobody merges."""
    page = rate(opened(review), 4)
    eventually(lambda: rated(review))
    call("tasks.stopped", task=review.task_id, force=True)
    page = rate(page, 5)
    eventually(lambda: len(in_history(project)) == 2)
    served(project, tmp_path).watch(review.task_id).look()
    assert STOPPED in shown(page.run())
    assert "is in it" not in shown(page)
    assert [rating.score for rating in in_history(project)] == [4, 5]
    assert "ratings" not in artifact_urls(review.task_id)


def test_a_rejection_needs_its_reason_and_stops_the_iteration(review: OpenReview) -> None:
    page = press(opened(), "Reject the iteration")
    assert "A rejection must say why" in shown(page)
    page.text_input[0].set_value("The docs were half done.")
    page = press(page, "Reject the iteration")
    assert call("tasks.get_by_id", task=review.task_id)["task"]["status"] == "completed"
    assert "Nothing was run in this project yet" in shown(page)


def test_closing_what_somebody_else_closes_is_told_in_one_message(
    review: OpenReview, project: str, tmp_path: Path
) -> None:
    page = opened()
    served(project, tmp_path).close(review.task_id, owner="Ben")
    page = press(page, "Close the review")
    assert [warning.value for warning in page.warning] == ["the review of iteration 1 is completed already"]


def test_a_server_that_is_away_is_named_and_what_is_said_is_kept_on_this_machine(
    review: OpenReview, monkeypatch: pytest.MonkeyPatch, project: str, tmp_path: Path
) -> None:
    page = opened(review)
    eventually(lambda: served(project, tmp_path).seat(review.task_id, "Ann", page.session_state["session"]).journal)
    with monkeypatch.context() as patch:
        patch.setenv("CLEARML_API_HOST", NOBODY)
        page = rate(page, 4)
        assert at(page) == ANSWERS[1].id
        eventually(lambda: "1 rating kept on this machine, not yet at the server" in shown(page.run()))
    eventually(lambda: rated(review))


@pytest.mark.parametrize("score", [1, 4])
def test_a_comment_of_a_megabyte_is_refused_in_one_message_and_the_answer_stays(review: OpenReview, score: int) -> None:
    page = opened(review)
    page.text_area[0].set_value("x" * 1_000_000)
    page = rate(page, score)
    assert at(page) == ANSWERS[0].id
    assert [one.value for one in page.error] != []
    assert "1,000,000 characters, at most 10,000" in shown(page)
    page.text_area[0].set_value("x" * 10_000)
    page = rate(page, score)
    eventually(lambda: rated(review))
    assert len(rated(review)[ANSWERS[0].id].comment or "") == 10_000


def test_markup_in_answers_passages_and_comments_is_text(review: OpenReview) -> None:
    page = opened(review)
    drawn = [part.value for part in page.markdown]
    assert len([text for text in drawn if "alert(1)" in text.replace("&#40;", "(").replace("&#41;", ")")]) == 2
    for text in drawn:
        assert "<script>" not in text
        assert "](http://evil.example" not in text
        assert "](javascript:" not in text
    page.text_area[0].set_value(NASTY)
    page = rate(page, 1)
    eventually(lambda: rated(review))
    assert rated(review)[ANSWERS[0].id].comment == NASTY
    assert press(page, "Back").text_area[0].value == NASTY


def test_a_name_with_slashes_is_kept_as_it_is(review: OpenReview, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REVIEWER", "../Ann/QA\\é <b>")
    rate(opened(review), 4)
    eventually(lambda: rated(review))
    assert rated(review)[ANSWERS[0].id].reviewer == "../Ann/QA\\é <b>"


def test_two_tabs_of_one_person_count_their_ratings_once(review: OpenReview) -> None:
    first, second = opened(review), opened(review)
    first = rate(first, 4)
    eventually(lambda: rated(review))
    second = rate(second, 5)
    eventually(lambda: len({row.id for row in rated(review).values()}) == 1)
    assert at(first) == ANSWERS[1].id
    assert len(rated(review)) == 1
