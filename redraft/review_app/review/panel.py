"""Where an answer is rated: the scores with their meanings, tags, comment, and the ways on."""

from __future__ import annotations

import streamlit as st

from redraft.records import PlanItem, Rating
from redraft.review_app.review.course import Course
from redraft.review_app.review.giving import FIELDS_OF, flag, go, press_score, rubric, say_more, skip
from redraft.review_app.review.keys import listen
from redraft.review_app.safe_text import plain
from redraft.review_app.visit import Visit
from redraft.tracking.seat import Seat


def show_panel(visit: Visit, seat: Seat, item: PlanItem, course: Course) -> None:
    """Draw it for one answer."""
    key = item.answer_id
    rating, question_id = course.rated.get(key), seat.watch.contents.answers[key].question_id
    pending = st.session_state.get(f"pending-{key}") if rating is None else None
    if rating is not None:
        st.caption(f"You gave it {rating.score}. A key changes that, until the review closes.")
    elif question_id in course.flagged:
        st.caption("You called the question a bad one: its answers need no rating.")
    _show_scores(
        visit, seat, item, drawn_with=rating.id if rating else None, chosen=rating.score if rating else pending
    )
    _seed_fields(key, rating)
    this = (visit, seat, item)
    st.pills(
        "Tags",
        rubric().tags,
        key=f"tags-{key}",
        selection_mode="multi",
        format_func=plain,
        wrap=True,
        on_change=say_more,
        args=this,
    )
    if pending:
        st.warning(
            f"A {pending} needs a word on what is wrong. Once you leave the box, it is given.", icon=":material/edit:"
        )
    if trouble := st.session_state.pop(f"trouble-{key}", ""):
        st.error(plain(trouble))
    st.text_area(
        "Comment",
        key=f"comment-{key}",
        height=90,
        placeholder="What should be different? (E comes here, Esc leaves and keeps it)",
        on_change=say_more,
        args=this,
    )
    if pending:  # for who has no Ctrl key
        st.button(
            f"Give it a {pending}", key=f"give-{key}", type="primary", on_click=press_score, args=(*this, pending, None)
        )
    _show_moves(visit, seat, item, course)
    listen(at=key, focus=st.session_state.get(f"focus-{key}", ""), low=rubric().comment_required_at_or_below)


def _show_scores(visit: Visit, seat: Seat, item: PlanItem, *, drawn_with: str | None, chosen: int | None) -> None:
    with st.container(gap="xsmall"):
        for score, meaning in sorted(rubric().scores.items(), reverse=True):
            st.button(
                f"**{score}** {plain(meaning)}",
                key=f"score-{score}-{item.answer_id}",
                type="primary" if score == chosen else "secondary",
                width="stretch",
                wrap=True,
                on_click=press_score,
                args=(visit, seat, item, score, drawn_with),
            )


def _show_moves(visit: Visit, seat: Seat, item: PlanItem, course: Course) -> None:
    key, task_id = item.answer_id, seat.review.task_id
    question_id = seat.watch.contents.answers[key].question_id
    before, this = course.before(key), (visit, seat, item)
    dealt_with = key in course.rated or question_id in course.flagged
    with st.container(horizontal=True, gap="xsmall"):
        st.button("Back", key=f"back-{key}", shortcut="B", disabled=before is None, on_click=go, args=(task_id, before))
        if dealt_with:
            st.button("Next", key=f"next-{key}", shortcut="N", on_click=go, args=(task_id, course.after(key)))
        else:
            st.button("Skip", key=f"skip-{key}", shortcut="S", on_click=skip, args=this)
        if question_id in course.flagged:
            st.button("The question is fine", key=f"fine-{key}", shortcut="Q", on_click=flag, args=(*this, True))
        elif not dealt_with:
            st.button("The question itself is bad", key=f"bad-{key}", shortcut="Q", on_click=flag, args=(*this, False))


def _seed_fields(key: str, rating: Rating | None) -> None:
    """Fill the fields with what was said before, each time that somebody comes to an answer.

    What Streamlit keeps of fields that were not drawn meanwhile may be older than the rating.
    """
    fields = (f"comment-{key}", f"tags-{key}")
    if st.session_state.get(FIELDS_OF) == key and all(field in st.session_state for field in fields):
        return
    st.session_state[FIELDS_OF] = key
    comment, tags = (rating.comment, rating.tags) if rating else st.session_state.get(f"draft-{key}", ("", ()))
    st.session_state[fields[0]] = comment or ""
    st.session_state[fields[1]] = [tag for tag in tags if tag in rubric().tags]
