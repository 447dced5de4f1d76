"""Says whether what was said is saved, and why not."""

from __future__ import annotations

import streamlit as st

from redraft.learning.words import counted
from redraft.review_app.review.looking import look_again
from redraft.review_app.review.service import service_of
from redraft.review_app.safe_text import plain
from redraft.review_app.visit import Visit
from redraft.tracking.late import CANCELLED
from redraft.tracking.opinion import SaveState
from redraft.tracking.seat import Seat
from redraft.tracking.watching import Watch

WAITING_S, IDLE_S = 0.5, 3.0  # between two looks: while something is on its way, and to see that the review is open
CLOSED = (
    "This review was closed meanwhile. What you have said is in it; what you say now is kept, and counts from the next "
    "iteration on."
)


@st.fragment
def show_saving(visit: Visit, seat: Seat) -> None:
    """Draw the line; it draws itself again."""
    service_of(visit).refresh(seat.watch)
    state = seat.state
    with st.container(gap=None):
        _show(state, seat.watch)
        unsettled = bool(state.waiting) and not state.closed
        look_again(WAITING_S if unsettled else IDLE_S, key="saving")


def _show(state: SaveState, watch: Watch) -> None:
    if state.closed:
        st.warning(plain(state.closed), icon=":material/lock:")
    elif state.trouble:
        st.warning(
            f"{counted(state.waiting, 'rating')} kept on this machine, not yet at the server: {plain(state.trouble)}",
            icon=":material/cloud_off:",
        )
    elif not watch.is_open:
        st.warning(CANCELLED if watch.last.cancelled else CLOSED, icon=":material/lock:")
    elif state.waiting:
        st.caption(f":material/sync: saving {counted(state.waiting, 'rating')} …")
    elif state.saved:
        st.caption(f":material/cloud_done: all saved ({counted(state.saved, 'rating')} since you opened this page)")
    else:
        st.caption(":material/cloud_done: everything is saved as you go")
