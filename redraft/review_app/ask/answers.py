"""Draws one question with its answer, or with two side by side."""

from __future__ import annotations

import streamlit as st

from redraft.review_app.ask.conversation import LETTERS, Turn, revealed
from redraft.review_app.ask.example import show_example_form
from redraft.review_app.ask.said import show_kept, show_preference, show_thumbs
from redraft.review_app.ask.whom import title
from redraft.review_app.passages import show_passages
from redraft.review_app.safe_text import markdown, plain
from redraft.review_app.sources import corpus_link, show_sources
from redraft.review_app.visit import Visit

TEXT_WIDTH, PAIR_WIDTH = 800, 1240  # px


def show_question(question: str) -> None:
    """Draw what somebody asked."""
    with st.container(width=TEXT_WIDTH), st.chat_message("user"):
        st.markdown(plain(question))


@st.fragment
def show_turn(visit: Visit, turn: Turn) -> None:
    """Draw a question and its answers; a fragment, so that a thumb draws nothing else again."""
    show_question(turn.question)
    with st.container(width=PAIR_WIDTH if turn.blind else TEXT_WIDTH), st.chat_message("assistant"):
        if turn.blind:
            _show_pair(visit, turn)
        else:
            _show_answer(visit, turn, 0)
            with st.container(horizontal=True, vertical_alignment="center"):
                show_thumbs(visit, turn, 0)
                show_example_form(visit, turn)
            show_kept(visit, turn, 0)
            st.caption(f"{plain(title(turn.answers[0].choice, visit.config))} · answered in {turn.seconds:.1f} s")


def _show_pair(visit: Visit, turn: Turn) -> None:
    for place, column in enumerate(st.columns(2, gap="large")):
        with column:
            answered = turn.answers[place]
            st.markdown(f"**Answer {LETTERS[place]}**")
            if revealed(turn):
                st.caption(plain(title(answered.choice, visit.config)))
            _show_answer(visit, turn, place)
            if revealed(turn):
                with st.expander("Its prompt"):
                    st.code(answered.choice.answer_prompt.text, language=None, wrap_lines=True)
            with st.container(horizontal=True, vertical_alignment="center"):
                show_thumbs(visit, turn, place)
            show_kept(visit, turn, place)
    if len({answered.text for answered in turn.answers}) == 1:
        st.caption("Both answers are the same, word for word.")
    show_preference(visit, turn)
    show_example_form(visit, turn)
    st.caption(f"Both answered in {turn.seconds:.1f} s")


def _show_answer(visit: Visit, turn: Turn, place: int) -> None:
    answered, key = turn.answers[place], f"ask_{turn.number}_{LETTERS[place]}"
    st.markdown(markdown(answered.text, link=corpus_link(visit, answered.answer)))
    show_sources(visit, answered.answer, answered.passages, key=key)
    count = len(answered.passages)
    with st.expander(f"{count} passage{'' if count == 1 else 's'} that it was given"):
        show_passages(visit, answered.answer, answered.passages, key=key)
