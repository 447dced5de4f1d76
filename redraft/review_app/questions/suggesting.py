"""Suggests questions for pages that no question covers; a person ticks, edits and adds them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import streamlit as st

from redraft.errors import RedraftError
from redraft.learning.suggestions import DocsPage
from redraft.records import Question
from redraft.review_app.questions.draft import Draft, added, draft_problems
from redraft.review_app.questions.job import Job
from redraft.review_app.questions.reading import pages_left
from redraft.review_app.questions.table import MAX_CHARS
from redraft.review_app.questions.wording import counted
from redraft.review_app.safe_text import plain
from redraft.review_app.visit import Visit
from redraft.tracking.next_questions import NextQuestions
from redraft.tracking.suggesting import Suggested, Uncovered, suggest_questions

JOB = "questions_job"
_TIMES = "questions_suggested"  # how often somebody asked for suggestions
_MOST_PAGES = 10
_LISTED = 15
_LOOK_S = 0.5


def show_suggest(visit: Visit, draft: Draft, now: NextQuestions) -> None:
    """Draw the pages without a question, the button, the progress, the suggestions."""
    try:
        left = pages_left(visit, now)
    except RedraftError as error:
        st.info(plain(str(error)), width=800)
        return
    _show_pages(left)
    job: Job[Suggested] | None = st.session_state.get(JOB)
    if job is not None and job.running:
        _show_progress()
        return
    if left.pages:
        _show_button(left.pages, now)
    if job is not None and job.error:
        st.error(plain(job.error), width=800)
    elif job is not None and job.result is not None:
        _show_suggestions(draft, now.asked, job.result)


def _show_pages(left: Uncovered) -> None:
    st.markdown(f"No question covers **{len(left.pages)} of {counted(left.n_pages, 'page')}** of the docs.")
    st.caption(
        "A question covers the pages that its answers copied a passage from; one without such an answer yet, the page "
        "with most of its words. Questions without an answer in the docs cover none.",
        width=800,
    )
    if left.pages:
        with st.expander("These pages, those with most text first"):
            st.text("\n".join(page.path for page in left.pages[:_LISTED]))
            if len(left.pages) > _LISTED:
                st.caption(f"and {len(left.pages) - _LISTED} more")


def _show_button(pages: Sequence[DocsPage], now: NextQuestions) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        most = min(_MOST_PAGES, len(pages))
        count = int(st.number_input("Pages", 1, most, min(3, most), key="suggest_pages", width=140))
        if st.button(f"Suggest questions for {counted(count, 'page')}", icon=":material/lightbulb:"):
            seed = st.session_state[_TIMES] = st.session_state.get(_TIMES, 0) + 1
            chosen, asked, config = tuple(pages[:count]), now.asked, now.config
            st.session_state[JOB] = Job(
                lambda on_done: suggest_questions(chosen, asked, config, seed=seed, on_done=on_done), total=count
            )
            st.rerun()
    st.caption(plain(f"{now.config.run.chat_model} reads them, one call a page."))


@st.fragment(run_every=_LOOK_S)
def _show_progress() -> None:
    job: Job[Suggested] = st.session_state[JOB]
    if not job.running:
        st.rerun()
    st.progress(job.n_done / job.total, f"{job.n_done} of {counted(job.total, 'page')} read", width=800)


def _show_suggestions(draft: Draft, asked: Sequence[Question], suggested: Suggested) -> None:
    for reason in suggested.failures:
        st.warning(plain(f"Nothing for some of the pages: {reason}"), width=800)
    if suggested.n_copies:
        st.caption(f"{counted(suggested.n_copies, 'suggestion')} left out: asked already, or nearly the same.")
    if not suggested.questions:
        st.text("The model suggested no question that is not asked already.")
        return
    st.markdown("Tick what somebody would really ask, and give it their words. They are added as dev.")
    times = st.session_state.get(_TIMES, 0)
    with st.form("suggestions", width=800):
        chosen: list[Question] = []
        for number, question in enumerate(suggested.questions):
            with st.container(horizontal=True, vertical_alignment="center"):
                take = st.checkbox(
                    plain(f"Take {number + 1}"), key=f"take-{times}-{number}", label_visibility="collapsed"
                )
                text = st.text_input(
                    plain(question.note or "page"), question.text, key=f"text-{times}-{number}", max_chars=MAX_CHARS
                )
            if take:
                chosen.append(dataclasses.replace(question, text=text))
        if st.form_submit_button("Add the ticked ones", icon=":material/add:"):
            _add(draft, asked, chosen)


def _add(draft: Draft, asked: Sequence[Question], chosen: Sequence[Question]) -> None:
    if not chosen:
        st.error("None is ticked.")
        return
    changes = [added(question.text, question) for question in chosen]
    if any(not change.question.text for change in changes):
        st.error("One of the ticked ones is empty.")
        return
    problems = draft_problems([*draft.changes, *changes], asked)
    if problems:
        st.error(plain("; ".join(problems)))
        return
    for change in changes:
        draft.put(change)
    draft.redraw()
    del st.session_state[JOB]
    st.rerun()
