"""The page Ask: talk to the bot with the published prompt, or with any two side by side and blind."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from redraft.errors import RedraftError
from redraft.review_app.ask.answers import TEXT_WIDTH, show_question, show_turn
from redraft.review_app.ask.conversation import Pending, begin, pending, turns, wait_for
from redraft.review_app.ask.whom import Whom, choose_whom, draw
from redraft.review_app.safe_text import plain
from redraft.review_app.visit import Visit
from redraft.tracking.asking import ask, check_question, find_index
from redraft.tracking.indexes import OpenIndex
from redraft.tracking.server import check_server

BOX = "ask_box"


def show(visit: Visit) -> None:
    """Draw the page."""
    st.title("Ask")
    st.caption("The bot answers from the docs. Each question stands by itself: it remembers nothing of those before.")
    if "ask_back" in st.session_state:
        st.session_state[BOX] = st.session_state.pop("ask_back")
    asked = st.chat_input("Ask the docs a question", key=BOX, submit_mode="disable", width=TEXT_WIDTH)
    whom = _choose(visit)
    for turn in turns():
        show_turn(visit, turn)
    if asked is not None:
        st.session_state.pop("ask_problem", None)
        _begin(visit, asked, whom)
    waiting = pending()
    if waiting is not None:
        _await(waiting)
    if "ask_problem" in st.session_state:
        st.error(plain(st.session_state["ask_problem"]), width=TEXT_WIDTH)
    elif not turns():
        st.markdown("Nothing was asked yet. Type a question below.")


def _choose(visit: Visit) -> Whom | None:
    """Let the person choose whom to ask; None: nobody can be asked now, and it is said why."""
    try:
        check_server()
        return choose_whom(visit)
    except RedraftError as error:
        st.error(plain(str(error)), width=TEXT_WIDTH)
        return None


def _begin(visit: Visit, asked: str, whom: Whom | None) -> None:
    if whom is None:  # it is said why
        _give_back(asked)
        return
    try:
        question = check_question(asked)
        index = _open_index(find_index(visit.project, visit.config), visit.folder / "tmp")
    except RedraftError as error:
        _give_back(asked, str(error))
        return
    chosen, config = draw(whom), visit.config
    begin(question, lambda: ask(question, chosen, index, config))


def _await(waiting: Pending) -> None:
    show_question(waiting.question)
    try:
        with st.spinner("Searching the docs and asking the model ...", show_time=True):
            wait_for(waiting)
    except RedraftError as error:
        _give_back(waiting.question, str(error))
    st.rerun()


def _give_back(question: str, problem: str = "") -> None:
    """Put a question that was not answered back into its box, and say why."""
    st.session_state["ask_back"] = question
    if problem:
        st.session_state["ask_problem"] = problem
    st.rerun()


@st.cache_resource(max_entries=2, show_spinner="Opening the index ...")
def _open_index(task_id: str, parent: Path) -> OpenIndex:
    """Open an index once for everybody whom this process serves."""
    return OpenIndex(task_id, parent)
