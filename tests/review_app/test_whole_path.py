"""From a finished demo to the next iteration in a real browser: `redraft review`, two people, and every page."""

from __future__ import annotations

import json
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from finished_demo import FinishedDemo, environment, processes_of
from playwright.sync_api import Browser, Page, expect
from watched_browser import (
    PATIENCE_MS,
    answer_shown,
    await_answer,
    person,
    press_button,
    rate_by_keys,
    see,
)

from redraft.config import ROOT

pytestmark = [
    pytest.mark.agent,
    pytest.mark.browser,
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.xdist_group("demo"),
]

ITERATION_MS = 240_000
REASON = "Says nothing of its source."
QUESTION = "How does a reviewer who was away find out what is left to rate?"
LOOK = """
import json, sys
from dataclasses import asdict
from redraft.tracking.history import find_sources, load_history
from redraft.tracking.prepare import runs_of
from redraft.tracking.question_set import edits_of
from redraft.tracking.runs import pipeline_project
sources = find_sources("redraft-demo")
history = load_history(sources)
json.dump({
    "ratings": [asdict(r) for r in history.ratings],
    "overalls": [asdict(o) for o in history.overalls],
    "edits": [e.question.text for e in edits_of(sources)],
    "runs": len(runs_of(pipeline_project("redraft-demo"))),
}, sys.stdout)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Served:
    """A page that `redraft review` serves."""

    home: Path
    url: str

    def look(self) -> dict[str, Any]:
        """What the server holds now, read by another process."""
        found = json.loads((self.home / "server" / "server.json").read_text())
        variables = {
            "CLEARML_CONFIG_FILE": found["config_file"],
            "CLEARML_API_HOST": found["url"],
            "CLEARML_WEB_HOST": found["url"],
            "CLEARML_FILES_HOST": found["url"],
            "CLEARML_API_ACCESS_KEY": found["access_key"],
            "CLEARML_API_SECRET_KEY": found["secret_key"],
            "CLEARML_CACHE_DIR": str(self.home / "cache"),
        }
        done = subprocess.run(
            [sys.executable, "-c", LOOK],
            cwd=ROOT,
            env={**environment(self.home), **variables},
            capture_output=True,
            text=True,
            timeout=120,
        )
        assert done.returncode == 0, done.stderr
        return dict(json.loads(done.stdout))


@pytest.fixture(scope="module")
def served(finished_demo: FinishedDemo, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Start `redraft review` on a copy of the demo's folder; nothing of it is left when it was interrupted."""
    folder = tmp_path_factory.mktemp("review")
    (folder / "user").mkdir()
    home = shutil.copytree(finished_demo.home, folder / "state", symlinks=True)
    with subprocess.Popen(
        [sys.executable, "-m", "redraft.cli", "review"],
        cwd=folder,
        env=environment(home),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        said = ""
        while "Ctrl-C stops it." not in said:
            line = process.stdout.readline()
            assert line, f"redraft review ended: {said}"
            said += line
        found = re.search(r"^review page\s+(\S+)$", said, re.MULTILINE)
        assert found, said
        try:
            yield Served(home=home, url=found[1])
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.communicate(timeout=60)
            finally:
                process.kill()  # if it went on
    assert processes_of(home) == []


def rate_what_is_left(page: Page) -> int:
    """Rate by keyboard until nothing is left; how many answers."""
    count = 0
    while answer_shown(page):
        rate_by_keys(page, (4, 5, 3, 4)[count % 4])
        count += 1
    see(page, "A word on each letter as a whole")
    return count


def give_overall_scores(page: Page) -> None:
    """Finish with a 4 for each letter."""
    for control in page.get_by_role("radiogroup", name=re.compile("Overall score of")).all():
        control.get_by_role("radio", name="4").click()
    press_button(page, "Finish")
    see(page, "This is what was behind the letters")


def test_two_people_rate_the_next_iteration_to_its_end_and_every_page_tells_of_it(
    served: Served, chromium: Browser
) -> None:
    before = served.look()
    with person(chromium, served.url, "Ann") as ann:
        see(ann, "is done. The page History tells")
        ann.get_by_role("button", name="Start the next iteration").dblclick()
        see(ann, "is under way")
        expect(ann.get_by_role("button", name="Rate answers")).to_be_visible(timeout=ITERATION_MS)
        ann.keyboard.press("Enter")
        await_answer(ann)
        rate_by_keys(ann, 4)
        low = answer_shown(ann)
        shown = rate_by_keys(ann, 2, REASON)
        see(ann, re.compile("all saved"))
        progress = see(ann, re.compile(r"^2 of \d+ answers")).inner_text()
        ann.reload()
        see(ann, progress.split(",")[0])
        assert await_answer(ann) == shown

        with person(chromium, ann.url, "Ben") as ben:  # a link to the review, by a card of its own
            assert await_answer(ben) != shown
            ben.keyboard.press("e")
            ben.keyboard.type("Good.")
            ben.keyboard.press("Escape")
            ben.get_by_role("button", name="well done").click()
            praised = answer_shown(ben)
            count = rate_what_is_left(ben) + rate_what_is_left(ann) + 2
            give_overall_scores(ben)
            see(ben, re.compile("was a new prompt"))
            give_overall_scores(ann)
        press_button(ann, "All reviews")
        expect(ann.get_by_text(re.compile("Iteration 3 is done"))).to_be_visible(timeout=ITERATION_MS)
        check_history(ann)
        check_ask(ann)
        check_questions(ann)

    after = served.look()
    assert after["runs"] == before["runs"] + 1  # of two clicks
    mine = {(r["reviewer"], r["answer_id"]): r for r in after["ratings"] if r["reviewer"] in ("Ann", "Ben")}
    assert len(mine) == count == len(after["ratings"]) - len(before["ratings"])
    assert (mine["Ann", low]["score"], mine["Ann", low]["comment"]) == (2, REASON)
    assert (mine["Ben", praised]["comment"], mine["Ben", praised]["tags"]) == ("Good.", ["well done"])
    assert all(rating["rubric"] == "1" and rating["seconds"] is not None for rating in mine.values())
    assert {(o["reviewer"], o["score"]) for o in after["overalls"]} >= {("Ann", 4), ("Ben", 4)}
    assert after["edits"] == [QUESTION]


def check_history(page: Page) -> None:
    """The page History has the iteration's result in its table and its people."""
    page.get_by_role("link", name="History").click()
    see(page, "What all ratings so far say of each iteration")
    expect(page.locator("[data-testid=stVegaLiteChart]").first).to_be_visible()
    for section in ("Prompts", "Questions", "People", "Map", "Ratings", "Export"):
        page.get_by_role("tab", name=section).click()
        expect(page.get_by_role("tab", name=section)).to_have_attribute("aria-selected", "true")
        expect(page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")
        expect(page.get_by_test_id("stException")).to_have_count(0)
        if section == "People":
            see(page, re.compile("Ann"))


def check_ask(page: Page) -> None:
    """The page Ask answers with a source that opens."""
    page.get_by_role("link", name="Ask").click()
    box = page.get_by_placeholder("Ask the docs a question")
    box.fill("How do I resume a run?")
    box.press("Enter")
    see(page, re.compile("answered in"))
    page.locator("[class*='-source-'] button").first.click()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()


def check_questions(page: Page) -> None:
    """A question that is added on the page Questions is one that the next iteration asks."""
    page.get_by_role("link", name="Questions").click()
    asks = re.compile(r"The next iteration asks (\d+) questions")
    before = asks.search(see(page, asks).inner_text())
    assert before
    page.get_by_role("tab", name="Add").click()
    page.get_by_label("Question", exact=True).fill(QUESTION)
    page.get_by_role("radiogroup", name="Do the docs hold the answer?").get_by_text("yes", exact=True).click()
    press_button(page, "Add")
    press_button(page, "Save as version")
    see(page, "Saved as version 1")
    see(page, f"The next iteration asks {int(before[1]) + 1} questions")


def test_the_page_of_a_review_that_is_over_says_so(served: Served, chromium: Browser) -> None:
    with person(chromium, f"{served.url}/?review=0123456789abcdef", "Cem") as page:
        see(page, "This review is closed")
        press_button(page, "All reviews")
        expect(page.get_by_role("heading", name="Reviews")).to_be_visible(timeout=PATIENCE_MS)
