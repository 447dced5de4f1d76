"""What is published, what waits for a yes, and the decision log; leads say yes, no, or go back.

Each answer is an event of its own, with who gave it and why; `redraft.tracking.decisions` records it.
"""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable

import pandas as pd
import streamlit as st

from redraft.errors import InputError, RedraftError
from redraft.learning.decision_words import decided
from redraft.learning.history import make_history
from redraft.learning.labels import PUBLISHING, standing, waiting_for_yes
from redraft.learning.words import counted
from redraft.records import Decision, VariantScore
from redraft.review_app.history.past import Past, board_of, forget_results
from redraft.review_app.loading import forget_sources
from redraft.review_app.look import say_sideways
from redraft.review_app.safe_text import plain
from redraft.tracking.decisions import Made, Person, promote, reject, roll_back
from redraft.tracking.history import load_decisions

SAID = "history_said"  # what came of the last click: (text, warning), shown once
MAX_REASON = 2000  # characters
TEXT_WIDTH = 800  # px


def show_said() -> None:
    """Say what came of the click before."""
    text, warning = st.session_state.pop(SAID, ("", ""))
    if text:
        st.success(plain(text))
    if warning:
        st.warning(plain(warning))


def show_standing(past: Past) -> None:
    """Draw what is published now, and what waits."""
    now, history = standing(past.history.decisions), past.history
    board = board_of(past)
    with st.container(border=True, width=TEXT_WIDTH):
        if now.current is None:
            st.markdown("**Nothing is published yet.** The bot answers with the first prompt until one is promoted.")
        else:
            made = next(d for d in reversed(history.decisions) if d.kind in PUBLISHING and d.variant_id == now.current)
            st.markdown(f"**Published:** {plain(past.short_name(now.current))}, {plain(_rated(past, now.current))}")
            st.caption(f"Since {_when(made.created)} by {plain(made.author)}. {plain(made.evidence)}")
            _prompts(past, now.current)
            if board is None:
                st.caption("Nobody has rated its answers yet.")
        if past.visit.lead and now.current is not None:
            _roll_back(past)
    if past.waiting is not None:
        _waiting(past, past.waiting)


def show_log(past: Past) -> None:
    """Draw the decision log, the newest first."""
    st.subheader("Decisions")
    if not past.history.decisions:
        st.info("Nothing has been decided yet: an iteration decides once its review is closed.")
        return
    rows = [
        {
            "when": datetime.datetime.fromtimestamp(decision.created, tz=datetime.UTC),
            "decision": decided(decision)[0],
            "variant": decision.variant_id,
            "against": decided(decision)[1],
            "by": decision.author,
            "evidence": decision.evidence,
        }
        for decision in reversed(past.history.decisions)
    ]
    say_sideways("decisions")
    st.dataframe(
        pd.DataFrame(rows),
        hide_index=True,
        width="stretch",
        placeholder="",
        column_config={
            "when": st.column_config.DatetimeColumn(format="YYYY-MM-DD HH:mm", help="UTC"),
            "evidence": st.column_config.TextColumn(width="large"),
        },
    )


def _waiting(past: Past, waiting: Decision) -> None:
    with st.container(border=True, width=TEXT_WIDTH):
        st.markdown(f":material/pending: **Waits for a yes:** {plain(past.short_name(waiting.variant_id))}")
        st.markdown(plain(waiting.evidence))
        _prompts(past, waiting.variant_id)
        st.button(
            "See what changed",
            icon=":material/difference:",
            type="tertiary",
            on_click=_compare,
            args=(waiting.current_id, waiting.variant_id),
        )
        if not past.visit.lead:
            st.caption("A lead decides: who is one is said in the configuration, `review.leads`.")
            return
        reason = st.text_input("Reason", key="decide_reason", max_chars=MAX_REASON, help="Kept in the decision log")
        with st.container(horizontal=True):
            yes = st.button("Yes, publish it", type="primary", icon=":material/check:")
            no = st.button("No, keep the current one", icon=":material/close:")
    if yes:
        _answer(past, waiting.variant_id, lambda who: promote(past.visit.project, who, waiting.variant_id), reason)
    if no and not reason.strip():
        st.error("Say why not, in the field Reason: the prompt writer's next reader has to know it.")
    elif no:
        _answer(past, waiting.variant_id, lambda who: reject(past.visit.project, who), reason)


