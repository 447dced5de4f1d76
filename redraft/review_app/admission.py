"""Who may use the page, decided from values alone: names, codes, addresses, what a login provider says.

Three ways in: the provider's login (OIDC), a shared code, or, on loopback only, a name.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import math
import re
import threading
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from redraft.errors import InputError

MAX_NAME_CHARS = 80
MIN_CODE_CHARS = 8
REVIEW_CODE, LEAD_CODE = "REDRAFT_REVIEW_CODE", "REDRAFT_LEAD_CODE"
FREE_CODES, MAX_PAUSE_S, FORGIVEN_AFTER_S = 10, 30.0, 600.0  # wrong codes
JOINERS = "\u200c\u200d"  # Persian and Indic names are written with them
_PSEUDONYM = re.compile(r"person[\s_-]", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Somebody who was let in."""

    name: str
    lead: bool  # may close and reject reviews, and decide on prompts


@dataclass(frozen=True, slots=True, kw_only=True)
class Admission:
    """How people get in."""

    way: Literal["login", "code", "name"]
    reviewer_code: str = ""  # empty: there is none
    lead_code: str = ""

    @property
    def words(self) -> str:
        """Who can use the page, for the one who starts it."""
        if self.way == "login":
            return "everybody whom the login provider lets in"
        if self.way == "name":
            return "this machine only; everybody here may close reviews and decide"
        if not self.lead_code:
            return f"everybody with the code; nobody may close reviews or decide: {LEAD_CODE} is not set"
        return "everybody with the code" if self.reviewer_code else "everybody with the lead's code"


def admission(*, loopback: bool, login: bool, environ: Mapping[str, str]) -> Admission:
    """How people get in.

    Args:
        loopback: Only this machine reaches the page.
        login: Streamlit's secrets configure a login.
        environ: Holds the codes.

    Raises:
        InputError: A code is too short, both are the same, or others reach a page that lets everybody in.
    """
    codes = {name: environ.get(name, "").strip() for name in (REVIEW_CODE, LEAD_CODE)}
    for name, code in codes.items():
        if code and len(code) < MIN_CODE_CHARS:
            raise InputError(f"{name} has {len(code)} characters", remedy=f"a code has {MIN_CODE_CHARS} or more")
    if codes[REVIEW_CODE] and codes[REVIEW_CODE] == codes[LEAD_CODE]:
        raise InputError(f"{REVIEW_CODE} and {LEAD_CODE} are the same", remedy="leads need a code of their own")
    if login:
        return Admission(way="login")
    if any(codes.values()):
        return Admission(way="code", reviewer_code=codes[REVIEW_CODE], lead_code=codes[LEAD_CODE])
    if not loopback:
        raise InputError(
            "other machines can reach this page, and nothing says who may use it",
            remedy=f"set {REVIEW_CODE} and {LEAD_CODE}, or configure a login, or listen on 127.0.0.1",
        )
    return Admission(way="name")


def is_loopback(host: str | None) -> bool:
    """Whether a host name, with or without a port, means this machine and is reached from it alone.

    >>> [is_loopback(host) for host in ("127.0.0.1", "localhost:8501", "[::1]:8501", "::1")]
    [True, True, True, True]
    >>> [is_loopback(host) for host in ("0.0.0.0", "", None, "example.com", "127.0.0.1.example.com")]
    [False, False, False, False, False]
    """
    text = (host or "").strip().lower()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        return text == "localhost" or ipaddress.ip_address(text).is_loopback
    except ValueError:
        return False


def came_from_elsewhere(host: str | None, address: str | None, headers: Mapping[str, str]) -> bool:
    """Whether a request did not come from a browser on this machine to a page on this machine.

    A page on loopback is reached from elsewhere through a proxy, or by a foreign site whose name was made to point to
    this machine (DNS rebinding).

    Args:
        host: The request's `Host`.
        address: Where the connection came from; `None`: loopback.
        headers: Of the request, by names in lower case.
    """
    proxied = any(name in ("forwarded", "via", "x-real-ip") or name.startswith("x-forwarded-") for name in headers)
    return proxied or not is_loopback(host) or (address is not None and not is_loopback(address))


