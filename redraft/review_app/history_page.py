"""The page History: what iterations came to, why, and what is decided on."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import streamlit as st

from redraft.errors import RedraftError
from redraft.review_app.history import decisions, export, iterations, people, prompt_map, prompts, questions, ratings
from redraft.review_app.history.past import NOTHING_RATED, Past, open_past
from redraft.review_app.review.service import in_the_middle
from redraft.review_app.safe_text import plain
from redraft.review_app.visit import Visit

SEEN = "history-seen-while-rating"  # in the session's state


def show(visit: Visit) -> None:
    """Draw the page."""
    st.title("History")
    try:
        if in_the_middle(visit) and not _wants_to_see():
            return
        past = open_past(visit)
        decisions.show_said()
        tabs = st.tabs(list(SECTIONS), key="section", on_change="rerun", bind="query-params")
        for tab, draw in zip(tabs, SECTIONS.values(), strict=True):
            if tab.open:
                with tab:
                    draw(past)
    except RedraftError as error:
        st.error(plain(str(error)))


def _wants_to_see() -> bool:
    """Ask somebody who is rating whether they want to be told what they are not to know yet."""
    if st.session_state.get(SEEN):
        return True
    st.info(
        "You are in the middle of a review. The history would tell you which prompt wrote what, and ratings of people "
        "who know that are worth less. Finish first, if you can.",
        icon=":material/visibility_off:",
    )
    if st.button("Show it all the same"):
        st.session_state[SEEN] = True
        st.rerun()
    return False


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
