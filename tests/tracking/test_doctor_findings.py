"""A check says pass, warn or fail; it never hangs, raises, or tells a secret."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import pytest

from redraft.config import load_config
from redraft.errors import LaunchError
from redraft.tracking.doctor.finding import Check, Seen, Subject, examine, examine_all, from_plain, plain

SUBJECT = Subject(config=load_config(), project="any", environ={"OPENAI_API_KEY": "sk-123456789"})


def check(look: Callable[[], Seen], *, name: str = "one", **options: object) -> Check:
    return Check(name=name, look=lambda _subject: look(), **options)


def broken() -> Seen:
    raise LaunchError("there is none", remedy="make one")


def test_what_was_seen_is_a_pass_or_a_warning() -> None:
    found = list(
        examine_all(
            [check(lambda: Seen(words="fine")), check(lambda: Seen(words="odd", warning=True, remedy="look"))], SUBJECT
        )
    )
    assert [(f.verdict, f.words, f.remedy) for f in found] == [("pass", "fine", ""), ("warn", "odd", "look")]


def test_a_problem_is_a_failure_with_its_remedy() -> None:
    found = examine(check(broken), SUBJECT)
    assert (found.verdict, found.words, found.remedy) == ("fail", "there is none", "make one")


@pytest.mark.parametrize("error", [OSError("no route"), ValueError("not a port")])
def test_a_problem_that_is_not_ours_is_a_failure_named_by_its_kind(error: Exception) -> None:
    def look() -> Seen:
        raise error

    found = examine(check(look), SUBJECT)
    assert (found.verdict, found.words) == ("fail", f"{type(error).__name__}: {error}")


def test_a_check_that_hangs_fails_when_its_time_is_over() -> None:
    let_go = threading.Event()
    started = time.monotonic()
    found = examine(check(lambda: Seen(words=str(let_go.wait(30))), timeout_s=0.2), SUBJECT)
    let_go.set()
    assert time.monotonic() - started < 10
    assert (found.verdict, found.words) == ("fail", "no answer within 0.2 s")


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_defect_of_a_check_fails_that_check_and_no_other() -> None:
    def defect() -> Seen:
        raise KeyError("defect")

    found = list(examine_all([check(defect), check(lambda: Seen(words="fine"), name="two")], SUBJECT))
    assert [finding.verdict for finding in found] == ["fail", "pass"]
    assert "the check itself broke" in found[0].words


def test_what_a_failed_check_was_needed_for_is_not_checked_and_says_so() -> None:
    made: list[str] = []
    checks = [
        check(broken, name="server"),
        check(lambda: Seen(words=str(made.append("queues"))), name="queues", needs=("server",)),
        check(lambda: Seen(words=str(made.append("run"))), name="run", needs=("queues",)),
        check(lambda: Seen(words="fine"), name="other"),
    ]
    found = {finding.check: finding for finding in examine_all(checks, SUBJECT)}
    assert made == []
    assert (found["queues"].verdict, found["queues"].words) == ("warn", "not checked: server failed")
    assert (found["run"].verdict, found["run"].words) == ("warn", "not checked: queues failed")
    assert found["other"].verdict == "pass"


@pytest.mark.parametrize("kind", [LaunchError, OSError])
def test_no_secret_is_told(kind: type[Exception]) -> None:
    def look() -> Seen:
        raise kind("http://me:hunter22@host/ refuses sk-123456789")

    found = examine(check(look), SUBJECT)
    assert "http://***@host/ refuses ***" in found.words


def test_findings_come_back_from_another_machine_as_they_were() -> None:
    found = list(examine_all([check(broken), check(lambda: Seen(words="fine"), name="two")], SUBJECT))
    assert from_plain(plain(found)) == found
    assert [finding.check for finding in from_plain(plain(found), prefix="steps: ")] == ["steps: one", "steps: two"]
