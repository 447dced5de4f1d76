"""Questions and answers of one browser session, newest last, and the one that is being answered.

A question is answered in a thread of its own: whoever goes to another page meanwhile finds the answer when they come
back.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, wait
from dataclasses import dataclass

import streamlit as st

from redraft.tracking.asking import Answered

LETTERS = "AB"
BEAT_S = 0.2  # between two looks for the answer
MAX_TURNS = 30  # older ones are forgotten: each costs time to draw


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A question and what was answered."""

    number: int  # from 1
    question: str
    answers: tuple[Answered, ...]  # in the order in which they are shown; two: side by side and blind
    seconds: float  # from the question to the last answer

    @property
    def blind(self) -> bool:
        """Whether two were asked, and nobody is told which is which at first."""
        return len(self.answers) > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Pending:
    """A question that is being answered."""

    question: str
    answer: Future[tuple[tuple[Answered, ...], float]]  # the answers, and the seconds that they took


def turns() -> list[Turn]:
    """What was asked so far."""
    asked: list[Turn] = st.session_state.setdefault("ask_turns", [])
    return asked


def pending() -> Pending | None:
    """The question that is being answered."""
    asked: Pending | None = st.session_state.get("ask_pending")
    return asked


def begin(question: str, answer: Callable[[], Sequence[Answered]]) -> None:
    """Start answering a question; `answer` runs in another thread and knows nothing of this session."""
    outcome: Future[tuple[tuple[Answered, ...], float]] = Future()

    def work() -> None:
        started = time.perf_counter()
        try:
            outcome.set_result((tuple(answer()), time.perf_counter() - started))
        except BaseException as error:  # noqa: BLE001 - it is raised again where the answer is waited for
            outcome.set_exception(error)

    st.session_state["ask_pending"] = Pending(question=question, answer=outcome)
    threading.Thread(target=work, name="redraft-ask", daemon=True).start()  # the page's end must not wait for a model


def wait_for(asked: Pending) -> None:
    """Wait for an answer, and add it to the conversation; Streamlit may end the script's run meanwhile.

    Raises:
        RedraftError: There is none; the question is not pending any more.
    """
    beat = st.empty()
    while not asked.answer.done():
        wait([asked.answer], timeout=BEAT_S)
        beat.empty()  # a call of Streamlit's, at which it ends this run if the person went elsewhere
    st.session_state["ask_pending"] = None
    answers, seconds = asked.answer.result()
    number = st.session_state.get("ask_number", 0) + 1
    st.session_state["ask_number"] = number
    new = Turn(number=number, question=asked.question, answers=answers, seconds=seconds)
    st.session_state["ask_turns"] = [*turns(), new][-MAX_TURNS:]


def revealed(turn: Turn) -> bool:
    """Whether it is said which answer came from which prompt."""
    return not turn.blind or turn.number in st.session_state.get("ask_revealed", ())


def reveal(turn: Turn) -> None:
    """Say from now on which answer came from which prompt."""
    st.session_state["ask_revealed"] = {*st.session_state.get("ask_revealed", ()), turn.number}
