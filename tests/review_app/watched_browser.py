"""People in a browser: each has a context of their own, and whatever theirs asks for or complains of is kept."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from browser import DESKTOP
from playwright.sync_api import Browser, BrowserContext, Dialog, Locator, Page, expect

PATIENCE_MS = 60_000  # a busy machine
_SHOWN = """() => document.querySelector('.st-key-rating-panel [class*=st-key-comment-]:not([data-retained])')
    ?.className.match(/st-key-comment-(\\S+)/)[1] ?? ''"""
_READY = f"""(than) => {{
  const at = ({_SHOWN})();
  return document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning' && at !== than
    && (!at || (at === window.redraftRating?.at && document.querySelector(`.st-key-score-1-${{at}} button`)
      && document.querySelector(`.st-key-comment-${{at}} textarea`)));
}}"""


class Watched:
    """What the browser of one person asked for and complained of."""

    def __init__(self, context: BrowserContext) -> None:
        self.hosts: set[str] = set()
        self.complaints: list[str] = []
        context.on("request", lambda request: self._asked(request.url))
        context.on("console", lambda said: self._said(said.type, said.text))
        context.on("response", lambda reply: self._replied(reply.status, reply.url))
        context.on("dialog", self._interrupted)
        context.on("weberror", lambda error: self.complaints.append(str(error.error)))
        context.on("page", lambda page: page.on("websocket", lambda it: self._asked(it.url)))

    def _asked(self, url: str) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("data", "blob"):  # they ask nobody
            self.hosts.add(parts.netloc)

    def _said(self, kind: str, text: str) -> None:
        if kind == "error" and not text.startswith("Failed to load resource"):  # those are replies, see below
            self.complaints.append(text)

    def _replied(self, status: int, url: str) -> None:
        if status >= 400 and "/_stcore/" not in url:  # Streamlit looks for itself below the path that was opened
            self.complaints.append(f"{status} {url}")

    def _interrupted(self, dialog: Dialog) -> None:
        self.complaints.append(f"a script ran: {dialog.message}")
        dialog.dismiss()

    def check(self, url: str) -> None:
        """Fail if anything but the page's own host was asked, or the browser complained."""
        assert self.hosts == {urlsplit(url).netloc}
        assert self.complaints == []


@contextmanager
def person(browser: Browser, url: str, name: str) -> Iterator[Page]:
    """Come to the page as somebody who has not been here before; what their browser did is checked at the end.

    Args:
        browser: The browser.
        url: Where they go.
        name: What they write on the card.
    """
    context = browser.new_context(viewport=DESKTOP)
    context.set_default_timeout(PATIENCE_MS)
    watched = Watched(context)
    try:
        page = context.new_page()
        page.goto(url)
        page.get_by_label("Your name").fill(name)
        page.keyboard.press("Enter")
        try:
            yield page
        except BaseException as error:
            error.add_note(f"{name} saw:\n{page.locator('body').aria_snapshot()}")
            raise
        watched.check(url)
    finally:
        context.close()


def see(page: Page, text: str | re.Pattern[str]) -> Locator:
    """Wait until a text is there."""
    found = page.get_by_text(text).first
    expect(found).to_be_visible(timeout=PATIENCE_MS)
    return found


def press_button(page: Page, name: str) -> None:
    """Press a button by its name or the beginning of it."""
    page.get_by_role("button", name=re.compile(rf"^{re.escape(name)}")).first.click()


def answer_shown(page: Page) -> str:
    """Id of the answer that is to be rated; empty when there is none."""
    return str(page.evaluate(_SHOWN))


def await_another(page: Page, than: str) -> str:
    """Wait until another answer can be rated, by keys too, or none is left; its id."""
    page.wait_for_function(_READY, arg=than)
    return answer_shown(page)


def await_answer(page: Page) -> str:
    """Wait until an answer can be rated; its id."""
    return await_another(page, "")


def is_remembered(page: Page) -> None:
    """Wait until the browser keeps who it is: a moment after the page is there."""
    page.wait_for_function("document.cookie.includes('redraft_')")


def rate_by_keys(page: Page, score: int, comment: str = "") -> str:
    """Rate what is shown without a mouse; the id of what is shown then."""
    shown = answer_shown(page)
    page.keyboard.press(str(score))
    if score <= 2:
        expect(page.locator(f".st-key-comment-{shown} textarea")).to_be_focused()
        page.keyboard.type(comment)
        page.keyboard.press("Control+Enter")
    return await_another(page, shown)
