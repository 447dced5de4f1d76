"""Questions that reviewers find bad, with their words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from redraft.records import Question
from redraft.review_app.questions.draft import Draft, retired
from redraft.review_app.questions.figures import Figures
from redraft.review_app.questions.wording import counted
from redraft.review_app.safe_text import plain

_MOST = 20


def show_flagged(draft: Draft, asked: Sequence[Question], figures: Mapping[str, Figures]) -> None:
    """Draw them, each with a button that retires it; nothing if there is none."""
    found = [(question, figures[question.id]) for question in asked if _flagged(question, draft, figures)]
    if not found:
        return
    found.sort(key=lambda pair: -len(pair[1].flags))
    st.markdown(f"**Reviewers find {counted(len(found), 'question')} bad.** Reword a question below, or retire it.")
    for question, figure in found[:_MOST]:
        with st.container(border=True, width=800):
            st.markdown(plain(question.text))
            for flag in figure.flags:
                st.caption(plain(f"{flag.reviewer}: {flag.comment or 'no comment'}"))
            if st.button("Retire", key=f"retire-{question.id}", icon=":material/archive:"):
                draft.put(retired(question))
                draft.redraw()
                st.rerun()
    if len(found) > _MOST:
        st.caption(f"{len(found) - _MOST} more; the table has their flags.")


def _flagged(question: Question, draft: Draft, figures: Mapping[str, Figures]) -> bool:
    figure, change = figures.get(question.id), draft.of(question.id)
    return bool(figure and figure.flags) and (change is None or not (change.kind == "retire" or change.new_text))
