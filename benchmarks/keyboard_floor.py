"""The floor of the framework: the texts of `keyboard.py` in a bare Streamlit page, a button a score and no saving."""

from __future__ import annotations

import streamlit as st
from keyboard_world import texts

st.set_page_config(layout="wide")


@st.cache_data
def _texts() -> list[tuple[str, str]]:
    return [(question.text, passages[0].text[:600]) for question, passages in texts(14)]


@st.fragment
def _rate() -> None:
    place = st.session_state.setdefault("place", 0)
    question, answer = _texts()[place % 14]
    st.subheader(question)
    st.text(answer)
    for score in range(1, 6):
        st.button(str(score), shortcut=str(score), on_click=_next)


def _next() -> None:
    st.session_state["place"] += 1


_rate()
