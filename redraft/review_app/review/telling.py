"""What came of a press, for parts of the page that draw themselves again every few seconds: it stays to be read."""

from __future__ import annotations

import time

import streamlit as st

from redraft.review_app.safe_text import plain

TOLD = "told"  # in the session's state
TOLD_S = 20.0


def tell(words: str) -> None:
    """Say something at the top of this part of the page when it is drawn next."""
    st.session_state[TOLD] = (time.time(), words)


def show_told() -> None:
    """Draw what was said lately."""
    when, words = st.session_state.get(TOLD, (0.0, ""))
    if time.time() - when < TOLD_S:
        st.warning(plain(words))


def forget_told() -> None:
    """Something new was pressed."""
    st.session_state.pop(TOLD, None)
