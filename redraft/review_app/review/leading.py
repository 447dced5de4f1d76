"""What leads may do with an open review: close it early, or stop the iteration with a reason."""

from __future__ import annotations

import streamlit as st

from redraft.errors import RedraftError
from redraft.learning.words import counted
from redraft.review_app.review.service import service_of
from redraft.review_app.review.telling import forget_told, tell
from redraft.review_app.visit import Visit
from redraft.tracking.overview import ReviewOverview


def show_lead(visit: Visit, overview: ReviewOverview) -> None:
    """Draw the button behind which a review is closed or rejected."""
    task_id = overview.review.task_id
    with st.popover("Close …", icon=":material/lock:"):
        if overview.missing:
            st.markdown(
                f"{counted(overview.missing, 'planned rating')} would be missing: the scores get wider intervals, and "
                "the run goes on."
            )
        # what a callback does is done although the review, and with it the button, has gone meanwhile
        st.button("Close the review", key=f"close-{task_id}", type="primary", on_click=_close, args=(visit, task_id))
        st.divider()
        st.text_input("Or stop this iteration, because", key=f"reason-{task_id}", max_chars=500)
        st.button("Reject the iteration", key=f"reject-{task_id}", on_click=_reject, args=(visit, task_id))


def _reject(visit: Visit, task_id: str) -> None:
    reason = str(st.session_state.get(f"reason-{task_id}") or "").strip()
    if reason:
        _close(visit, task_id, rejected=reason)
    else:
        tell("A rejection must say why: the next reader of the log must know it.")


def _close(visit: Visit, task_id: str, rejected: str = "") -> None:
    forget_told()
    try:
        closed = service_of(visit).close(task_id, owner=visit.reviewer, rejected=rejected)
    except RedraftError as error:
        tell(str(error))
        return
    st.toast(
        f"Closed with {counted(len({(r.reviewer, r.answer_id) for r in closed.ratings}), 'rating')}; the run goes on."
    )
