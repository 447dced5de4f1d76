"""The page Review: the open reviews; inside one, an answer at a time, then a word on the whole."""

from __future__ import annotations

import streamlit as st

from redraft.errors import RedraftError, ReviewClosed
from redraft.review_app.review.listing import show_list
from redraft.review_app.review.rating import show_rating
from redraft.review_app.review.service import seat_of
from redraft.review_app.review.whole import show_whole
from redraft.review_app.safe_text import plain
from redraft.review_app.visit import Visit
from redraft.tracking.late import CANCELLED, was_cancelled
from redraft.tracking.seat import Seat

WIDTH = 800  # pixels, of what is no answer with its passages


def show(visit: Visit) -> None:
    """Draw the page; `?review=<task id>` leads into a review."""
    task_id = st.query_params.get("review")
    if not task_id:
        with st.container(width=WIDTH):
            st.title("Reviews", anchor=False)
            show_list(visit)
        return
    if st.button("All reviews", icon=":material/arrow_back:", type="tertiary"):
        st.query_params.clear()
        st.rerun()
    try:
        seat = seat_of(visit, task_id)
        if not seat.watch.is_open:
            raise ReviewClosed("this review was closed")
        seat.arrive()
    except ReviewClosed:
        st.info(f"{_ended(task_id)} The list shows what is open.", width=WIDTH)
        return
    except RedraftError as error:
        st.warning(plain(str(error)), icon=":material/cloud_off:", width=WIDTH)
        return
    _show_inside(visit, seat)


@st.fragment
def _show_inside(visit: Visit, seat: Seat) -> None:
    """Draw a review from within; a key draws this part alone again, also when the review was closed meanwhile."""
    if not show_rating(visit, seat):
        with st.container(width=WIDTH):
            show_whole(visit, seat)


def _ended(task_id: str) -> str:
    """What to tell somebody whose review is over."""
    try:
        if was_cancelled(task_id):
            return CANCELLED
    except RedraftError:  # it was deleted, or the server is away: more is not known
        pass
    return "This review is closed. Thank you for what you have said in it."
