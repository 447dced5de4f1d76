"""How long a reviewer who rates by keyboard waits for the page: per answer, and from the link to the first rating.

    python benchmarks/keyboard.py --json figures.json        about a minute

Drives a real Chromium on `redraft review`'s page with a review of 14 answers, each with six passages of Redraft's own
documentation, on the stand-in server. Nobody reads: after each answer there is a pause of `--pause` seconds, in which
nothing happens, as there is when a person reads.

    overhead_s        from a key press until the next question's text is painted, as the browser's own clock has it:
                      8 scores, and 2 low ones whose press of Ctrl+Enter after the comment counts
    floor_s           the same of a bare Streamlit page that shows question and answer and saves nothing
    returning_s       from opening the link of the review until the first rating is taken, for a browser with a cookie
    first_visit_s     the same for a first visitor, who gives a name on the card; nobody hesitates
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from keyboard_world import Page as ServedReview
from keyboard_world import served_floor, served_review
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

ANSWERS, MEASURED, LOW = 14, 10, (3, 7)  # of the measured, those that are given a 2
COMMENT = "It names no source, and the second sentence is about something else."
QUESTION = (
    "[...document.querySelectorAll('h3')].find(h => !h.closest('[data-stale=true], [data-retained]'))?.textContent"
)
# The answer is drawn in full: from then on the page takes keys.
KEYS = "document.querySelector(`.st-key-comment-${window.redraftRating?.at} textarea`) !== null"
# The clock of the page: armed before a key, it starts with the key and stops when another question is painted.
ARM = f"""(wanted) => {{
  const question = () => {QUESTION};
  const before = question();
  window.waited = new Promise((resolve) => {{
    document.addEventListener('keydown', function started(event) {{
      if (event.key !== wanted) return;
      document.removeEventListener('keydown', started, true);
      const begun = performance.now();
      const look = () => (question() && question() !== before)
        ? requestAnimationFrame(() => resolve((performance.now() - begun) / 1000)) : requestAnimationFrame(look);
      look();
    }}, true);
  }});
}}"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, help="file for the figures")
    parser.add_argument("--pause", type=float, default=1.0, help="seconds between two answers (default: 1)")
    options = parser.parse_args()
    figures = measure(options.pause)
    print(json.dumps(figures, indent=2))
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")


def measure(pause_s: float) -> dict[str, Any]:
    """All figures of one run, in seconds."""
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder, _chromium() as browser:
        with served_review(Path(folder) / "state", ANSWERS) as served:
            first_visit_s, state = _first_visit(browser, served)
            returning_s = _returning(browser, served, state)
            overhead = _rate(browser, served, state, pause_s)
        with served_floor(Path(folder) / "floor") as url:
            floor = _press(browser, url, pause_s)
    return {
        "load_before": round(load, 2),
        "load_after": round(os.getloadavg()[0], 2),
        "first_visit_s": first_visit_s,
        "returning_s": returning_s,
        "overhead_s": _summary(overhead),
        "floor_s": _summary(floor),
        "ratio_of_medians": round(statistics.median(overhead) / statistics.median(floor), 1),
    }


def _first_visit(browser: Browser, served: ServedReview) -> tuple[dict[str, float], Any]:
    with _context(browser) as context:
        page, begun = context.new_page(), time.perf_counter()
        page.goto(f"{served.url}/?review={served.review}")
        page.get_by_label("Your name").wait_for()
        card = time.perf_counter() - begun
        page.get_by_label("Your name").focus()
        page.keyboard.type("Ann")
        page.keyboard.press("Enter")
        shown, rated = _first_rating(page, begun)
        page.wait_for_function("document.cookie.includes('redraft_')")
        return {"card": round(card, 2), "question": shown, "rated": rated}, context.storage_state()


def _returning(browser: Browser, served: ServedReview, state: Any) -> dict[str, float]:
    with _context(browser, state) as context:
        page, begun = context.new_page(), time.perf_counter()
        page.goto(f"{served.url}/?review={served.review}")
        shown, rated = _first_rating(page, begun)
        return {"question": shown, "rated": rated}


def _first_rating(page: Page, begun: float) -> tuple[float, float]:
    """When the question was there, and when a rating was taken: the next question was there."""
    page.get_by_role("button", name="Skip").wait_for()
    shown = time.perf_counter() - begun
    page.wait_for_function(KEYS)
    _timed(page, "4")
    return round(shown, 2), round(time.perf_counter() - begun, 2)


def _rate(browser: Browser, served: ServedReview, state: Any, pause_s: float) -> list[float]:
    with _context(browser, state) as context:
        page = context.new_page()
        page.goto(f"{served.url}/?review={served.review}")
        page.wait_for_function(KEYS)
        found = []
        for place in range(MEASURED):
            page.wait_for_timeout(1000 * pause_s)
            if place in LOW:
                page.keyboard.press("2")
                page.get_by_text("A 2 needs a word").wait_for()
                page.keyboard.type(COMMENT)
                found.append(_timed(page, "Enter", press="Control+Enter"))
            else:
                found.append(_timed(page, str(3 + place % 3)))
        return found


def _press(browser: Browser, url: str, pause_s: float) -> list[float]:
    with _context(browser) as context:
        page = context.new_page()
        page.goto(url)
        page.get_by_role("button", name="5").wait_for()
        found = []
        for place in range(MEASURED):
            page.wait_for_timeout(1000 * pause_s)
            found.append(_timed(page, str(3 + place % 3)))
        return found


def _timed(page: Page, key: str, *, press: str = "") -> float:
    """Press a key; seconds until another question is painted."""
    page.evaluate(ARM, key)
    page.keyboard.press(press or key)
    seconds = float(page.evaluate("Promise.race([window.waited, new Promise((r) => setTimeout(() => r(-1), 20000))])"))
    if seconds < 0:
        raise SystemExit(f"the key {press or key} was not taken")
    return seconds


def _summary(seconds: Sequence[float]) -> dict[str, Any]:
    return {
        "median": round(statistics.median(seconds), 3),
        "p95": round(statistics.quantiles(seconds, n=20, method="inclusive")[-1], 3),
        "max": round(max(seconds), 3),
        "all": [round(value, 3) for value in seconds],
    }


@contextmanager
def _chromium() -> Iterator[Browser]:
    path = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if path is None:
        sys.exit("no Chromium here: install the package `chromium`")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        try:
            yield browser
        finally:
            browser.close()


@contextmanager
def _context(browser: Browser, state: Any = None) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1440, "height": 900}, storage_state=state)
    context.set_default_timeout(60_000)
    try:
        yield context
    finally:
        context.close()


if __name__ == "__main__":
    main()
