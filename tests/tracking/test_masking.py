"""No key that the environment holds, and nothing that looks like one, gets into the call log."""

from __future__ import annotations

import base64
from urllib.parse import quote

import pytest

from redraft.call_log import CallLog
from redraft.errors import ConfigError
from redraft.records import LlmCall
from redraft.tracking.masking import make_mask

KEY = "our/own+key=1"
ENVIRON = {
    "OPENAI_API_KEY": KEY,
    "CLEARML_API_SECRET_KEY": "clearml-secret-1",
    "DATABASE_URL": "postgres://me:pass-word-1@db:5432/x?sslmode=verify-full&token=tok-12345",
    "MONKEY": "bananas-are-no-secret",
    "LANG": "en_US.UTF-8",
    "SHORT_KEY": "abc",
}


@pytest.mark.parametrize(
    "secret",
    [
        KEY,
        quote(KEY, safe=""),
        base64.b64encode(KEY.encode()).decode(),
        "clearml-secret-1",
        "pass-word-1",
        "tok-12345",
        "sk-proj-AbCdEf0123456789AbCdEf",
        "Bearer abcdefghijklmnop.0123",
        "Basic dXNlcjpwYXNzd29yZDEyMw==",
        "AKIAIOSFODNN7EXAMPLE",
        "ghp_0123456789abcdefghijABCDEFGHIJ012345",
        "xoxb-123456789012-abcdef",
        "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl",
        "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc\n-----END RSA PRIVATE KEY-----",
    ],
)
def test_a_secret_is_masked_wherever_it_stands(secret: str) -> None:
    mask = make_mask(ENVIRON)
    assert mask(f"before {secret} after, ({secret})") == "before *** after, (***)"


def test_ordinary_words_stay() -> None:
    text = "bananas-are-no-secret, abc, verify-full, en_US.UTF-8, task-list, Bearer of news, risk-free"
    assert make_mask(ENVIRON)(text) == text


def test_personal_data_is_masked_if_configured() -> None:
    mask = make_mask({}, [r"[\w.+-]+@[\w.-]+\w", r"(\d)\1{3}", r"(?i:ann smith)"])
    assert mask("ann@example.com, Ann Smith, card 7777, 1234") == "***, ***, card ***, 1234"


@pytest.mark.parametrize(("pattern", "why"), [("(", "not a regular expression"), ("x*", "matches the empty text")])
def test_a_pattern_that_cannot_mask_is_refused(pattern: str, why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        make_mask({}, [pattern])


def test_the_call_log_holds_nothing_unmasked() -> None:
    log = CallLog(mask=make_mask(ENVIRON))
    log.add(
        LlmCall(step="s", kind="answer", model="m", messages=(("user", f"a {KEY}"),), reply=KEY, error=f"HTTP: {KEY}")
    )
    (call,) = log.calls
    assert (call.messages, call.reply, call.error) == ((("user", "a ***"),), "***", "HTTP: ***")
