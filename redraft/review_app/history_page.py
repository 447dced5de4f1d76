"""The page History: what iterations came to, why, and what is decided on."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from redraft.errors import RedraftError
from redraft.review_app.history import decisions, export, iterations, people, prompt_map, prompts, questions, ratings
from redraft.review_app.history.past import NOTHING_RATED, Past, open_past
from redraft.review_app.safe_text import plain
from redraft.review_app.visit import Visit


def show(visit: Visit) -> None:
    """Draw the page."""
    st.title("History")
    try:
        past = open_past(visit)
        decisions.show_said()
        tabs = st.tabs(list(SECTIONS), key="section", on_change="rerun", bind="query-params")
        for tab, draw in zip(tabs, SECTIONS.values(), strict=True):
            if tab.open:
                with tab:
                    draw(past)
    except RedraftError as error:
        st.error(plain(str(error)))


def _overview(past: Past) -> None:
    if not past.judged and not past.history.decisions:
        st.info(NOTHING_RATED)
        return
    decisions.show_standing(past)
    iterations.show(past)
    decisions.show_log(past)


SECTIONS: Mapping[str, Callable[[Past], None]] = {
    "Overview": _overview,
    "Prompts": prompts.show,
    "Questions": questions.show,
    "People": people.show,
    "Map": prompt_map.show,
    "Ratings": ratings.show,
    "Export": export.show,
}
