"""What the person thinks of an answer: a thumb, a comment, which of two is better. Kept as feedback, at once."""

from __future__ import annotations

import time
from typing import Any

import streamlit as st

from redraft.errors import InputError, RedraftError
from redraft.records import Feedback
from redraft.review_app.ask.conversation import LETTERS, Turn, reveal, revealed
from redraft.review_app.loading import forget_sources
from redraft.review_app.safe_text import plain
from redraft.review_app.visit import Visit
from redraft.tracking.feedback import Thumb, feedback_on, record_feedback

_THUMBS: dict[int | None, Thumb] = {0: "down", 1: "up"}
_WORDS: dict[Thumb | None, str] = {"up": "thumb up", "down": "thumb down", None: "no thumb"}


def show_thumbs(visit: Visit, turn: Turn, place: int) -> None:
    """Take a thumb and a comment on one answer."""
    key = _key(turn, place)
    st.feedback("thumbs", key=f"{key}_thumb", on_change=_save_thumb, args=(visit, turn, place), persist_state="session")
    with st.popover("Comment", icon=":material/comment:", key=f"{key}_popover"):
        _comment_form(visit, turn, place)


def show_kept(visit: Visit, turn: Turn, place: int) -> None:
    """Say what was kept of one answer, or why a thumb was not."""
    key = _key(turn, place)
    problem, kept = _problems().get(f"{key}_thumb"), _kept().get(key)
    if problem:
        st.error(plain(f"Not saved: {problem}"))
        st.button("Save the thumb again", key=f"{key}_again", on_click=_save_thumb, args=(visit, turn, place))
    elif kept is not None:
        st.caption(f":material/check: Kept: {_WORDS[kept.thumb]}{', with your comment' if kept.comment else ''}.")


def show_preference(visit: Visit, turn: Turn) -> None:
    """Ask which of two answers is better, if one is; then, and not before, it is shown which prompt each came from."""
    key = f"ask_{turn.number}"
    kept = _kept().get(key)
    if kept is not None:
        better = next(place for place, given in enumerate(turn.answers) if given.choice.variant.id == kept.variant_id)
        st.markdown(f":material/check: Kept: **{LETTERS[better]}** is better.")
        return
    if revealed(turn):
        return
    with st.container(horizontal=True, vertical_alignment="center"):
        for place, letter in enumerate(LETTERS):
            st.button(
                f"{letter} is better", key=f"{key}_{letter}_is_better", on_click=_prefer, args=(visit, turn, place)
            )
        for word, thumb in (("good", 1), ("bad", 0)):
            st.button(
                f"Both {word}",
                key=f"{key}_both_{word}",
                on_click=_judge_both,
                args=(visit, turn, thumb),
                help=f"Neither is better: a {_WORDS[_THUMBS[thumb]]} for each",
            )
        st.button("Just show which is which", key=f"{key}_reveal", on_click=reveal, args=(turn,), type="tertiary")
    if key in _problems():
        st.error(plain(f"Not saved: {_problems()[key]}"))


def _comment_form(visit: Visit, turn: Turn, place: int) -> None:
    key = _key(turn, place)
    with st.form(f"{key}_form", border=False):
        st.text_area("What is good or bad about it", height=80, key=f"{key}_comment", persist_state="session")
        st.form_submit_button("Save comment", on_click=_save_comment, args=(visit, turn, place))
    problem = _problems().get(f"{key}_comment")
    if problem:
        st.error(plain(f"Not saved: {problem}"))


def _save_thumb(visit: Visit, turn: Turn, place: int) -> None:
    key = _key(turn, place)
    before = _kept().get(key)
    _record(
        visit,
        turn,
        place,
        said=f"{key}_thumb",
        thumb=_thumb(key),
        comment=before.comment if before is not None else None,
    )


def _save_comment(visit: Visit, turn: Turn, place: int) -> None:
    key = _key(turn, place)
    comment = str(st.session_state.get(f"{key}_comment") or "")
    before = _kept().get(key)
    if not comment.strip() and not (before and before.comment):
        _problems()[f"{key}_comment"] = str(InputError("the comment is empty", remedy="write one first"))
        return
    _record(visit, turn, place, said=f"{key}_comment", thumb=_thumb(key), comment=comment)


def _prefer(visit: Visit, turn: Turn, place: int) -> None:
    if _record(visit, turn, place, said=f"ask_{turn.number}", preferred_to=turn.answers[1 - place]):
        reveal(turn)


def _judge_both(visit: Visit, turn: Turn, thumb: int) -> None:
    """Give both answers one thumb, as if each had been clicked: then it is shown which prompt each came from."""
    for place in range(len(turn.answers)):
        key = _key(turn, place)
        kept = _kept().get(key)
        st.session_state[f"{key}_thumb"] = thumb
        if kept is None or kept.thumb != _THUMBS[thumb]:
            _save_thumb(visit, turn, place)


def _record(visit: Visit, turn: Turn, place: int, *, said: str, **words: Any) -> bool:
    """Keep what somebody said; if it cannot be kept, remember why: what they typed stays where it is."""
    key = said if "preferred_to" in words else _key(turn, place)
    try:
        feedback = feedback_on(turn.answers[place], reviewer=visit.reviewer, now=time.time(), **words)
        record_feedback(visit.project, feedback)
    except RedraftError as error:
        _problems()[said] = str(error)
        return False
    for mended in (said, f"{key}_thumb"):  # a row holds the thumb too
        _problems().pop(mended, None)
    _kept()[key] = feedback
    forget_sources()
    if turn.blind and all(_has_thumb(_key(turn, other)) for other in range(len(turn.answers))):
        reveal(turn)
    return True


def _has_thumb(key: str) -> bool:
    kept = _kept().get(key)
    return kept is not None and kept.thumb is not None


def _thumb(key: str) -> Thumb | None:
    return _THUMBS.get(st.session_state.get(f"{key}_thumb"))


def _key(turn: Turn, place: int) -> str:
    return f"ask_{turn.number}_{LETTERS[place]}"


def _kept() -> dict[str, Feedback]:
    kept: dict[str, Feedback] = st.session_state.setdefault("ask_kept", {})
    return kept


def _problems() -> dict[str, str]:
    problems: dict[str, str] = st.session_state.setdefault("ask_problems", {})
    return problems