def _roll_back(past: Past) -> None:
    now = standing(past.history.decisions)
    earlier = [variant_id for variant_id in reversed(past.judged) if variant_id != now.current]
    if now.previous is not None and now.previous not in earlier:
        earlier.append(now.previous)
    if not earlier:
        return
    with st.expander("Go back to another prompt", icon=":material/undo:"):
        place = earlier.index(now.previous) if now.previous in earlier else 0
        to = st.selectbox("Prompt", earlier, index=place, format_func=past.name, key="back_to")
        st.caption(plain(_rated(past, to)))
        reason = st.text_input("Reason", key="back_reason", max_chars=MAX_REASON, help="Kept in the decision log")
        pressed = st.button("Go back to it", icon=":material/undo:")
    if pressed and not reason.strip():
        st.error("Say why, in the field Reason: the next reader of the log has to know it.")
    elif pressed:
        _decide(past, lambda who: roll_back(past.visit.project, who, to), reason)


def _answer(past: Past, variant_id: str, decide: Callable[[Person], Made], reason: str) -> None:
    """Decide on what waits, if it is still that which the person saw."""
    try:
        waits = waiting_for_yes(make_history(load_decisions(past.visit.project)))
    except RedraftError as error:
        st.error(plain(str(error)))
        return
    if waits is None or waits.variant_id != variant_id:
        _decided("", "Meanwhile somebody else has decided, or another prompt waits: nothing was recorded. Look again.")
    _decide(past, decide, reason)


def _decide(past: Past, decide: Callable[[Person], Made], reason: str) -> None:
    config = past.visit.config
    person = Person(
        author=past.visit.reviewer,
        now=time.time(),
        interval=config.score.interval,
        settings=config.decide,
        reason=" ".join(reason.split()),
    )
    try:
        with st.spinner("Recording the decision ..."):
            made = decide(person)
    except InputError as error:
        _decided("", f"{error.message}: nothing was recorded.")
    except RedraftError as error:
        st.error(plain(f"Nothing was recorded. {error}"))
        return
    said = (
        f"Recorded: {made.decision.kind} {made.decision.variant_id}. Published is {made.standing.current or 'nothing'}."
    )
    _decided(said, made.warning)


def _decided(said: str, warning: str) -> None:
    forget_sources()
    forget_results()
    st.session_state[SAID] = (said, warning)
    st.rerun()


def _compare(before: str | None, after: str) -> None:
    st.session_state["section"] = "Prompts"
    st.session_state["compare_before"], st.session_state["compare_after"] = before, after


def _prompts(past: Past, variant_id: str) -> None:
    variant = past.history.variants.get(variant_id)
    prompt = past.history.prompts.get(variant.answer_prompt_id) if variant else None
    if prompt is not None:
        with st.expander("Its answer prompt"):
            st.markdown(plain(prompt.text))


def _rated(past: Past, variant_id: str) -> str:
    board = board_of(past)
    score = (
        board.of(variant_id)
        if board
        else VariantScore(variant_id=variant_id, mean=None, low=None, high=None, n_ratings=0)
    )
    if score.mean is None or score.low is None or score.high is None:
        return "not rated yet"
    return f"rated {score.mean:.2f} [{score.low:.2f}, {score.high:.2f}] from {counted(score.n_ratings, 'rating')}"


def _when(created: float) -> str:
    return f"{datetime.datetime.fromtimestamp(created, tz=datetime.UTC):%Y-%m-%d %H:%M} UTC"
