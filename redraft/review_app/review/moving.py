"""Which answer is shown: the way on, and the way back by which somebody came."""

from __future__ import annotations

import time

import streamlit as st

from redraft.review_app.review.course import Course


def go(task_id: str, answer_id: str | None) -> None:
    """Show an answer next; `None`: there is none left."""
    at = st.session_state.get(f"at-{task_id}")
    if at is not None and at != answer_id:
        _trail(task_id).append(at)
    _show(task_id, answer_id)


def before(task_id: str, course: Course, answer_id: str | None) -> str | None:
    """Where Back leads from an answer, or from the end (`None`): to what was shown before it, else in the list."""
    known = {item.answer_id for item in course.items}
    came = (other for other in reversed(_trail(task_id)) if other in known and other != answer_id)
    return next(came, None) or course.before(answer_id)


def go_back(task_id: str, answer_id: str) -> None:
    """Show an answer that `before` named."""
    trail = _trail(task_id)
    if answer_id in trail:
        del trail[-1 - trail[::-1].index(answer_id) :]
    _show(task_id, answer_id)


def _show(task_id: str, answer_id: str | None) -> None:
    if answer_id is None:
        st.session_state.pop(f"at-{task_id}", None)
    else:
        st.session_state[f"at-{task_id}"] = answer_id
        st.session_state.setdefault(f"shown-{answer_id}", time.time())


def _trail(task_id: str) -> list[str]:
    """Answers that were shown in this session, in the order in which they were left."""
    trail: list[str] = st.session_state.setdefault(f"trail-{task_id}", [])
    return trail
