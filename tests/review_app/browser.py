"""A real browser, and Streamlit as a process of its own: what tests of the review page drive and are served by.

The fixtures are for every test beside this file (`conftest.py` imports them).
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

PHONE = {"width": 390, "height": 844}
DESKTOP = {"width": 1440, "height": 900}

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_FLAGS = [
    "--no-sandbox",  # CI runs as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
_START_TIMEOUT_S = 60.0

StartApp = Callable[..., str]
"""`streamlit_app(script, env)`: starts Streamlit on a script; its address, without a slash at the end."""


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Start the system's Chromium, with a profile folder of its own, once a module.

    While it runs, `asyncio.run` refuses to work in the test's own thread: Playwright's loop runs there.
    """
    path = next(filter(None, map(shutil.which, _NAMES)), None)
    if path is None:
        missing = "no Chromium here: install the package `chromium` (apt-get install chromium)"
        if os.environ.get("CI") == "true":
            pytest.fail(f"{missing}: CI must run the tests that drive a browser")
        pytest.skip(missing)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=_FLAGS)
        try:
            yield browser
        finally:
            browser.close()


@pytest.fixture
def page(chromium: Browser) -> Iterator[Page]:
    """Open a page without cookies or history, 1440 x 900; for a phone: `page.set_viewport_size(PHONE)`."""
    context = chromium.new_context(viewport=DESKTOP)
    context.set_default_timeout(30_000)
    try:
        yield context.new_page()
    finally:
        context.close()


@pytest.fixture
def streamlit_app(tmp_path: Path) -> Iterator[StartApp]:
    """Start Streamlit on scripts; all are ended with the test."""
    with ExitStack() as stack:
        yield lambda script, env=None: stack.enter_context(running_streamlit(script, tmp_path, env))


@contextmanager
def running_streamlit(script: Path, folder: Path, env: Mapping[str, str] | None = None) -> Iterator[str]:
    """Run a script under Streamlit on a free loopback port; its address.

    Args:
        script: The script.
        folder: Where what it prints is kept, as `streamlit-PORT.log`.
        env: Variables beside this process's own.
    """
    port = free_port()
    log = folder / f"streamlit-{port}.log"
    options = {
        "server.address": "127.0.0.1",
        "server.port": str(port),
        "server.headless": "true",
        "server.fileWatcherType": "none",
        "browser.gatherUsageStats": "false",
    }
    command = [sys.executable, "-m", "streamlit", "run", str(script)]
    for name, value in options.items():
        command += [f"--{name}", value]
    with log.open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env={**os.environ, **(env or {})})
    try:
        url = f"http://127.0.0.1:{port}"
        _wait_until_healthy(process, url, log)
        yield url
    finally:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(timeout=10)


def free_port() -> int:
    """Find a port of the loopback address that nothing uses now."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait_until_healthy(process: subprocess.Popen[bytes], url: str, log: Path) -> None:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    deadline = time.monotonic() + _START_TIMEOUT_S
    while time.monotonic() < deadline:
        assert process.poll() is None, f"streamlit ended with code {process.returncode}:\n{log.read_text()}"
        try:
            with direct.open(f"{url}/_stcore/health", timeout=2) as reply:
                if reply.status == 200:
                    return
        except (urllib.error.URLError, OSError):
            pass
        time.sleep(0.1)
    raise AssertionError(f"streamlit did not answer within {_START_TIMEOUT_S:.0f} s:\n{log.read_text()}")
