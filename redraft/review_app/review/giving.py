"""What a person does with an answer: the callbacks of the rating view; what they need is kept by the answer's id."""

from __future__ import annotations

import time

import streamlit as st

from redraft.errors import InputError
from redraft.records import Flag, PlanItem, Rating
from redraft.review_app.loading import A_DAY_S
from redraft.review_app.review.course import Course, course_of, spent
from redraft.review_app.review.moving import go
from redraft.review_app.visit import Visit
from redraft.rubric import Rubric, read_rubric
from redraft.tracking.opinion import Opinion
from redraft.tracking.seat import Seat

FIELDS_OF = "fields-of"  # in the session's state: the answer whose comment and tags are shown
SECOND_THOUGHT_S = 0.3  # between the two messages of one click; a key for the next answer comes later


@st.cache_data(ttl=60, show_spinner=False)
def rubric() -> Rubric:
    """The team's rubric; a changed file is read within a minute."""
    return read_rubric()


def whereabouts(visit: Visit, seat: Seat) -> Course:
    """What this person has before them."""
    return course_of(
        seat.watch.contents,
        seat.look(),
        visit.reviewer,
        skipped=_skipped(seat.review.task_id, visit.reviewer),
        away_s=60 * visit.config.review.away_minutes,
        now=time.time(),
    )


def press_score(visit: Visit, seat: Seat, item: PlanItem, score: int, drawn_with: str | None) -> None:
    """Rate; or ask for the comment that a low score needs.

    A key that is pressed before the next answer is drawn still meets the buttons of this one, which was rated since:
    it is meant for the next, so it counts for neither.
    """
    key = item.answer_id
    last = _last(visit, seat, key)
    if (last.id if last else None) != drawn_with:
        if last is not None and _is_second_thought(last, score):
            _rate(visit, seat, item, score, stay=True)
        return
    if score <= rubric().comment_required_at_or_below and not _comment(key).strip():
        st.session_state[f"pending-{key}"] = score
        st.session_state[f"focus-{key}"] = f"{key}-{time.time()}"
        return
    _rate(visit, seat, item, score)


def say_more(visit: Visit, seat: Seat, item: PlanItem) -> None:
    """A comment or tag was changed: it goes with a rating that was given, or gives one that waited for it."""
    key = item.answer_id
    if st.session_state.get(FIELDS_OF) != key or f"tags-{key}" not in st.session_state:
        return  # the last words of fields that are not shown any more: what they hold by now is nobody's
    earlier, comment = _last(visit, seat, key), _comment(key)
    pending = st.session_state.get(f"pending-{key}")
    st.session_state[f"draft-{key}"] = (comment, tuple(st.session_state[f"tags-{key}"]))
    if pending and comment.strip():
        rating = _rate(visit, seat, item, pending)
        st.session_state[f"waited-{key}"] = rating.id if rating else None
    elif earlier is not None and (
        (earlier.comment or "") != comment.strip() or set(earlier.tags) != set(st.session_state[f"tags-{key}"])
    ):
        _rate(visit, seat, item, earlier.score, stay=True)


def skip(visit: Visit, seat: Seat, item: PlanItem) -> None:
    """Leave an answer for the end."""
    following = whereabouts(visit, seat).after(item.answer_id)
    _skipped(seat.review.task_id, visit.reviewer)[item.answer_id] = None
    go(seat.review.task_id, following or item.answer_id)


@st.cache_resource(ttl=A_DAY_S, max_entries=1000, show_spinner=False)
def _skipped(task_id: str, reviewer: str) -> dict[str, None]:  # noqa: ARG001 - they say whose it is
    """Answers that a person left for the end: kept by this process, so that a reload does not forget them."""
    return {}


def flag(visit: Visit, seat: Seat, item: PlanItem, withdrawn: bool) -> None:
    """Call the question a bad one, or take that back; what was written about it goes along, and stays to be read."""
    key = item.answer_id
    if (_flag(seat, item) is not None) is not withdrawn:
        return  # a second press met the screen of the first
    words = str(st.session_state.get(f"why-{key}") or "") if withdrawn else _comment(key)
    if not _say_flag(seat, item, words, withdrawn=withdrawn):
        return
    st.session_state.pop(f"pending-{key}", None)
    if _last(visit, seat, key) is None:  # else the comment is the rating's
        comment = (_comment(key) or words) if withdrawn else ""
        st.session_state[f"comment-{key}"], st.session_state[f"why-{key}"] = comment, "" if withdrawn else words
        st.session_state[f"draft-{key}"] = (comment, tuple(st.session_state.get(f"tags-{key}") or ()))


def say_why(seat: Seat, item: PlanItem) -> None:
    """It was written what is wrong with the question."""
    key, earlier = item.answer_id, _flag(seat, item)
    words = str(st.session_state.get(f"why-{key}") or "")
    if st.session_state.get(FIELDS_OF) == key and earlier is not None and words.strip() != (earlier.comment or ""):
        _say_flag(seat, item, words, withdrawn=False)


def _say_flag(seat: Seat, item: PlanItem, words: str, *, withdrawn: bool) -> bool:
    try:
        seat.flag(seat.watch.contents.answers[item.answer_id].question_id, words, withdrawn=withdrawn)
    except InputError as error:
        st.session_state[f"trouble-{item.answer_id}"] = str(error)
        return False
    return True


def _flag(seat: Seat, item: PlanItem) -> Flag | None:
    """What this person said of the question."""
    asked = seat.watch.contents.answers[item.answer_id].question_id
    mine = (flag for flag in seat.look().flags if flag.reviewer == seat.reviewer and flag.question_id == asked)
    return next(mine, None)


def _rate(visit: Visit, seat: Seat, item: PlanItem, score: int, *, stay: bool = False) -> Rating | None:
    key, task_id = item.answer_id, seat.review.task_id
    again = _last(visit, seat, key) is not None
    opinion = Opinion(
        score=score,
        comment=_comment(key),
        tags=tuple(st.session_state.get(f"tags-{key}") or ()),
        position=item.position,
        seconds=spent(st.session_state.get(f"shown-{key}"), time.time()),
        rubric=rubric().version,
    )
    try:
        rating = seat.rate(key, opinion)
    except InputError as error:
        st.session_state[f"trouble-{key}"] = str(error)
        return None
    for name in ("pending", "draft", "focus", "shown"):  # a later change takes time of its own
        st.session_state.pop(f"{name}-{key}", None)
    if not stay and not again:
        go(task_id, whereabouts(visit, seat).after(key))
    return rating


def _is_second_thought(last: Rating, score: int) -> bool:
    """Whether a click on another score was what gave the one that waited: whoever leaves the comment has written it."""
    waited = st.session_state.get(f"waited-{last.answer_id}") == last.id
    return waited and last.score != score and time.time() - last.created < SECOND_THOUGHT_S


def _last(visit: Visit, seat: Seat, answer_id: str) -> Rating | None:
    return seat.look().last_ratings(visit.reviewer).get((visit.reviewer, answer_id))


def _comment(answer_id: str) -> str:
    return str(st.session_state.get(f"comment-{answer_id}") or "")
