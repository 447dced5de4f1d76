"""Who may use the page: rules that need no browser."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from streamlit import config
from streamlit.testing.v1 import AppTest

from redraft.config import ROOT
from redraft.errors import InputError
from redraft.review_app.admission import (
    FORGIVEN_AFTER_S,
    FREE_CODES,
    MAX_PAUSE_S,
    Admission,
    Person,
    Throttle,
    admission,
    came_from_elsewhere,
    check_name,
    let_in,
    person_of_login,
)
from redraft.review_app.launch import admission_at, has_login, page_command, page_environ, secrets_files, stand_in_words
from redraft.review_app.remembering import MONTH_S, cookie_value, person_of_cookie

BY_CODE = Admission(way="code", reviewer_code="review-code", lead_code="lead-code")
BY_NAME = Admission(way="name")
ANN = Person(name="Ann", lead=False)
NOW = 1_800_000_000.0


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.7", "qa.example.com", ""])
def test_a_page_that_others_reach_needs_a_code_or_a_login(host: str, tmp_path: Path) -> None:
    nothing = {"HOME": str(tmp_path)}
    with pytest.raises(InputError, match=r"nothing says who may use it.*REDRAFT_REVIEW_CODE and REDRAFT_LEAD_CODE"):
        admission_at(host, nothing)
    assert admission_at(host, {**nothing, "REDRAFT_LEAD_CODE": "long enough"}).way == "code"
    (tmp_path / ".streamlit").mkdir()
    (tmp_path / ".streamlit" / "secrets.toml").write_text('[auth]\nclient_id = "x"\n')
    assert admission_at(host, nothing).way == "login"


def test_on_loopback_a_name_is_enough_until_there_is_a_code(tmp_path: Path) -> None:
    assert admission_at("127.0.0.1", {"HOME": str(tmp_path)}).way == "name"
    assert admission_at("localhost", {"HOME": str(tmp_path), "REDRAFT_REVIEW_CODE": "long enough"}).way == "code"


def test_a_code_shorter_than_eight_characters_is_refused_without_telling_it() -> None:
    with pytest.raises(InputError, match=r"^REDRAFT_REVIEW_CODE has 7 characters\.") as refused:
        admission(loopback=True, login=False, environ={"REDRAFT_REVIEW_CODE": "1234567"})
    assert "1234567" not in str(refused.value)


def test_reviewers_and_leads_must_not_have_one_code() -> None:
    environ = {"REDRAFT_REVIEW_CODE": "the same code", "REDRAFT_LEAD_CODE": "the same code"}
    with pytest.raises(InputError, match="are the same"):
        admission(loopback=True, login=False, environ=environ)


def test_secrets_that_cannot_be_read_are_named_but_not_repeated(tmp_path: Path) -> None:
    path = tmp_path / "secrets.toml"
    path.write_text("[auth]\nclient_secret = hush\n")
    with pytest.raises(InputError, match=r"secrets\.toml: not a readable TOML file") as refused:
        has_login([path])
    assert "hush" not in str(refused.value)


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("  Ann  Smith ", "Ann Smith"),
        ('a/../"b" <i>', 'a/../"b" <i>'),
        ("Jose\u0301", "José"),
        ("王小明", "王小明"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("x" * 80, "x" * 80),
    ],
)
def test_a_name_is_kept_in_one_form(name: str, kept: str) -> None:
    assert check_name(name) == kept


@pytest.mark.parametrize(
    "name", ["", " \n ", "...", "x" * 81, "a\x00b", "a\x1b[2J", "a\u202eb", "Redraft", "person-4f2a", "PERSON 4f2a"]
)
def test_a_name_that_is_empty_long_invisible_or_taken_is_refused(name: str) -> None:
    with pytest.raises(InputError):
        check_name(name)


@pytest.mark.parametrize(("code", "lead"), [("lead-code", True), ("review-code", False), (" review-code\n", False)])
def test_the_code_tells_the_role(code: str, lead: bool) -> None:
    assert let_in("Ann", code, BY_CODE, throttle=Throttle(), now=0.0) == Person(name="Ann", lead=lead)


@pytest.mark.parametrize("code", ["", "lead-code2", "LEAD-CODE", "lead", "läd"])
def test_a_wrong_code_lets_nobody_in(code: str) -> None:
    with pytest.raises(InputError, match="not the code"):
        let_in("Ann", code, BY_CODE, throttle=Throttle(), now=0.0)


def test_an_empty_code_is_not_the_one_that_was_never_set() -> None:
    with pytest.raises(InputError, match="not the code"):
        let_in("Ann", "", Admission(way="code", lead_code="lead-code"), throttle=Throttle(), now=0.0)


def test_after_ten_wrong_codes_even_the_right_one_has_to_wait() -> None:
    throttle = Throttle()
    for _ in range(FREE_CODES):
        with pytest.raises(InputError, match="not the code"):
            let_in("Eve", "guess", BY_CODE, throttle=throttle, now=5.0)
    with pytest.raises(InputError, match=r"too many wrong codes\. Try again in 1 seconds"):
        let_in("Eve", "lead-code", BY_CODE, throttle=throttle, now=5.5)
    assert let_in("Ann", "lead-code", BY_CODE, throttle=throttle, now=6.0).lead


def test_the_pause_doubles_up_to_half_a_minute_and_is_forgiven() -> None:
    throttle, pauses = Throttle(), []
    for _ in range(FREE_CODES + 7):
        throttle.wrong(0.0)
        pauses.append(throttle.pause_s(0.0))
    assert pauses == [0.0] * (FREE_CODES - 1) + [1.0, 2.0, 4.0, 8.0, 16.0, MAX_PAUSE_S, MAX_PAUSE_S, MAX_PAUSE_S]
    throttle.wrong(FORGIVEN_AFTER_S)
    assert throttle.pause_s(FORGIVEN_AFTER_S) == 0.0


def test_a_right_code_does_not_end_the_pause() -> None:
    throttle = Throttle()
    for number in range(FREE_CODES):
        throttle.wrong(0.0)
        let_in("Eve", "review-code", BY_CODE, throttle=throttle, now=1.0) if number < FREE_CODES - 1 else None
    assert throttle.pause_s(0.0) > 0


def test_a_cookie_brings_back_name_and_role_for_a_month() -> None:
    for person in (ANN, Person(name='王 / "Q"', lead=True)):
        value = cookie_value(person, BY_CODE, now=NOW)
        assert person_of_cookie(value, BY_CODE, now=NOW + MONTH_S - 1) == person
        assert person_of_cookie(value, BY_CODE, now=NOW + MONTH_S) is None


def test_a_cookie_of_a_reviewer_outlives_a_new_code_for_leads_but_not_one_of_its_own() -> None:
    value = cookie_value(ANN, BY_CODE, now=NOW)
    other_leads = Admission(way="code", reviewer_code="review-code", lead_code="new lead code")
    assert person_of_cookie(value, other_leads, now=NOW) == ANN
    assert person_of_cookie(value, Admission(way="code", reviewer_code="a new code"), now=NOW) is None


def forged(name: str, until: float, signature: str) -> str:
    body = base64.urlsafe_b64encode(json.dumps({"name": name, "until": until}).encode()).decode().rstrip("=")
    return f"{body}.{signature}"


def test_a_cookie_cannot_be_made_or_changed_without_the_code() -> None:
    own = cookie_value(ANN, BY_CODE, now=NOW)
    signature = own.partition(".")[2]
    for value in (
        forged("Bob", NOW + 10, ""),
        forged("Bob", NOW + 10, signature),
        cookie_value(ANN, BY_NAME, now=NOW),
        own[:-1],
        signature,
    ):
        assert person_of_cookie(value, BY_CODE, now=NOW) is None


@pytest.mark.parametrize(
    "value",
    ["", ".", "x", "a.b.c", "é.é", "e30.", "bnVsbA.", "W10.", "x" * 5000, forged("", NOW + 9, ""),
     forged("redraft", NOW + 9, ""), forged("Ann", NOW + 2 * MONTH_S, ""), forged("Ann", float("nan"), "")],
)  # fmt: skip
def test_what_is_no_cookie_of_ours_is_nobody(value: str) -> None:
    assert person_of_cookie(value, BY_NAME, now=NOW) is None


def test_a_cookie_without_a_code_is_a_name_on_loopback() -> None:
    assert person_of_cookie(forged("Ann", NOW + 9, ""), BY_NAME, now=NOW) == Person(name="Ann", lead=True)


def test_the_login_names_the_reviewer_and_the_configuration_the_leads() -> None:
    leads = ("Lead@Example.com ",)
    assert person_of_login({"email": "lead@example.com"}, leads) == Person(name="lead@example.com", lead=True)
    assert person_of_login({"email": "Ann@example.com", "name": "A"}, leads) == Person(
        name="ann@example.com", lead=False
    )
    assert person_of_login({"name": "Ann"}, leads) == Person(name="Ann", lead=False)


@pytest.mark.parametrize(
    "claims",
    [
        {"email": "lead@example.com", "email_verified": False},
        {"name": "lead@example.com"},
        {"sub": "123"},
        {"email": "", "name": " "},
        {"name": "redraft"},
    ],
)
def test_a_login_that_vouches_for_nobody_is_refused(claims: dict[str, object]) -> None:
    with pytest.raises(InputError):
        person_of_login(claims, ("lead@example.com",))


@pytest.mark.parametrize(
    ("host", "address", "headers", "elsewhere"),
    [
        ("127.0.0.1:8501", None, {}, False),
        ("localhost:8501", None, {"origin": "http://localhost:8501"}, False),
        ("foreign.example:8501", None, {}, True),
        ("127.0.0.1:8501", "192.0.2.7", {}, True),
        ("127.0.0.1:8501", None, {"x-forwarded-for": "192.0.2.7"}, True),
        ("127.0.0.1:8501", None, {"forwarded": "for=192.0.2.7"}, True),
        (None, None, {}, True),
    ],
)
def test_who_comes_by_a_proxy_or_a_foreign_name_is_not_on_this_machine(
    host: str | None, address: str | None, headers: dict[str, str], elsewhere: bool
) -> None:
    assert came_from_elsewhere(host, address, headers) is elsewhere


def test_the_command_has_no_code_in_it_and_the_environment_has(tmp_path: Path) -> None:
    """Command lines can be read by everybody on the machine."""
    environ = page_environ({"REDRAFT_LEAD_CODE": "lead-code"}, project="p", profile=None, folder=tmp_path)
    command = page_command(host="127.0.0.1", port=8501, secrets=secrets_files({"HOME": str(tmp_path)}))
    assert environ["REDRAFT_LEAD_CODE"] == "lead-code"
    assert "lead-code" not in " ".join(command)


@pytest.mark.parametrize(
    ("stand_ins", "said"),
    [
        ((), ""),
        (("model",), "Stand-in model: this shows how it works, and says nothing about a real model."),
        (
            ("server", "model"),
            "Stand-in model and server: this shows how it works, and says nothing about a real model.",
        ),
        (("server",), "Stand-in server: everything is kept in a folder of this machine alone."),
        (
            ("asked model",),
            "Stand-in model on the pages Ask and Questions: what it says there says nothing about a real",
        ),
    ],
)
def test_the_page_is_told_of_stand_ins_by_who_starts_it_alone(
    tmp_path: Path, stand_ins: tuple[str, ...], said: str
) -> None:
    before = {"REDRAFT_STAND_INS": "model"}  # of another page, whose child this one is
    environ = page_environ(before, project="p", profile=None, folder=tmp_path, stand_ins=stand_ins)
    assert stand_in_words(environ).startswith(said)
    assert bool(stand_in_words(environ)) is bool(said)


@pytest.fixture
def listening_on() -> Iterator[Callable[[str | None], AppTest]]:
    """The page as a Streamlit would draw it that listens on an address; `None`: on every one."""
    before = config.get_option("server.address")

    def draw(address: str | None) -> AppTest:
        config.set_option("server.address", address)
        return AppTest.from_file(str(ROOT / "redraft" / "review_app" / "app.py"), default_timeout=60).run()

    yield draw
    config.set_option("server.address", before)


@pytest.mark.parametrize("address", [None, "0.0.0.0", "::", "192.0.2.1", "unix:///run/page.sock"])
def test_started_past_the_command_for_others_the_page_shows_only_why_nobody_may_use_it(
    address: str | None, listening_on: Callable[[str | None], AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("REDRAFT_REVIEW_CODE", "REDRAFT_LEAD_CODE"):
        monkeypatch.delenv(name, raising=False)
    app = listening_on(address)
    assert not app.exception
    assert "nothing says who may use it" in app.error[0].value
    assert len(app.text_input) == len(app.button) == 0
