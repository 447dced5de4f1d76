"""Who looks at the page and what they may do, by the rules of `redraft.review_app.admission`; the way in and out."""

from __future__ import annotations

import functools
import os
import time
from collections.abc import Mapping
from pathlib import Path

import streamlit as st

from redraft.config import ROOT, load_config
from redraft.errors import InputError
from redraft.review_app.admission import (
    Admission,
    Person,
    Throttle,
    admission,
    came_from_elsewhere,
    is_loopback,
    let_in,
    person_of_login,
)
from redraft.review_app.remembering import forget, remember, remembered, write_cookie
from redraft.review_app.safe_text import plain
from redraft.review_app.visit import Visit
from redraft.settings import Config

PERSON = "person"  # in the session's state
CARD_WIDTH = 460  # pixels


def open_visit() -> Visit | None:
    """Who is it; `None` while nobody is let in: then `ask_who` draws what they can do about it."""
    try:
        person = _person(_admission())
    except InputError:
        return None
    if person is None:
        return None
    environ = os.environ
    return Visit(
        project=environ.get("REDRAFT_PROJECT", "redraft"),
        reviewer=person.name,
        lead=person.lead,
        config=_config(),
        folder=Path(environ.get("REDRAFT_HOME") or ROOT / ".redraft").absolute(),
    )


def ask_who() -> None:
    """Draw the card that a visitor sees who is not let in yet, or why nobody is."""
    with st.container(horizontal_alignment="center"), st.container(border=True, width=CARD_WIDTH):
        st.title("Redraft", anchor=False)
        try:
            given = _admission()
            if given.way == "login":
                _person(given)
        except InputError as error:
            st.error(plain(str(error)))
            if st.user.get("is_logged_in"):
                st.button("Sign out", on_click=st.logout)
            return
        st.markdown(
            "Here people rate the answers of a documentation bot. What you say decides which instructions it gets next."
        )
        if given.way == "login":
            _login_buttons()
        else:
            _form(given)
    write_cookie()


def show_account(visit: Visit) -> None:
    """Draw the page that says who you are here, with the way out."""
    st.title("You", anchor=False)
    st.text(f"You rate as {visit.reviewer}.")
    st.text(
        "You may close and reject reviews, and decide which prompt is published."
        if visit.lead
        else "Closing reviews and deciding which prompt is published is for leads."
    )
    way = _admission().way
    if way == "login":
        st.button("Sign out", on_click=st.logout)
    else:
        st.button("Change name" if way == "name" else "Sign out", on_click=_leave)


def _form(given: Admission) -> None:
    with st.form("who", border=False):
        name = st.text_input("Your name", autocomplete="name")
        code = ""
        if given.way == "code":
            code = st.text_input("Access code", type="password", autocomplete="current-password")
        if not st.form_submit_button("Go", type="primary", width="stretch"):
            return
        try:
            person = let_in(name, code, given, throttle=_throttle(), now=time.monotonic())
        except InputError as error:
            st.error(plain(str(error)))
            return
    st.session_state[PERSON] = person
    remember(person, given, now=time.time())
    st.rerun()


def _leave() -> None:
    st.session_state.pop(PERSON, None)
    forget()


def _login_buttons() -> None:
    auth = st.secrets["auth"]
    others = [name for name, value in auth.items() if isinstance(value, Mapping)]
    if "client_id" in auth:
        st.button("Sign in", on_click=st.login, type="primary", width="stretch")
    for name in others:
        st.button(f"Sign in with {plain(name)}", on_click=st.login, args=(name,), type="primary", width="stretch")


def _person(given: Admission) -> Person | None:
    if given.way == "login":
        return person_of_login(st.user.to_dict(), _config().review.leads) if st.user.is_logged_in else None
    found = st.session_state.get(PERSON)
    if isinstance(found, Person):
        return found
    person = remembered(given, now=time.time())
    if person is not None:
        st.session_state[PERSON] = person
    return person


def _admission() -> Admission:
    """How people get in, by what is true now: also when Streamlit was started without `redraft review`.

    Raises:
        InputError: Nobody does: others can reach a page that would let everybody in.
    """
    loopback = is_loopback(st.get_option("server.address"))  # without an address it listens on all
    headers = {name.lower(): value for name, value in st.context.headers.items()}
    if headers:  # a test has none
        loopback &= not came_from_elsewhere(headers.get("host"), st.context.ip_address, headers)
    login = st.secrets.load_if_toml_exists() and "auth" in st.secrets
    return admission(loopback=loopback, login=login, environ=os.environ)


@functools.cache
def _config() -> Config:
    profile = os.environ.get("REDRAFT_PROFILE")
    return load_config(Path(profile) if profile else None)


@functools.cache
def _throttle() -> Throttle:
    return Throttle()