def check_name(text: str) -> str:
    r"""Take a name as it is kept: without spaces around it, in one Unicode form, so that one person is one name.

    Raises:
        InputError: What is wrong with it.

    >>> check_name('  Ann  "QA" / 2 ')
    'Ann "QA" / 2'
    """
    name = " ".join(unicodedata.normalize("NFC", text).split())
    if not any(character.isalnum() for character in name):
        raise InputError("please give a name")
    if len(name) > MAX_NAME_CHARS:
        raise InputError(f"that name has {len(name)} characters", remedy=f"give one of at most {MAX_NAME_CHARS}")
    if any(unicodedata.category(character)[0] == "C" and character not in JOINERS for character in name):
        raise InputError("that name has characters that cannot be seen", remedy="type it instead of pasting it")
    if name.casefold() == "redraft" or _PSEUDONYM.match(name):
        raise InputError(f"{name!r} is kept for Redraft's own use", remedy="choose another name")
    return name


class Throttle:
    """Slows down the guessing of codes: ten wrong ones are free, then the pause doubles up to half a minute.

    It is one for all: whoever guesses may come from many addresses. A right code does not end a pause, else somebody
    who has one code could guess the other. Those who are signed in notice nothing.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._wrong = 0
        self._last = 0.0

    def pause_s(self, now: float) -> float:
        """Seconds until the next code is looked at."""
        with self._lock:
            over = self._wrong - FREE_CODES
            return max(0.0, self._last + min(2.0**over, MAX_PAUSE_S) - now) if over >= 0 else 0.0

    def wrong(self, now: float) -> None:
        """Count a wrong code."""
        with self._lock:
            self._wrong = self._wrong + 1 if now - self._last < FORGIVEN_AFTER_S else 1
            self._last = now


def let_in(name: str, code: str, given: Admission, *, throttle: Throttle, now: float) -> Person:
    """Let somebody in who gives a name, and a code where one is asked for.

    Args:
        name: As typed.
        code: As typed; empty where none is asked for.
        given: How people get in.
        throttle: Of this page.
        now: Seconds on a clock that never goes back.

    Raises:
        InputError: What is wrong with it.
    """
    name = check_name(name)
    if given.way == "name":
        return Person(name=name, lead=True)
    if given.way == "login":
        raise InputError("people get in by their login here")
    pause_s = throttle.pause_s(now)
    if pause_s > 0:
        raise InputError("there were too many wrong codes", remedy=f"try again in {math.ceil(pause_s)} seconds")
    for known, lead in ((given.lead_code, True), (given.reviewer_code, False)):
        if known and _same(code.strip(), known):
            return Person(name=name, lead=lead)
    throttle.wrong(now)
    raise InputError("that is not the code", remedy="ask whoever sent you here for it")


def person_of_login(user: Mapping[str, Any], leads: Sequence[str]) -> Person:
    """Somebody whom a login provider vouches for.

    Args:
        user: Claims of the provider (OpenID Connect Core 1.0, section 5.1): `email`, `email_verified`, `name`.
        leads: E-mail addresses of leads.

    Raises:
        InputError: The claims name nobody.
    """
    email = str(user.get("email") or "").strip()
    if email and user.get("email_verified") in (False, "false"):
        raise InputError(f"your login provider has not confirmed that {email} is yours", remedy="confirm it there")
    if email:
        email = email.lower()  # providers write one address in several ways
        return Person(name=check_name(email), lead=email in {lead.strip().lower() for lead in leads})
    name = str(user.get("name") or "")
    if not name.strip() or "@" in name:  # an address that nobody confirmed
        raise InputError("your login provider tells neither an e-mail address nor a name of you")
    return Person(name=check_name(name), lead=False)


def _same(given: str, known: str) -> bool:
    """Compare in a time that does not depend on where, or in what length, they differ."""
    return hmac.compare_digest(hashlib.sha256(given.encode()).digest(), hashlib.sha256(known.encode()).digest())
