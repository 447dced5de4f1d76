"""One answer at a time: question, answer, what it was made from; a key rates it and the next one is there."""

from __future__ import annotations

import time
from collections.abc import Sequence

import streamlit as st

from redraft.records import Chunk, PlanItem
from redraft.review_app.passages import show_passages
from redraft.review_app.review.check_flags import check_flags
from redraft.review_app.review.course import Course, only_again, time_words
from redraft.review_app.review.giving import whereabouts
from redraft.review_app.review.panel import show_panel
from redraft.review_app.review.saving import show_saving
from redraft.review_app.safe_text import markdown, plain
from redraft.review_app.sources import corpus_link, show_sources
from redraft.review_app.visit import Visit
from redraft.tracking.seat import Seat


def show_rating(visit: Visit, seat: Seat) -> bool:
    """Draw what this person rates next; `False` when there is nothing left.

    On a phone the panel stands between the answer and its passages; beside both where there is room (`look`).
    """
    course, task_id = whereabouts(visit, seat), seat.review.task_id
    at = st.session_state.get(f"at-{task_id}")
    if at is None or at not in {item.answer_id for item in course.items}:
        at = course.start
    if at is None:
        return False
    st.session_state[f"at-{task_id}"] = at
    item = next(item for item in course.items if item.answer_id == at)
    st.session_state.setdefault(f"shown-{at}", time.time())
    _show_progress(visit, course, seat)
    with st.container(key="rating"):
        with st.container(key="rated-answer"):
            _show_answer(visit, seat, item)
        with st.container(key="rating-panel"):
            show_panel(visit, seat, item, course)
        with st.container(key="rated-passages"):
            show_passages(visit, seat.watch.contents.answers[at], _passages(seat, item))
    return True


def letters_words(plan: Sequence[PlanItem]) -> str:
    """What the letters of a review are, in a line."""
    letters = sorted({item.letter for item in plan}, key=lambda letter: (len(letter), letter))
    named = f"{letters[0]} {'and' if len(letters) == 2 else 'to'} {letters[-1]}"
    each = "The letter" if len(letters) < 2 else f"Each letter ({named})"
    earlier = "; some are earlier prompts, rated again to keep scores comparable" if only_again(plan) else ""
    return f"{each} is one prompt, hidden until you finish{earlier}."


def _passages(seat: Seat, item: PlanItem) -> list[Chunk]:
    contents = seat.watch.contents
    return [contents.passages[chunk_id] for chunk_id in contents.answers[item.answer_id].chunk_ids]


def _show_progress(visit: Visit, course: Course, seat: Seat) -> None:
    total = len(course.items)
    left = f", {time_words(course.seconds_left)} left" if course.todo else ""
    with st.container(gap="xxsmall"):
        st.progress(
            course.done / total if total else 0.0, text=f"{course.done} of {total} answers{left}{_skipped(course)}"
        )
        show_saving(visit, seat)


def _skipped(course: Course) -> str:
    count = len(course.skipped)
    if count and count == len(course.todo):
        return "; only what you skipped is left"
    return f"; skipped: {count}, {'it comes' if count == 1 else 'they come'} at the end" if count else ""


def _show_answer(visit: Visit, seat: Seat, item: PlanItem) -> None:
    contents = seat.watch.contents
    answer = contents.answers[item.answer_id]
    question = contents.questions[answer.question_id]
    st.subheader(plain(question.text), anchor=False)
    if question.note:
        st.caption(f"Note: {plain(question.note)}")
    with st.container(border=True):
        st.caption(f"Answer by {item.letter} · {letters_words(contents.plan)}")
        st.markdown(markdown(answer.text or "", link=corpus_link(visit, answer)))
    flags = " ".join(f":{flag.colour}-badge[{plain(flag.words)}]" for flag in check_flags(answer))
    if flags:
        st.markdown(flags)
    show_sources(visit, answer, _passages(seat, item))
