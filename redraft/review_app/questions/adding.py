"""The form that adds a question."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from redraft.records import Question
from redraft.review_app.questions.draft import Draft, added, draft_problems
from redraft.review_app.questions.table import MAX_CHARS
from redraft.review_app.questions.wording import LABEL_OF


def show_add(draft: Draft, asked: Sequence[Question]) -> None:
    """Draw the form; what it makes goes into the draft."""
    st.caption("Best is what somebody really asked, in their own words: from tickets, the help channel, a search log.")
    with st.form("add_question", width=800, clear_on_submit=False):
        text = st.text_area("Question", key=f"add_text-{draft.generation}", max_chars=MAX_CHARS, height=90)
        with st.container(horizontal=True):
            split = st.radio(
                "Split",
                ["dev", "val"],
                horizontal=True,
                key="add_split",
                captions=["the prompt writer may see it", "hidden from the prompt writer"],
            )
            answerable = st.radio(
                "Do the docs hold the answer?",
                list(LABEL_OF),
                index=None,
                horizontal=True,
                key=f"add_answerable-{draft.generation}",
                help="no: a good answer says that the docs do not tell. not known: nobody checks whether it does.",
            )
        note = st.text_input(
            "Note (for people; no model sees it)", key=f"add_note-{draft.generation}", max_chars=MAX_CHARS
        )
        if not st.form_submit_button("Add", icon=":material/add:"):
            return
        if answerable is None:
            st.error("Say whether the docs hold the answer; “not known” will do.")
        else:
            labels = Question(
                id="",
                text="",
                split="val" if split == "val" else "dev",
                answerable=LABEL_OF[answerable],
                note=note.strip() or None,
            )
            _add(draft, asked, text, labels)


def _add(draft: Draft, asked: Sequence[Question], text: str, labels: Question) -> None:
    if not text.strip():
        st.error("Write the question first.")
        return
    change = added(text, labels)
    others = [other for other in draft.changes if other.question.id != change.question.id or other.kind != "add"]
    if draft_problems([*others, change], asked):
        st.error("This question is in the set already. Change its labels in the table.")
        return
    draft.put(change)
    draft.redraw()
    st.rerun()
