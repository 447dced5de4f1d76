"""`redraft review`: the page, what runs beside it, and other commands of the same folder."""

from __future__ import annotations

import csv
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from finished_demo import environment, processes_of, redraft

from redraft.cli.chosen import how_to_rate
from redraft.cli.connect import _can_attach
from redraft.cli.holding import Process, hold, holder_of, this_process
from redraft.cli.local import LocalServices
from redraft.cli.page_note import PageNote, last_page, page_words, running_page, write_page_note
from redraft.cli.page_process import FIRST_PORT, free_port
from redraft.errors import LaunchError

ENDED = Process(pid=2**22 + 1, started=1.0)  # above the largest id that Linux gives


class Started:
    """A command in another terminal."""

    def __init__(self, home: Path, *arguments: str) -> None:
        self._said = home.parent / f"said-{time.monotonic_ns()}"
        with self._said.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "redraft.cli", *arguments],
                cwd=home.parent,
                env=environment(home),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def said(self) -> str:
        """What it wrote so far."""
        return self._said.read_text(encoding="utf-8", errors="replace")

    def until(self, text: str, timeout_s: float = 180) -> None:
        """Wait until it says something."""
        until(lambda: text in self.said or self.process.poll() is not None, timeout_s)
        assert text in self.said, self.said

    def end(self, number: int = signal.SIGTERM) -> int:
        """End it by a signal; its exit code."""
        self.process.send_signal(number)
        return self.process.wait(timeout=60)


def until(happened: Callable[[], bool], timeout_s: float = 60) -> None:
    """Look again until something has happened."""
    deadline = time.monotonic() + timeout_s
    while not happened():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.2)


def answers(url: str) -> bool:
    """Whether a page is served there."""
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(
            f"{url}/_stcore/health", timeout=5
        ) as it:
            return bool(it.status == 200)
    except OSError:
        return False


def rate_all(home: Path, project: str) -> None:
    """Rate the open review by spreadsheet, which closes it."""
    sheet = home.parent / "sheet.csv"
    exported = redraft(home, "review", "--export", str(sheet), "--project", project)
    assert exported.returncode == 0, exported.stderr
    with sheet.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    with sheet.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows({**row, "score": str(3 + number % 3)} for number, row in enumerate(rows))
    imported = redraft(home, "review", "--import", str(sheet), "--reviewer", "Ann", "--project", project)
    assert imported.returncode == 0, imported.stderr


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Started]]:
    """Start commands in other terminals; all are ended with the test."""
    started: list[Started] = []

    def begin(*arguments: str) -> Started:
        started.append(Started(tmp_path / "state", *arguments))
        return started[-1]

    yield begin
    for one in started:
        if one.process.poll() is None:
            one.end()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1"])
def test_a_page_for_others_without_code_or_login_is_refused_in_one_line(tmp_path: Path, host: str) -> None:
    refused = redraft(tmp_path / "state", "review", "--host", host)
    assert refused.returncode == 2
    assert refused.stderr.count("\n") == 1
    assert "REDRAFT_REVIEW_CODE" in refused.stderr
    assert "REDRAFT_LEAD_CODE" in refused.stderr
    assert not (tmp_path / "state").exists()


def test_a_short_code_is_refused_and_not_shown(tmp_path: Path) -> None:
    refused = redraft(tmp_path / "state", "review", REDRAFT_LEAD_CODE="hunter2")
    assert (refused.returncode, refused.stderr.count("\n")) == (2, 1)
    assert "hunter2" not in refused.stderr


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = redraft(tmp_path / "state", "review", "--port", str(port))
    assert refused.returncode == 5
    assert f"127.0.0.1 port {port}" in refused.stderr


def test_the_page_takes_its_last_port_else_the_first_free_one() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        last = PageNote(url="", port=free.getsockname()[1], project="", process=ENDED)
    assert free_port("127.0.0.1", None, last) == last.port
    assert free_port("127.0.0.1", None, None) >= FIRST_PORT
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", last.port))
        taken.listen()
        assert free_port("127.0.0.1", None, last) >= FIRST_PORT


def test_a_folder_has_one_holder_who_is_named_to_others(tmp_path: Path) -> None:
    with hold(tmp_path, offers=frozenset({"server"})) as all_started:
        holder = holder_of(tmp_path)
        assert holder is not None
        assert (holder.process, holder.ready) == (this_process(), False)
        all_started()
        holder = holder_of(tmp_path)
        assert holder is not None
        assert (holder.offers, holder.ready) == ({"server"}, True)
        with pytest.raises(LaunchError, match=f"in use by process {os.getpid()}"), hold(tmp_path):
            pass
    assert holder_of(tmp_path) is None


@pytest.mark.parametrize("note", ["", "4711", "[]", "{}", '{"pid": "x"}', "\x00"])
def test_a_lock_file_that_says_nothing_has_no_holder(tmp_path: Path, note: str) -> None:
    """An older version wrote a bare process id."""
    (tmp_path / "lock").write_text(note)
    assert holder_of(tmp_path) is None


