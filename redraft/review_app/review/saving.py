"""Says whether what was said is saved, and why not."""

from __future__ import annotations

import streamlit as st

from redraft.learning.words import counted
from redraft.review_app.review.service import service_of
from redraft.review_app.safe_text import plain
from redraft.review_app.visit import Visit
from redraft.tracking.seat import Seat

LOOK_S = 1.0
CLOSED = (
    "This review was closed meanwhile. What you have said is in it; what you say now is kept, and counts from the next "
    "iteration on."
)


@st.fragment(run_every=LOOK_S)
def show_saving(visit: Visit, seat: Seat) -> None:
    """Draw the line; it draws itself again every second."""
    service_of(visit).refresh(seat.watch)
    state = seat.state
    if state.closed:
        st.warning(plain(state.closed), icon=":material/lock:")
    elif state.trouble:
        st.warning(
            f"{counted(state.waiting, 'rating')} kept on this machine, not yet at the server: {plain(state.trouble)}",
            icon=":material/cloud_off:",
        )
    elif not seat.watch.is_open:
        st.warning(CLOSED, icon=":material/lock:")
    elif state.waiting:
        st.caption(f":material/sync: saving {counted(state.waiting, 'rating')} …")
    elif state.saved:
        st.caption(f":material/cloud_done: all saved ({counted(state.saved, 'rating')} since you opened this page)")
    else:
        st.caption(":material/cloud_done: everything is saved as you go")
