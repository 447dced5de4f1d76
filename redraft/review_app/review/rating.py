"""One answer at a time: question, answer, what it was made from; a key rates it and the next one is there."""

from __future__ import annotations

import time

import streamlit as st

from redraft.errors import InputError
from redraft.records import Chunk, PlanItem
from redraft.review_app.passages import show_passages
from redraft.review_app.review.check_flags import check_flags
from redraft.review_app.review.course import Course, course_of, spent, time_words
from redraft.review_app.review.keys import COMMENT, listen
from redraft.review_app.review.saving import show_saving
from redraft.review_app.review.service import seat_of, service_of
from redraft.review_app.safe_text import markdown, plain
from redraft.review_app.sources import corpus_link, show_sources
from redraft.review_app.visit import Visit
from redraft.rubric import Rubric, read_rubric
from redraft.tracking.seat import Opinion, Seat


def show_rating(visit: Visit, task_id: str) -> bool:
    """Draw what this person rates next; `False` when there is nothing left."""
    seat = seat_of(visit, task_id)
    service_of(visit).refresh(seat.watch)
    course = _course(visit, seat)
    at = st.session_state.get(f"at-{task_id}")
    if at is None or at not in {item.answer_id for item in course.items}:
        at = course.todo[0].answer_id if course.todo else None
    if at is None:
        return False
    st.session_state[f"at-{task_id}"] = at
    item = next(item for item in course.items if item.answer_id == at)
    st.session_state.setdefault(f"shown-{at}", time.time())
    _show_progress(course, seat)
    left, right = st.columns([5, 3], gap="large")
    with left:
        _show_answer(visit, seat, item)
    with right:
        _show_panel(visit, seat, item, course)
    show_passages(visit, seat.watch.contents.answers[at], _passages(seat, item))
    return True


def _passages(seat: Seat, item: PlanItem) -> list[Chunk]:
    contents = seat.watch.contents
    return [contents.passages[chunk_id] for chunk_id in contents.answers[item.answer_id].chunk_ids]


def _course(visit: Visit, seat: Seat) -> Course:
    skipped = st.session_state.setdefault(f"skipped-{seat.review.task_id}", [])
    return course_of(
        seat.watch.contents,
        seat.look(),
        visit.reviewer,
        skipped=skipped,
        away_s=60 * visit.config.review.away_minutes,
        now=time.time(),
    )


def _show_progress(course: Course, seat: Seat) -> None:
    total = len(course.items)
    left = f", {time_words(course.seconds_left)} left" if course.todo else ""
    st.progress(course.done / total if total else 0.0, text=f"{course.done} of {total} answers{left}")
    show_saving(seat)


def _show_answer(visit: Visit, seat: Seat, item: PlanItem) -> None:
    contents = seat.watch.contents
    answer = contents.answers[item.answer_id]
    question = contents.questions[answer.question_id]
    st.subheader(plain(question.text), anchor=False)
    if question.note:
        st.caption(f"Note: {plain(question.note)}")
    with st.container(border=True):
        st.caption(f"Answer by {item.letter}")
        st.markdown(markdown(answer.text or "", link=corpus_link(visit, answer)))
    flags = " ".join(f":{flag.colour}-badge[{plain(flag.words)}]" for flag in check_flags(answer))
    if flags:
        st.markdown(flags)
    show_sources(visit, answer, _passages(seat, item))


def _show_panel(visit: Visit, seat: Seat, item: PlanItem, course: Course) -> None:
    rubric, key = _rubric(), item.answer_id
    rating, question_id = course.rated.get(key), seat.watch.contents.answers[key].question_id
    pending = st.session_state.get(f"pending-{key}")
    if rating is not None:
        st.caption(f"You gave it {rating.score}. A key changes that, until the review closes.")
    elif question_id in course.flagged:
        st.caption("You called the question a bad one: its answers need no rating.")
    chosen = rating.score if rating else pending
    for score, meaning in sorted(rubric.scores.items(), reverse=True):
        st.button(
            f"**{score}** {plain(meaning)}",
            key=f"score-{score}-{key}",
            shortcut=str(score),
            type="primary" if score == chosen else "secondary",
            width="stretch",
            wrap=True,
            on_click=_score,
            args=(visit, seat, item, score, rating.id if rating else None),
        )
    if pending and rating is None:
        st.warning(f"A {pending} needs a word on what is wrong. Write it and press Ctrl+Enter.", icon=":material/edit:")
    if trouble := st.session_state.pop(f"trouble-{key}", ""):
        st.error(plain(trouble))
    _seed_fields(key, rating.comment if rating else None, rating.tags if rating else ())
    st.text_area(
        COMMENT,
        key=f"comment-{key}",
        height=90,
        placeholder="What should be different? (E comes here, Esc leaves)",
        on_change=_said_more,
        args=(visit, seat, item),
    )
    st.pills(
        "Tags",
        rubric.tags,
        key=f"tags-{key}",
        selection_mode="multi",
        format_func=plain,
        wrap=True,
        on_change=_said_more,
        args=(visit, seat, item),
    )
    _show_moves(visit, seat, item, course)
    listen(focus=st.session_state.get(f"focus-{key}", ""), low=rubric.comment_required_at_or_below)


