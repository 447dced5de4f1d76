"""Makes an example question of one that somebody asked: iterations ask it from then on."""

from __future__ import annotations

import time

import streamlit as st

from redraft.errors import InputError, RedraftError
from redraft.learning.question_set import Change, edits_from, nearly_the_same
from redraft.records import Question, content_id
from redraft.review_app.ask.conversation import Turn
from redraft.review_app.loading import forget_sources
from redraft.review_app.safe_text import plain
from redraft.review_app.visit import Visit
from redraft.tracking.asking import check_question
from redraft.tracking.history import find_sources
from redraft.tracking.next_questions import next_questions
from redraft.tracking.question_set import save_edits
from redraft.tracking.server import check_server

_ANSWERABLE = {"Not known": None, "Yes": True, "No": False}
_SPLITS = {
    "dev": "the prompt writer sees what people said of its answers",
    "val": "hidden from the prompt writer; a promotion needs ratings of some",
}


def show_example_form(visit: Visit, turn: Turn) -> None:
    """Offer to add the question to the example questions."""
    key = f"ask_{turn.number}_example"
    with st.popover("Add as an example question", icon=":material/playlist_add:"), st.form(f"{key}_form", border=False):
        outcome = st.session_state.get(f"{key}_outcome")
        if outcome is not None:
            added, words = outcome
            (st.success if added else st.error)(plain(words))
        st.text_area("Question", value=turn.question, key=f"{key}_text")
        st.radio("Used as", list(_SPLITS), captions=list(_SPLITS.values()), key=f"{key}_split")
        st.radio("Do the docs hold the answer?", list(_ANSWERABLE), horizontal=True, key=f"{key}_answerable")
        st.form_submit_button("Add", on_click=_add, args=(visit, key))


def _add(visit: Visit, key: str) -> None:
    try:
        said = (True, _added(visit, key))
    except RedraftError as error:
        said = (False, str(error))
    st.session_state[f"{key}_outcome"] = said


def _added(visit: Visit, key: str) -> str:
    text = check_question(str(st.session_state[f"{key}_text"] or ""))
    split, answerable = st.session_state[f"{key}_split"], _ANSWERABLE[st.session_state[f"{key}_answerable"]]
    check_server()
    asked = next_questions(visit.project, visit.config, find_sources(visit.project)).asked
    question = Question(id=content_id("q", text), text=text, split=split, answerable=answerable)
    there = next((known for known in asked if known.id == question.id), None)
    if there is not None:
        raise InputError(
            f"it is an example question already (split {there.split})", remedy="change its labels on the page Questions"
        )
    similar = nearly_the_same(text, asked)
    save_edits(
        visit.project, edits_from([Change(kind="add", question=question)], author=visit.reviewer, now=time.time())
    )
    forget_sources()
    beside = f" Nearly the same one is there too: {similar.text}" if similar is not None else ""
    return f"Added: the next iteration asks it.{beside}"
