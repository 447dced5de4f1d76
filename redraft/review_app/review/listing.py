"""The open reviews; and, while none is open, where the newest run is."""

from __future__ import annotations

import datetime
import threading
import time

import streamlit as st

from redraft.errors import RedraftError, ReviewClosed
from redraft.learning.words import counted
from redraft.review_app.review.costing import cost_words
from redraft.review_app.review.leading import show_lead
from redraft.review_app.review.service import service_of
from redraft.review_app.review.telling import forget_told, show_told, tell
from redraft.review_app.safe_text import plain
from redraft.review_app.visit import Visit
from redraft.tracking.newest_run import RunState, newest_run
from redraft.tracking.next_run import start_iteration
from redraft.tracking.overview import Progress, ReviewOverview

LOOK_S = 3.0
_starting = threading.Lock()


@st.fragment(run_every=LOOK_S)
def show_list(visit: Visit) -> None:
    """Draw the list; it draws itself again every few seconds."""
    service = service_of(visit)
    show_told()
    reviews = service.reviews()
    if service.away:
        st.warning(
            f"The server cannot be reached: {plain(service.away)}. What you have said is kept here and sent later.",
            icon=":material/cloud_off:",
        )
    for review in reviews:
        try:
            _show_review(visit, service.overview(review.task_id))
        except ReviewClosed:
            continue  # it was closed a moment ago
        except RedraftError as error:
            st.error(plain(str(error)))
    if not reviews and not service.away:
        _show_newest_run(visit)


def _show_review(visit: Visit, overview: ReviewOverview) -> None:
    review = overview.review
    with st.container(border=True):
        st.subheader(f"Iteration {review.iteration}", anchor=False)
        given = overview.planned - overview.missing
        st.progress(given / overview.planned if overview.planned else 0.0, text=_figures(overview))
        st.caption(_since(review.created, visit.config.review.deadline_hours, time.time()))
        for person in overview.people:
            st.markdown(_person(person, visit.reviewer))
        mine = next((person for person in overview.people if person.reviewer == visit.reviewer), None)
        with st.container(horizontal=True):
            words = "Go on" if mine and mine.rated else "Rate answers"
            if mine and mine.finished:
                words = "Look at my ratings"
            if st.button(words, type="primary", key=f"open-{review.task_id}", shortcut="Enter"):
                st.query_params["review"] = review.task_id
                st.rerun(scope="app")
            if visit.lead:
                show_lead(visit, overview)


def _show_newest_run(visit: Visit) -> None:
    try:
        run = newest_run(visit.project)
    except RedraftError as error:
        st.warning(plain(str(error)), icon=":material/cloud_off:")
        return
    if run is None:
        st.info("Nothing was run in this project yet, so there is nothing to rate.")
        _show_start(visit, "Start the first iteration", newest_run="")
    elif run.doing:
        number = f"Iteration {run.iteration}" if run.iteration else "The next iteration"
        st.info(f"{number} is under way: {run.doing}. {_what_then(run)}")
        st.progress(run.step / run.steps, text=f"step {run.step} of {run.steps}")
    else:
        _show_ended(visit, run)


def _what_then(run: RunState) -> str:
    if run.reviewed:
        return "Its review is closed, nothing is left to rate; this page says when it is done."
    return "This page shows its review as soon as it opens."


def _show_ended(visit: Visit, run: RunState) -> None:
    if run.status in ("completed", "published"):
        st.success(f"Iteration {run.iteration} is done. The page History tells what came of it.")
        _show_start(visit, "Start the next iteration", newest_run=run.run_id)
        return
    st.warning(f"Iteration {run.iteration} {plain(run.status)}: {plain(run.why)}")
    st.markdown("What people said is kept. `redraft resume` goes on where it stopped.")


def _show_start(visit: Visit, words: str, *, newest_run: str) -> None:
    if not visit.lead:
        return
    pressed = st.button(words, type="primary", key="start-iteration")
    st.caption(plain(cost_words(visit, newest_run)))
    if pressed:
        forget_told()
        try:
            with st.spinner("Starting …"):
                _start(visit)
        except RedraftError as error:
            tell(str(error))
        st.rerun()


def _start(visit: Visit) -> None:
    with _starting:  # the other of two leads at once finds it under way
        run = newest_run(visit.project)
        if run is None or not run.doing:
            start_iteration(visit.project, visit.config)


def _figures(overview: ReviewOverview) -> str:
    given = overview.planned - overview.missing
    return (
        f"{given} of {counted(overview.planned, 'rating')} given; {counted(overview.answers, 'answer')} by "
        f"{counted(overview.letters, 'prompt')}, which hide behind letters"
    )


def _person(person: Progress, me: str) -> str:
    name = f"{plain(person.reviewer)}{' (you)' if person.reviewer == me else ''}"
    state = "finished" if person.finished else "away" if person.away else ""
    return f"{name}: {person.rated} of {person.share}{f' · :gray[{state}]' if state else ''}"


def _since(created: str, deadline_hours: float, now: float) -> str:
    """When a review was opened and until when it should be done.

    >>> _since("2026-11-25T10:00:00+00:00", 72, 1795608000)
    'open for 2 hours, wanted by Sat 28 Nov 10:00 UTC'
    >>> _since("2026-11-25T10:00:00+00:00", 1, 1795608000)
    'open for 2 hours, :red[late since Wed 25 Nov 11:00 UTC]'
    """
    opened = datetime.datetime.fromisoformat(created)
    age_s = now - opened.timestamp()
    deadline = (opened + datetime.timedelta(hours=deadline_hours)).astimezone(datetime.UTC)
    until = f"{deadline:%a %d %b %H:%M} UTC"
    late = now > deadline.timestamp()
    return f"open for {_age(age_s)}, {f':red[late since {until}]' if late else f'wanted by {until}'}"


def _age(seconds: float) -> str:
    for unit, length in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= length:
            return counted(int(seconds // length), unit)
    return "less than a minute"
