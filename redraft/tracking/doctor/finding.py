"""What a check is, what it finds, and how it is kept from hanging: a thread of its own and a time limit.

A check is a function that returns what it saw, or raises a `RedraftError` that says what is wrong and the remedy.
"""

from __future__ import annotations

import re
import subprocess
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import requests

from redraft.config import ROOT
from redraft.errors import RedraftError
from redraft.settings import Config
from redraft.tracking.masking import MASK, make_mask

Verdict = Literal["pass", "warn", "fail"]

_USERINFO = re.compile(r"(?<=://)[^/\s@]+@")
LONGEST = 300  # characters of an error that is not ours
EXPECTED = (RedraftError, OSError, ValueError, requests.RequestException, subprocess.SubprocessError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What is examined: a configuration on the machine that asks."""

    config: Config
    project: str  # of ClearML
    environ: Mapping[str, str]
    api_host: str = ""  # of the configured server
    root: Path = ROOT  # the repository
    page_url: str = ""  # of the review page, if one is known
    working_copy: bool = False  # agents run the files as they lie here; they clone nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a check saw that did not fail."""

    words: str
    warning: bool = False
    remedy: str = ""


Look = Callable[[Subject], Seen]
"""Perform an operation; return what was seen, or raise a `RedraftError` with the remedy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that is checked."""

    name: str
    look: Look
    timeout_s: float = 30.0
    needs: tuple[str, ...] = ()  # checks without which this one says nothing
    remedy: str = ""  # of a problem that names none itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What came of a check."""

    check: str
    verdict: Verdict
    words: str
    remedy: str = ""


def examine(check: Check, subject: Subject) -> Finding:
    """Make one check; it neither hangs nor raises."""
    seen: list[Seen] = []
    problems: list[BaseException] = []

    def look() -> None:
        try:
            seen.append(check.look(subject))
        except EXPECTED as error:
            problems.append(error)

    thread = threading.Thread(target=look, name=f"check {check.name}", daemon=True)
    thread.start()
    thread.join(check.timeout_s)
    if problems:
        return failed(check.name, problems[0], subject.environ, remedy=check.remedy)
    if seen:
        verdict: Verdict = "warn" if seen[0].warning else "pass"
        words, remedy = (masked(text, subject.environ) for text in (seen[0].words, seen[0].remedy))
        return Finding(check=check.name, verdict=verdict, words=words, remedy=remedy)
    if thread.is_alive():
        late = RedraftError(f"no answer within {check.timeout_s:g} s", remedy="see what keeps it busy, then ask again")
        return failed(check.name, late, subject.environ)
    broken = RedraftError("the check itself broke; its traceback is above", remedy="report it")
    return failed(check.name, broken, subject.environ)


def examine_all(checks: Iterable[Check], subject: Subject) -> Iterator[Finding]:
    """Make checks one after another; what a failed one was needed for is left out, and said."""
    failed: set[str] = set()
    for check in checks:
        broken = next((name for name in check.needs if name in failed), None)
        if broken is not None:
            failed.add(check.name)
            yield Finding(check=check.name, verdict="warn", words=f"not checked: {broken} failed")
            continue
        finding = examine(check, subject)
        if finding.verdict == "fail":
            failed.add(check.name)
        yield finding


def masked(text: str, environ: Mapping[str, str]) -> str:
    """Take keys and passwords out of a text, also those in addresses that are in no variable.

    >>> masked("http://me:pass@host/v1 refuses sk-123456789", {"OPENAI_API_KEY": "sk-123456789"})
    'http://***@host/v1 refuses ***'
    """
    return _USERINFO.sub(f"{MASK}@", make_mask(environ)(text))


def failed(check: str, problem: BaseException, environ: Mapping[str, str], *, remedy: str = "") -> Finding:
    """The finding of a check that was ended by a problem; `remedy`: if the problem names none."""
    message = f"{type(problem).__name__}: {' '.join(str(problem).split())[:LONGEST]}"
    if isinstance(problem, RedraftError):
        message, remedy = problem.message, problem.remedy or remedy
    return Finding(check=check, verdict="fail", words=masked(message, environ), remedy=masked(remedy, environ))


def plain(findings: Iterable[Finding]) -> list[dict[str, str]]:
    """Findings as JSON has them."""
    return [
        {"check": finding.check, "verdict": finding.verdict, "words": finding.words, "remedy": finding.remedy}
        for finding in findings
    ]


def from_plain(rows: Iterable[Mapping[str, str]], *, prefix: str = "") -> list[Finding]:
    """Findings that another machine wrote."""
    return [
        Finding(
            check=f"{prefix}{row['check']}",
            verdict=_verdict(row["verdict"]),
            words=row["words"],
            remedy=row["remedy"],
        )
        for row in rows
    ]


def _verdict(text: str) -> Verdict:
    return "pass" if text == "pass" else "warn" if text == "warn" else "fail"
