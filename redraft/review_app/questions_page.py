"""The page Questions: the set that the next iteration asks; edit, add, import, suggestions.

What is changed here is kept as edits of their own (`redraft.tracking.question_set`): the questions file stays as it is.
"""

from __future__ import annotations

import streamlit as st

from redraft.errors import RedraftError
from redraft.review_app.loading import history_of
from redraft.review_app.questions.adding import show_add
from redraft.review_app.questions.draft import Draft
from redraft.review_app.questions.figures import figures_of
from redraft.review_app.questions.flagged import show_flagged
from redraft.review_app.questions.importing import show_import
from redraft.review_app.questions.log import show_log
from redraft.review_app.questions.reading import set_now
from redraft.review_app.questions.suggesting import show_suggest
from redraft.review_app.questions.table import show_table
from redraft.review_app.questions.unsaved import ANCHOR, MESSAGE, set_warnings, show_unsaved
from redraft.review_app.questions.wording import (
    counted,
    meanwhile_sentence,
    set_sentence,
    still_hidden,
    version_sentence,
)
from redraft.review_app.safe_text import plain
from redraft.review_app.visit import Visit
from redraft.tracking.next_questions import NextQuestions

TABS = ("Edit", "Add", "Import", "Suggest")
_TAB = "questions_tab"


def show(visit: Visit) -> None:
    """Draw the page."""
    st.title("Questions")
    try:
        now, history = set_now(visit), history_of(visit.project)
    except RedraftError as error:
        st.error(plain(str(error)), width=800)
        return
    draft: Draft = st.session_state.setdefault("questions_draft", Draft())
    _show_header(now, draft)
    said = meanwhile_sentence(draft.keep_up(now.asked, now.version, now.edits), visit.reviewer)
    if said:
        st.info(plain(said), width=800)
    edit, add, taken_over, suggest = st.tabs(list(TABS), key=_TAB, on_change="rerun")
    with edit:
        figures = figures_of(history)
        show_flagged(draft, now.asked, figures)
        show_table(draft, now.asked, figures)
        hidden = still_hidden(now.asked, history.questions)
        if hidden:
            names = "; ".join(f"“{question.text}”" for question in hidden[:5])
            st.caption(plain(f"dev, but hidden from the prompt writer because it once was val: {names}"), width=800)
    with add:
        show_add(draft, now.asked)
    with taken_over:
        show_import(visit, now)
    with suggest:
        if suggest.open:
            show_suggest(visit, draft, now)
    show_unsaved(visit, draft, now)
    show_log(now.edits)


def _show_header(now: NextQuestions, draft: Draft) -> None:
    n = len(draft.changes)
    unsaved = f" [**{counted(n, 'unsaved change')}**](#{ANCHOR}): save or discard below." if n else ""
    st.markdown(plain(set_sentence(now)) + unsaved)
    st.caption(plain(version_sentence(now)))
    message = st.session_state.pop(MESSAGE, None)
    if message:
        st.success(plain(message), width=800)
    for warning in set_warnings(now.asked):
        st.warning(plain(warning), width=800)