def test_the_note_of_a_killed_holder_counts_for_nothing(tmp_path: Path) -> None:
    note = {"pid": os.getpid(), "started": 1.0, "offers": ["server"], "page": True, "ready": True}
    (tmp_path / "lock").write_text(json.dumps(note))  # its number has been given to another process since
    assert holder_of(tmp_path) is None


@pytest.mark.parametrize(
    ("offers", "by_page", "wants", "page", "attaches"),
    [
        ({"server", "model", "agents"}, True, {"server", "model", "agents"}, False, True),  # run beside the page
        ({"server", "model", "agents"}, False, {"server", "model", "agents"}, False, False),  # run beside a run
        ({"server", "model", "agents"}, False, {"server", "model", "agents"}, True, True),  # the page beside a run
        ({"server", "model", "agents"}, False, {"server"}, False, True),  # status beside a run
        ({"server"}, False, {"server", "model"}, False, False),  # ask beside status
        (set(), False, set(), False, True),  # everything is configured: there is nothing to share
    ],
)
def test_what_one_command_started_serves_another(
    tmp_path: Path, offers: set[str], by_page: bool, wants: set[str], page: bool, attaches: bool
) -> None:
    services = LocalServices(tmp_path, {}, **{name: name in wants for name in ("server", "model", "agents")})
    with hold(tmp_path, offers=frozenset(offers), page=by_page):
        assert _can_attach(services, page=page) is attaches


@pytest.mark.usefixtures("clearml_sdk")
def test_a_page_is_known_by_its_note_while_its_process_lives(tmp_path: Path) -> None:
    (tmp_path / "review").mkdir()
    note = PageNote(url="http://127.0.0.1:8501", port=8501, project="docs", process=this_process())
    write_page_note(tmp_path, note)
    assert running_page(tmp_path) == note
    assert "http://127.0.0.1:8501" in page_words(tmp_path)
    assert how_to_rate(tmp_path, "docs") == "rate at http://127.0.0.1:8501"
    elsewhere = how_to_rate(tmp_path, "others")  # whose review that page does not show
    assert "shows project docs" in elsewhere
    assert "redraft review --project others" in elsewhere
    write_page_note(tmp_path, PageNote(url=note.url, port=note.port, project="docs", process=ENDED))
    assert "8501" not in how_to_rate(tmp_path, "docs")
    assert (running_page(tmp_path), page_words(tmp_path)) == (None, "")
    assert last_page(tmp_path) is not None


@pytest.mark.agent
@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.xdist_group("review-command")  # both would take the first free port
def test_a_run_beside_the_page_uses_its_agents_and_goes_on_with_the_next_page_when_both_were_killed(
    tmp_path: Path, start: Callable[..., Started]
) -> None:
    home = tmp_path / "state"
    page = start("review")
    page.until("Ctrl-C stops it")
    note = last_page(home)
    assert note is not None
    assert note.url in page.said
    assert answers(note.url)
    run = start("run", "--set", "run.ratings=6", "--project", "mine")
    run.until("waits for people: ")
    run.until(f"the page at {note.url} shows project redraft.")

    again, demo = redraft(home, "review"), redraft(home, "demo")
    for refused in (again, demo):
        assert refused.returncode == 5
        assert f"the review page at {note.url}" in refused.stderr
    assert f"review page: {note.url}" in redraft(home, "status", "--project", "mine").stdout

    page.end(signal.SIGKILL)
    until(lambda: not answers(note.url))
    assert run.process.wait(timeout=60) == 5
    assert "`redraft resume --project mine`" in run.said
    until(lambda: processes_of(home) == [])

    page = start("review", "--project", "mine")
    page.until("goes on where it was stopped")
    assert f"review page   {note.url}\n" in page.said  # on the same port
    assert "reviews that wait for people: 1" in page.said
    rate_all(home, "mine")
    until(lambda: "completed" in redraft(home, "status", "--project", "mine").stdout, 120)
    assert page.end() == 0
    assert processes_of(home) == []


@pytest.mark.agent
@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.xdist_group("review-command")  # both would take the first free port
def test_a_page_beside_a_waiting_run_takes_over_its_stand_ins_when_that_ends(
    tmp_path: Path, start: Callable[..., Started]
) -> None:
    home = tmp_path / "state"
    run = start("run", "--set", "run.ratings=6")
    run.until("waits for people")
    assert "redraft review   " in run.said
    page = start("review")
    page.until("Ctrl-C stops it")
    note = last_page(home)
    assert note is not None
    assert run.end() == 130
    page.until("goes on where it was stopped")
    assert answers(note.url)
    rate_all(home, "redraft")
    until(lambda: "completed" in redraft(home, "status").stdout, 120)
    assert page.end() == 0
    assert processes_of(home) == []
