"""What is changed and not saved yet, thing by thing, and the button that saves it."""

from __future__ import annotations

import time
from collections.abc import Mapping

import streamlit as st

from redraft.errors import RedraftError
from redraft.learning.question_set import Change, edits_from
from redraft.questions import question_warnings
from redraft.records import Question
from redraft.review_app.questions.draft import Draft, draft_problems
from redraft.review_app.questions.reading import forget_set
from redraft.review_app.questions.wording import change_sentences, counted, leak_warning, twin_warnings
from redraft.review_app.safe_text import plain
from redraft.review_app.visit import Visit
from redraft.tracking.next_questions import NextQuestions
from redraft.tracking.question_set import save_edits

MESSAGE = "questions_message"
ANCHOR = "not-saved-yet"
_FEW = 6


def show_unsaved(visit: Visit, draft: Draft, now: NextQuestions) -> None:
    """Draw the list of changes; nothing if there is none."""
    changes = draft.changes
    if not changes:
        return
    st.divider()
    st.subheader(f"Not saved yet: {counted(len(changes), 'change')}", anchor=ANCHOR)
    after = now.after(edits_from(changes, author=visit.reviewer, now=_moment(now)))
    known = {question.id: question for question in after}
    with st.container(height=340 if len(changes) > _FEW else "content", border=len(changes) > _FEW, width=800):
        for change in changes:
            _show_change(draft, change, known)
    problems = draft_problems(changes, now.asked)
    for problem in problems:
        st.error(plain(problem), width=800)
    before = set_warnings(now.asked)
    for warning in (found for found in set_warnings(after) if found not in before):
        st.warning(plain(warning), width=800)
    reason = st.text_input(
        "Why? (optional)",
        key=f"questions_reason-{now.n_saves}",
        max_chars=500,
        width=800,
        persist_state="session",
    )
    with st.container(horizontal=True):
        if st.button(f"Save as version {now.n_saves + 1}", type="primary", disabled=bool(problems)):
            save_changes(visit, draft, now, reason.strip() or None)
        if st.button("Discard"):
            draft.take()
            draft.redraw()
            st.rerun()


def set_warnings(questions: tuple[Question, ...]) -> tuple[str, ...]:
    """What a set cannot be used for, and what is doubtful about it."""
    if not questions:
        return ("No question is left: an iteration that asks nothing is refused. Add at least one.",)
    return (*question_warnings(questions, name="the set"), *twin_warnings(questions))


def save_changes(visit: Visit, draft: Draft, now: NextQuestions, reason: str | None) -> None:
    """Save what the draft holds as a new version, once however often the button is pressed, and draw the page anew."""
    taken, saved = draft.take(), False
    if not taken:
        return
    try:
        save_edits(visit.project, edits_from(taken, author=visit.reviewer, now=_moment(now), reason=reason))
        saved = True
    except RedraftError as error:
        st.error(plain(f"Nothing is saved: {error}"), width=800)
    finally:
        if not saved:
            draft.put_back(taken)
    if saved:
        st.session_state[MESSAGE] = (
            f"Saved as version {now.n_saves + 1}: {counted(len(taken), 'change')}. The next iteration asks it."
        )
        forget_set()
        st.rerun()


def _show_change(draft: Draft, change: Change, after: Mapping[str, Question]) -> None:
    text = (change.before or change.question).text
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.container(gap=None):
            st.markdown(f"{_ICONS[change.kind]} {plain(text)}")
            for sentence in change_sentences(change):
                st.caption(plain(sentence))
            leak = leak_warning(change)
            if leak:
                st.caption(f":material/visibility_off: {plain(leak)}")
            if change.kind != "retire" and change.question.id not in after:
                st.caption("Somebody retired this question meanwhile: the change will have no effect.")
        if st.button("Undo", key=f"undo-{(change.before or change.question).id}", type="tertiary"):
            draft.drop((change.before or change.question).id)
            draft.redraw()
            st.rerun()


def _moment(now: NextQuestions) -> float:
    """Later than every saved edit, whatever the clocks of other machines say."""
    return max([time.time(), *(edit.created + 1.0 for edit in now.edits[-1:])])


_ICONS = {"add": ":material/add:", "edit": ":material/edit:", "retire": ":material/archive:"}
