"""Where an answer is rated: the scores with their meanings, tags, comment, and the ways on."""

from __future__ import annotations

import streamlit as st

from redraft.records import Flag, PlanItem, Rating
from redraft.review_app.review.course import Course
from redraft.review_app.review.giving import FIELDS_OF, flag, press_score, rubric, say_more, say_why, skip
from redraft.review_app.review.keys import listen
from redraft.review_app.review.moving import before, go, go_back
from redraft.review_app.safe_text import plain
from redraft.review_app.visit import Visit
from redraft.tracking.seat import Seat


def show_panel(visit: Visit, seat: Seat, item: PlanItem, course: Course) -> None:
    """Draw it for one answer."""
    key = item.answer_id
    rating, flagged = course.rated.get(key), course.flagged.get(seat.watch.contents.answers[key].question_id)
    pending = st.session_state.get(f"pending-{key}") if rating is None else None
    _seed_fields(key, rating, flagged)
    if rating is not None:
        st.caption(f"You gave it {rating.score}. A key changes that, until the review closes.")
    set_aside = flagged is not None and rating is None
    if flagged is not None:
        _show_flagged(seat, item)
    if set_aside:  # there is nothing to do here but to go on
        _show_moves(visit, seat, item, course)
    _show_scores(
        visit, seat, item, drawn_with=rating.id if rating else None, chosen=rating.score if rating else pending
    )
    _show_words(visit, seat, item, pending)
    if not set_aside:
        _show_moves(visit, seat, item, course)
    listen(at=key, focus=st.session_state.get(f"focus-{key}", ""), low=rubric().comment_required_at_or_below)


def _show_flagged(seat: Seat, item: PlanItem) -> None:
    """Say that it was taken, how it is taken back, and ask what is wrong."""
    st.info(
        "Noted: you called the question a bad one. Its answers need no rating. Q takes that back, N goes on.",
        icon=":material/flag:",
    )
    st.text_input(
        "What is wrong with the question?",
        key=f"why-{item.answer_id}",
        placeholder="If you like (E comes here, Enter keeps it)",
        on_change=say_why,
        args=(seat, item),
    )


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


def _show_words(visit: Visit, seat: Seat, item: PlanItem, pending: int | None) -> None:
    key, this = item.answer_id, (visit, seat, item)
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


def _show_moves(visit: Visit, seat: Seat, item: PlanItem, course: Course) -> None:
    key, task_id = item.answer_id, seat.review.task_id
    question_id = seat.watch.contents.answers[key].question_id
    back, this = before(task_id, course, key), (visit, seat, item)
    dealt_with = key in course.rated or question_id in course.flagged
    with st.container(horizontal=True, gap="xsmall"):
        st.button(
            "Back", key=f"back-{key}", shortcut="B", disabled=back is None, on_click=go_back, args=(task_id, back)
        )
        if dealt_with:
            st.button("Next", key=f"next-{key}", shortcut="N", on_click=go, args=(task_id, course.following(key)))
        else:
            st.button("Skip", key=f"skip-{key}", shortcut="S", on_click=skip, args=this)
        if question_id in course.flagged:
            st.button("The question is fine", key=f"fine-{key}", shortcut="Q", on_click=flag, args=(*this, True))
        elif not dealt_with:
            st.button("The question itself is bad", key=f"bad-{key}", shortcut="Q", on_click=flag, args=(*this, False))


def _seed_fields(key: str, rating: Rating | None, flagged: Flag | None) -> None:
    """Fill the fields with what was said before, each time that somebody comes to an answer.

    What Streamlit keeps of fields that were not drawn meanwhile may be older than the rating.
    """
    fields = (f"comment-{key}", f"tags-{key}", f"why-{key}")
    needed = fields if flagged else fields[:2]
    if st.session_state.get(FIELDS_OF) == key and all(field in st.session_state for field in needed):
        return
    st.session_state[FIELDS_OF] = key
    comment, tags = (rating.comment, rating.tags) if rating else st.session_state.get(f"draft-{key}", ("", ()))
    st.session_state[fields[0]] = comment or ""
    st.session_state[fields[1]] = [tag for tag in tags if tag in rubric().tags]
    st.session_state[fields[2]] = (flagged.comment if flagged else None) or ""
