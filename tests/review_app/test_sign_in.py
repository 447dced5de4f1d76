"""Signing in and out of the page with a real browser, on a page that is served as `redraft review` serves it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from browser import PHONE, free_port
from oidc_provider import CLIENT_SECRET, login_provider, secrets_toml
from playwright.sync_api import Page, expect

from redraft.cli.page_process import PageProcess
from redraft.review_app.launch import page_command, page_environ

pytestmark = pytest.mark.browser

CODES = {"REDRAFT_REVIEW_CODE": "review-code-1", "REDRAFT_LEAD_CODE": "lead-code-22"}
expect.set_options(timeout=20_000)  # milliseconds


@contextmanager
def running_page(
    folder: Path, port: int, *, secrets: Sequence[Path] = (), profile: Path | None = None, **environ: str
) -> Iterator[PageProcess]:
    """Serve the page as `redraft review` does, without a server behind it."""
    (folder / "review").mkdir(parents=True, exist_ok=True)
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("REDRAFT_", "CLEARML_"))}
    given = page_environ({**clean, **environ}, project="redraft-demo", profile=profile, folder=folder)
    with PageProcess(folder / "review", "127.0.0.1", port) as page:
        page.start(page_command(host="127.0.0.1", port=port, secrets=secrets), given)
        page.await_ready()
        yield page


@pytest.fixture(scope="module")
def on_loopback(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PageProcess]:
    """A page for this machine, where a name is all that is asked for."""
    with running_page(tmp_path_factory.mktemp("page"), free_port()) as served:
        yield served


@pytest.fixture
def with_codes(tmp_path: Path) -> Iterator[PageProcess]:
    """A page that asks for a code."""
    with running_page(tmp_path, free_port(), **CODES) as served:
        yield served


def say_who(page: Page, name: str, code: str = "") -> None:
    """Fill in the card."""
    page.get_by_label("Your name").fill(name)
    if code:
        page.get_by_label("Access code").fill(code)
    page.get_by_role("button", name="Go").click()


def is_remembered(page: Page) -> None:
    """Wait until the browser keeps who it is: a moment after the page is there."""
    page.wait_for_function("document.cookie.includes('redraft_')")


def test_a_first_visitor_gives_a_name_and_a_reload_does_not_ask_again(on_loopback: PageProcess, page: Page) -> None:
    hosts: set[str] = set()
    page.on("request", lambda request: hosts.add(request.url.split("/")[2]) if "//" in request.url else None)
    page.goto(f"{on_loopback.url}/you")
    say_who(page, 'Ann / "QA" <b> [x](http://a.example)')
    expect(page.get_by_text('You rate as Ann / "QA" <b> [x](http://a.example).')).to_be_visible()
    expect(page.get_by_text("You may close and reject reviews")).to_be_visible()
    is_remembered(page)
    page.reload()
    expect(page.get_by_text("You rate as Ann")).to_be_visible()
    assert hosts == {f"127.0.0.1:{on_loopback.port}"}


def test_who_changes_their_name_is_asked_at_once_and_after_a_reload(on_loopback: PageProcess, page: Page) -> None:
    page.goto(f"{on_loopback.url}/you")
    say_who(page, "Ann")
    page.get_by_role("button", name="Change name").click()
    expect(page.get_by_label("Your name")).to_be_visible()
    expect(page.get_by_role("link", name="Review")).to_have_count(0)
    page.wait_for_function("!document.cookie.includes('redraft_')")
    page.reload()
    say_who(page, "Bob")
    expect(page.get_by_text("You rate as Bob.")).to_be_visible()
    is_remembered(page)
    page.reload()
    expect(page.get_by_text("You rate as Bob.")).to_be_visible()


@pytest.mark.parametrize("name", ["", "   ", "redraft", "Person-12ab", "a\u202eb"])
def test_a_name_that_cannot_be_taken_is_refused_on_the_card(on_loopback: PageProcess, page: Page, name: str) -> None:
    page.goto(f"{on_loopback.url}/you")
    say_who(page, name)
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("Your name")).to_be_visible()


def test_codes_tell_reviewers_from_leads_and_are_never_sent_to_a_browser(with_codes: PageProcess, page: Page) -> None:
    frames: list[bytes] = []

    def keep(payload: str | bytes) -> None:
        frames.append(payload.encode() if isinstance(payload, str) else payload)

    page.on("websocket", lambda socket: socket.on("framereceived", keep))
    page.goto(f"{with_codes.url}/you")
    say_who(page, "Ann", "review-code-2")
    expect(page.get_by_role("alert")).to_contain_text("not the code")
    say_who(page, "Ann", CODES["REDRAFT_REVIEW_CODE"])
    expect(page.get_by_text("Closing reviews and deciding which prompt is published is for leads.")).to_be_visible()
    is_remembered(page)
    page.reload()
    expect(page.get_by_text("You rate as Ann.")).to_be_visible()
    page.get_by_role("button", name="Sign out").click()
    say_who(page, "Ann", CODES["REDRAFT_LEAD_CODE"])
    expect(page.get_by_text("You may close and reject reviews")).to_be_visible()
    is_remembered(page)
    page.reload()
    expect(page.get_by_text("You may close and reject reviews")).to_be_visible()
    sent = b"".join(frames)
    assert b"You may close" in sent
    assert not any(code.encode() in sent for code in CODES.values())
    assert not any(code in with_codes.log.read_text() for code in CODES.values())


def test_another_code_signs_everybody_out(tmp_path: Path, page: Page) -> None:
    port = free_port()
    with running_page(tmp_path, port, REDRAFT_REVIEW_CODE="review-code-1") as served:
        page.goto(f"{served.url}/you")
        say_who(page, "Ann", "review-code-1")
        expect(page.get_by_text("You rate as Ann.")).to_be_visible()
        is_remembered(page)
    with running_page(tmp_path, port, REDRAFT_REVIEW_CODE="review-code-2") as served:
        page.goto(f"{served.url}/you")
        expect(page.get_by_label("Access code")).to_be_visible()


def test_a_page_for_this_machine_refuses_who_comes_by_another_host_name(on_loopback: PageProcess, page: Page) -> None:
    """As a foreign site would whose name was made to point here; any name in `.localhost` leads to this machine."""
    page.goto(f"http://foreign.localhost:{on_loopback.port}/you")
    expect(page.get_by_role("alert")).to_contain_text("nothing says who may use it")
    expect(page.get_by_role("textbox")).to_have_count(0)


def test_the_card_fits_a_phone_and_is_used_by_keyboard_alone(on_loopback: PageProcess, page: Page) -> None:
    page.set_viewport_size(PHONE)
    page.goto(f"{on_loopback.url}/you")
    page.get_by_label("Your name").focus()
    page.keyboard.type("Ann")
    page.keyboard.press("Enter")
    expect(page.get_by_text("You rate as Ann.")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"]


def test_people_sign_in_at_their_own_provider_and_its_address_is_the_reviewer(tmp_path: Path, page: Page) -> None:
    port, secrets, profile = free_port(), tmp_path / "secrets.toml", tmp_path / "profile.yaml"
    profile.write_text("review:\n  leads: [lead@example.com]\n")
    with login_provider() as provider:
        secrets.write_text(secrets_toml(provider, port))
        with running_page(tmp_path, port, secrets=[secrets], profile=profile, REDRAFT_LEAD_CODE="lead-code") as served:
            provider.claims = {"email": "Ann@example.com", "email_verified": True}
            page.goto(f"{served.url}/you")
            expect(page.get_by_role("textbox")).to_have_count(0)
            page.get_by_role("button", name="Sign in").click()
            expect(page.get_by_role("link", name="ann@example.com")).to_be_visible()
            page.goto(f"{served.url}/you")
            expect(page.get_by_text("You rate as ann@example.com.")).to_be_visible()
            expect(page.get_by_text("is for leads")).to_be_visible()

            page.get_by_role("button", name="Sign out").click()
            provider.claims = {"email": "lead@example.com"}
            page.get_by_role("button", name="Sign in").click()
            expect(page.get_by_role("link", name="lead@example.com")).to_be_visible()
            page.goto(f"{served.url}/you")
            expect(page.get_by_text("You may close and reject reviews")).to_be_visible()

            page.get_by_role("button", name="Sign out").click()
            provider.claims = {"email": "lead@example.com", "email_verified": False}
            page.get_by_role("button", name="Sign in").click()
            expect(page.get_by_role("alert")).to_contain_text("has not confirmed")
            page.get_by_role("button", name="Sign out").click()
            expect(page.get_by_role("button", name="Sign in")).to_be_visible()
        assert CLIENT_SECRET not in served.log.read_text()
