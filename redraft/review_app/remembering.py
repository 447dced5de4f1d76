"""Who somebody is, kept in a cookie of their browser for a month, so that a reload does not ask again.

A cookie holds a name and an end, `<JSON in base64url>.<signature>`. The signature is made with a key that is derived
from the code that the person gave: it tells their role, and a new code signs everybody out. Where nothing but a name
is asked for, there is no signature.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import hmac
import json
import secrets
from typing import Any

import streamlit as st

from redraft.errors import InputError
from redraft.review_app.admission import Admission, Person, check_name

MONTH_S = 30 * 24 * 3600.0
MAX_COOKIE_CHARS = 2000
_WRITTEN = "cookie"  # in the session's state: what its browser is to keep
_SCRIPT = """
export default function ({ data }) {
  const written = (window.redraftWritten ??= new Set());
  if (written.has(data.once)) return;
  written.add(data.once);
  const secure = location.protocol === "https:" ? "; Secure" : "";
  document.cookie = `${data.name}=${data.value}; Max-Age=${data.seconds}; Path=/; SameSite=Strict${secure}`;
}
"""


def cookie_value(person: Person, admission: Admission, *, now: float) -> str:
    """What a browser keeps of a person.

    Args:
        person: Who was let in just now.
        admission: How they were.
        now: Unix time, seconds.
    """
    body = _base64(json.dumps({"name": person.name, "until": now + MONTH_S}).encode())
    code = (admission.lead_code if person.lead else admission.reviewer_code) if admission.way == "code" else ""
    return f"{body}.{_signature(body, code) if code else ''}"


def person_of_cookie(value: str, admission: Admission, *, now: float) -> Person | None:
    """Who a cookie says that somebody is; `None`: it is not one of ours, is too old, or of another code."""
    body, _, signature = value.partition(".")
    if not body or len(value) > MAX_COOKIE_CHARS or not value.isascii():
        return None
    lead = admission.way == "name"
    if admission.way == "code":
        codes = ((admission.lead_code, True), (admission.reviewer_code, False))
        roles = [role for code, role in codes if code and hmac.compare_digest(_signature(body, code), signature)]
        if not roles:
            return None
        lead = roles[0]
    try:
        said: dict[str, Any] = json.loads(base64.urlsafe_b64decode(body + "=" * (-len(body) % 4)))
        if not now < float(said["until"]) <= now + MONTH_S:
            return None
        return Person(name=check_name(str(said["name"])), lead=lead)
    except (ValueError, KeyError, TypeError, RecursionError, InputError):
        return None


def remembered(admission: Admission, *, now: float) -> Person | None:
    """Who this visit's browser says that it is; a name that was given up in this session is not taken back."""
    if _WRITTEN in st.session_state:
        return None
    value = st.context.cookies.get(_cookie_name())
    return person_of_cookie(value, admission, now=now) if value else None


def remember(person: Person, admission: Admission, *, now: float) -> None:
    """Let the browser keep a person, with the next `write_cookie`."""
    _write(cookie_value(person, admission, now=now), seconds=MONTH_S)


def forget() -> None:
    """Let the browser forget who it is, with the next `write_cookie`."""
    _write("", seconds=0)


def write_cookie() -> None:
    """Have the browser do what was asked of it in this session; once, however often it is drawn."""
    written = st.session_state.get(_WRITTEN)
    if written:
        _writer()(data=written, key="redraft-cookie")


def _write(value: str, *, seconds: float) -> None:
    name, once = _cookie_name(), secrets.token_hex(8)
    st.session_state[_WRITTEN] = {"name": name, "value": value, "seconds": int(seconds), "once": once}


def _cookie_name() -> str:
    return f"redraft_{st.get_option('server.port')}"  # browsers tell hosts apart, but not ports


@functools.cache
def _writer() -> Any:
    return st.components.v2.component("redraft_cookie", js=_SCRIPT)


def _signature(body: str, code: str) -> str:
    return _base64(hmac.digest(_key(code), body.encode(), "sha256"))


@functools.lru_cache(maxsize=8)
def _key(code: str) -> bytes:
    """Slow to make, so that a code cannot be guessed from a cookie (RFC 7914; n, r, p as in its section 2)."""
    return hashlib.scrypt(code.encode(), salt=b"redraft review page 1", n=2**14, r=8, p=1, dklen=32)


def _base64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")