def _show_moves(visit: Visit, seat: Seat, item: PlanItem, course: Course) -> None:
    key, task_id = item.answer_id, seat.review.task_id
    question_id = seat.watch.contents.answers[key].question_id
    with st.container(horizontal=True):
        st.button(
            "Back", key=f"back-{key}", shortcut="B", disabled=course.before(key) is None,
            on_click=_go, args=(task_id, course.before(key)),
        )  # fmt: skip
        dealt_with = key in course.rated or question_id in course.flagged
        if dealt_with:
            st.button("Next", key=f"next-{key}", shortcut="N", on_click=_go, args=(task_id, course.after(key)))
        else:
            st.button("Skip", key=f"skip-{key}", shortcut="S", on_click=_skip, args=(visit, seat, item))
        if question_id in course.flagged:
            st.button(
                "The question is fine", key=f"fine-{key}", shortcut="Q", on_click=_flag, args=(visit, seat, item, True)
            )
        elif not dealt_with:
            st.button(
                "The question itself is bad", key=f"bad-{key}", shortcut="Q",
                on_click=_flag, args=(visit, seat, item, False),
            )  # fmt: skip


def _seed_fields(key: str, comment: str | None, tags: tuple[str, ...]) -> None:
    """Fill the fields with what was said before, once."""
    if f"comment-{key}" not in st.session_state:
        st.session_state[f"comment-{key}"] = st.session_state.get(f"draft-{key}", comment or "")
    if f"tags-{key}" not in st.session_state:
        st.session_state[f"tags-{key}"] = [tag for tag in tags if tag in _rubric().tags]


def _score(visit: Visit, seat: Seat, item: PlanItem, score: int, drawn_with: str | None) -> None:
    """Rate; or ask for the comment that a low score needs.

    A key that is pressed before the next answer is drawn still meets the buttons of this one, which was rated since:
    it is meant for the next, so it counts for neither.
    """
    key, rubric = item.answer_id, _rubric()
    last = seat.look().last_ratings(visit.reviewer).get((visit.reviewer, key))
    if (last.id if last else None) != drawn_with:
        return
    comment = str(st.session_state.get(f"comment-{key}") or "")
    if score <= rubric.comment_required_at_or_below and not comment.strip():
        st.session_state[f"pending-{key}"] = score
        st.session_state[f"focus-{key}"] = f"{key}-{time.time()}"
        return
    _rate(visit, seat, item, score)


def _said_more(visit: Visit, seat: Seat, item: PlanItem) -> None:
    """A comment or tag was changed: it goes with a rating that was given, or gives one that waited for it."""
    key = item.answer_id
    earlier = seat.look().last_ratings(visit.reviewer).get((visit.reviewer, key))
    pending = st.session_state.get(f"pending-{key}")
    comment = str(st.session_state.get(f"comment-{key}") or "")
    st.session_state[f"draft-{key}"] = comment
    if pending and comment.strip():
        _rate(visit, seat, item, pending)
    elif earlier is not None and (
        (earlier.comment or "") != comment.strip() or set(earlier.tags) != set(st.session_state[f"tags-{key}"])
    ):
        _rate(visit, seat, item, earlier.score, stay=True)


def _rate(visit: Visit, seat: Seat, item: PlanItem, score: int, *, stay: bool = False) -> None:
    key, task_id = item.answer_id, seat.review.task_id
    again = (visit.reviewer, key) in seat.look().last_ratings(visit.reviewer)
    opinion = Opinion(
        score=score,
        comment=str(st.session_state.get(f"comment-{key}") or ""),
        tags=tuple(st.session_state.get(f"tags-{key}") or ()),
        position=item.position,
        seconds=spent(st.session_state.get(f"shown-{key}"), time.time()),
        rubric=_rubric().version,
    )
    try:
        seat.rate(key, opinion)
    except InputError as error:
        st.session_state[f"trouble-{key}"] = str(error)
        return
    for name in ("pending", "draft"):
        st.session_state.pop(f"{name}-{key}", None)
    if not stay and not again:
        _go(task_id, _course(visit, seat).after(key))


def _skip(visit: Visit, seat: Seat, item: PlanItem) -> None:
    skipped: list[str] = st.session_state[f"skipped-{seat.review.task_id}"]
    following = _course(visit, seat).after(item.answer_id)
    if item.answer_id in skipped:
        skipped.remove(item.answer_id)
    skipped.append(item.answer_id)
    _go(seat.review.task_id, following or item.answer_id)


def _flag(visit: Visit, seat: Seat, item: PlanItem, withdrawn: bool) -> None:
    key = item.answer_id
    question_id = seat.watch.contents.answers[key].question_id
    try:
        seat.flag(question_id, str(st.session_state.get(f"comment-{key}") or ""), withdrawn=withdrawn)
    except InputError as error:
        st.session_state[f"trouble-{key}"] = str(error)
        return
    if not withdrawn:
        _go(seat.review.task_id, _course(visit, seat).after(key))


def _go(task_id: str, answer_id: str | None) -> None:
    if answer_id is None:
        st.session_state.pop(f"at-{task_id}", None)
    else:
        st.session_state[f"at-{task_id}"] = answer_id
        st.session_state.setdefault(f"shown-{answer_id}", time.time())


@st.cache_data(ttl=60, show_spinner=False)
def _rubric() -> Rubric:
    return read_rubric()
