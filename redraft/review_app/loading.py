"""What pages read again and again: the history, kept by the tasks that it was read from."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from redraft.learning.history import History, Record
from redraft.records import Rating
from redraft.tracking.history import find_sources, load_history, read_records, records_in
from redraft.tracking.server import answers, fail_soon

FRESH_S = 5.0
LOOK_S = 2.0
A_DAY_S = 86_400.0


def history_of(project: str) -> History:
    """All records of a project's completed steps, reviews and events; a few seconds old at most."""
    return history_at(sources_of(project))


def sources_of(project: str) -> tuple[str, ...]:
    """Ids of the tasks that the history is read from: what is computed from it is kept by them."""
    return _sources(project)


def history_at(sources: tuple[str, ...]) -> History:
    """All records of these tasks."""
    return _history(sources)


def ratings_at(sources: tuple[str, ...]) -> tuple[Rating, ...]:
    """Every rating of these tasks, also those that somebody changed later, which the history leaves out."""
    return _ratings(sources)


def forget_sources() -> None:
    """Look again at once: this visit has just recorded something."""
    _sources.clear()


def server_is_there() -> bool:
    """Whether the server answers; from its first answer on, no call of this process waits for it for minutes."""
    there = _answers()
    if there:
        _be_impatient()
    return there


@st.cache_data(ttl=LOOK_S, show_spinner=False)
def _answers() -> bool:
    return answers()


@st.cache_resource(show_spinner=False)
def _be_impatient() -> None:
    fail_soon()


@st.cache_data(ttl=FRESH_S, show_spinner=False)
def _sources(project: str) -> tuple[str, ...]:
    return tuple(find_sources(project))


@st.cache_resource(max_entries=3, show_spinner="Reading the history ...")
def _history(sources: tuple[str, ...]) -> History:
    return load_history(sources, _records)


@st.cache_resource(max_entries=3, show_spinner=False)
def _ratings(sources: tuple[str, ...]) -> tuple[Rating, ...]:
    return tuple(record for record in records_in(sources, _records) if isinstance(record, Rating))


@st.cache_resource(ttl=A_DAY_S, max_entries=20_000, show_spinner=False)
def _records(name: str, url: str, title: str) -> Sequence[Record]:
    """What was read once is not read again when something new was recorded."""
    return read_records(name, url, title)
