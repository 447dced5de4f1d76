"""Hostile texts in a real browser: nothing runs, nothing is fetched, nothing breaks, and all of it can be read."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlsplit

import pytest
from beacon import Beacon
from browser import PHONE, StartApp
from playwright.sync_api import Page

PAGE = Path(__file__).parent / "pages" / "hostile.py"
TEXTS = {"PYTHONPATH": str(Path(__file__).parent)}  # where the page finds `hostile_texts`
ACTIVE = "img, video, audio, iframe, script, object, embed, form, .katex, [role=img], streamlit-help-icon"


@pytest.fixture
def events(page: Page) -> list[str]:
    """What the page asked of other servers, and whatever of it ran."""
    noted: list[str] = []
    page.on("request", lambda request: noted.append(request.url))
    page.on("websocket", lambda socket: noted.append(socket.url))
    page.on("dialog", lambda dialog: (noted.append(f"dialog: {dialog.message}"), dialog.dismiss()))
    page.on("pageerror", lambda error: noted.append(f"error: {error}"))
    return noted


def opened(page: Page, url: str) -> None:
    page.goto(url)
    page.get_by_text("The end.", exact=True).wait_for()
    page.get_by_test_id("stVegaLiteChart").locator("svg.marks").wait_for()
    page.wait_for_load_state("networkidle")


def elsewhere(events: list[str], url: str) -> list[str]:
    """What is neither the page's own server nor in the page itself."""
    own = (url, url.replace("http://", "ws://"), "data:", "blob:")
    return [event for event in events if not event.startswith(own)]


@pytest.mark.browser
def test_hostile_texts_do_nothing_and_can_be_read(
    page: Page, streamlit_app: StartApp, beacon: Beacon, events: list[str]
) -> None:
    url = streamlit_app(PAGE, {**TEXTS, "BEACON": beacon.url})
    page.set_viewport_size(PHONE)
    opened(page, url)

    assert page.get_by_test_id("stException").count() == 0
    assert page.get_by_test_id("stMarkdownContainer").locator(ACTIVE).count() == 0
    assert page.get_by_test_id("stMain").locator("[onclick], [onerror], [onload]").count() == 0

    links = page.get_by_test_id("stMain").locator("a[href]").evaluate_all("links => links.map(a => a.href)")
    allowed = {urlsplit(beacon.url).netloc, "ok.example"}
    assert {urlsplit(link).scheme for link in links} == {"http"}
    assert {urlsplit(link).netloc for link in links} == allowed

    main = page.get_by_test_id("stMain")
    assert main.evaluate("main => [main.scrollWidth, main.clientWidth]") == [PHONE["width"], PHONE["width"]]

    shown = page.get_by_test_id("stMain").inner_text()
    for text in (
        "<script>alert(1)</script>",
        f"![x]({beacon.url}/b.png)",
        f"x ({beacon.url}/b.png)",
        "[click](javascript:alert(1))",
        "# heading :red[red] $x^2$ :material/home: :streamlit: :smile:",
        "‹U+202E›gnp.exe نص عربي للتجربة",
        "a -> b -- c >= d",
        "<!-- hidden words -->",
        "mail@evil.example www.evil.example https://evil.example/bare",
        "[j]: javascript:alert(1)",
        "… 80,000 more characters are not shown",
        "‹U+D800›",
    ):
        assert text in shown, text

    page.mouse.wheel(0, 1_000_000)  # what is fetched only when it comes into view
    _hover_over_the_chart(page)
    assert beacon.paths == []
    assert elsewhere(events, url) == []


@pytest.mark.browser
def test_the_same_texts_do_act_when_nothing_is_done_to_them(
    page: Page, streamlit_app: StartApp, beacon: Beacon, events: list[str]
) -> None:
    """Else the test above could not fail."""
    url = streamlit_app(PAGE, {**TEXTS, "BEACON": beacon.url, "CONTROL": "raw"})
    with page.expect_response(f"{beacon.url}/b.png"):
        page.goto(url)
    page.get_by_test_id("stMarkdownContainer").locator(ACTIVE).nth(3).wait_for(state="attached")
    assert "/b.png" in beacon.paths
    assert f"{beacon.url}/b.png" in elsewhere(events, url)


def _hover_over_the_chart(page: Page) -> None:
    """Let the chart show what it says of a bar: a table, in which a text is a text."""
    marks = page.get_by_test_id("stVegaLiteChart").locator("svg.marks")
    marks.scroll_into_view_if_needed()
    box = marks.bounding_box()
    assert box is not None
    tooltip = page.locator("#vg-tooltip-element.visible")
    for share in range(20, 95, 3):
        page.mouse.move(box["x"] + box["width"] * 0.6, box["y"] + box["height"] * share / 100)
        if tooltip.count():
            break
    tooltip.wait_for()
    assert tooltip.locator("img, script, a").count() == 0
