"""Who looks at the page, and what they may do."""

from __future__ import annotations

import os
from pathlib import Path

import streamlit as st

from redraft.config import ROOT, load_config
from redraft.errors import InputError
from redraft.review_app.admission import MAX_NAME_CHARS, Person, check_name
from redraft.review_app.safe_text import plain
from redraft.review_app.visit import Visit


def open_visit() -> Visit | None:
    """Who is it; `None` while nobody is signed in."""
    person = st.session_state.get("person")
    if not isinstance(person, Person):
        return None
    environ = os.environ
    profile = environ.get("REDRAFT_PROFILE")
    return Visit(
        project=environ.get("REDRAFT_PROJECT", "redraft"),
        reviewer=person.name,
        lead=person.lead,
        config=load_config(Path(profile) if profile else None),
        folder=Path(environ.get("REDRAFT_HOME") or ROOT / ".redraft").absolute(),
    )


def ask_who() -> None:
    """The card that a first visitor sees."""
    with st.container(horizontal_alignment="center"), st.container(border=True, width=460):
        st.title("Redraft")
        st.markdown(
            "Here people rate the answers of a documentation bot. What you say decides which instructions it gets next."
        )
        with st.form("who", border=False):
            name = st.text_input("Your name", max_chars=MAX_NAME_CHARS, autocomplete="name")
            if st.form_submit_button("Go", type="primary", width="stretch"):
                try:
                    st.session_state["person"] = Person(name=check_name(name), lead=True)
                except InputError as error:
                    st.error(plain(str(error)))
                else:
                    st.rerun()


def show_account(visit: Visit) -> None:
    """Who you are here, and the way out."""
    st.title("You")
    st.text(visit.reviewer)
    if st.button("Change name"):
        del st.session_state["person"]
        st.rerun()
