"""The real Review page, where answers, documents, questions and prompts are hostile: nothing runs, all is rated."""

from __future__ import annotations

import re
import uuid
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from beacon import Beacon
from browser import DESKTOP, PHONE
from clearml_stand_in import RunningServer
from hostile_review import hostile_records
from hostile_texts import labels
from playwright.sync_api import Browser, Page, expect
from rating_world import open_review, rated
from served_page import served_page
from watched_browser import await_another, await_answer, person, press_button, rate_by_keys, see

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("clearml_sdk")]

ACTIVE = "img, video, audio, iframe, script, object, embed, form, .katex, streamlit-help-icon"
LINKED = ("ok.example", "evil.example")  # where a reader may go by a click of their own


def is_harmless(page: Page, beacon: Beacon) -> None:
    """Fail if what is shown holds anything that acts, leads elsewhere than to the web, or is wider than the window."""
    main = page.get_by_test_id("stMain")
    assert page.get_by_test_id("stException").count() == 0
    assert main.locator(ACTIVE).count() == 0
    assert main.locator("[onclick], [onerror], [onload]").count() == 0
    links = main.locator("a[href]").evaluate_all("links => links.map(link => link.href)")
    assert {urlsplit(link).scheme for link in links} <= {"http", "https"}
    assert {urlsplit(link).netloc for link in links} <= {
        urlsplit(page.url).netloc,
        urlsplit(beacon.url).netloc,
        *LINKED,
    }
    for size in (PHONE, DESKTOP):
        page.set_viewport_size(size)
        wide, seen = main.evaluate("main => [main.scrollWidth, main.clientWidth]")
        assert wide <= seen, size


def test_hostile_answers_are_rated_by_keys_and_nothing_runs_is_fetched_or_breaks(
    clearml_server: RunningServer, chromium: Browser, beacon: Beacon, tmp_path: Path
) -> None:
    project = f"project-{uuid.uuid4().hex[:12]}"
    records = hostile_records(beacon.url)
    review = open_review(project, records=records)
    answers = [item.answer_id for item in records["plan"][1]]
    words = labels(beacon.url)[2]

    with (
        served_page(project, clearml_server, tmp_path) as served,
        person(chromium, f"{served.url}/?review={review.task_id}", words) as page,
    ):
        shown, seen = await_answer(page), []
        while shown:
            page.mouse.wheel(0, 1_000_000)  # what is fetched only when it comes into view
            is_harmless(page, beacon)
            seen.append(shown)
            shown = rate_by_keys(page, 2 if len(seen) == 1 else 4, words)
        assert seen == answers
        page.keyboard.press("b")
        assert await_another(page, "") == answers[-1]
        page.get_by_label("Comment").fill("\n".join(labels(beacon.url)))
        page.keyboard.press("Escape")
        await_answer(page)
        page.keyboard.press("n")
        assert await_another(page, answers[-1]) == ""
        see(page, re.compile("all saved"))
        for letter in "AB":
            page.get_by_role("radiogroup", name=f"Overall score of {letter}").get_by_text("3", exact=True).click()
            page.get_by_label(f"What should {letter} do differently?").fill(words)
        press_button(page, "Finish")
        see(page, "This is what was behind the letters.")
        page.get_by_text("The instructions of A").click()
        expect(page.get_by_text("<script>alert(1)</script>").first).to_be_visible()
        is_harmless(page, beacon)
    given = rated(review)
    assert [given[answer].score for answer in answers] == [2, *[4] * (len(answers) - 1)]
    assert given[answers[0]].comment == words
    assert given[answers[-1]].comment == "\n".join(labels(beacon.url))
    assert beacon.paths == []
