"""What pages read again and again: the history, kept by the tasks that it was read from."""

from __future__ import annotations

import streamlit as st

from redraft.learning.history import History
from redraft.tracking.history import find_sources, load_history

FRESH_S = 5.0


def history_of(project: str) -> History:
    """All records of a project's completed steps, reviews and events; a few seconds old at most."""
    return history_at(sources_of(project))


def sources_of(project: str) -> tuple[str, ...]:
    """Ids of the tasks that the history is read from: what is computed from it is kept by them."""
    return _sources(project)


def history_at(sources: tuple[str, ...]) -> History:
    """All records of these tasks."""
    return _history(sources)


def forget_sources() -> None:
    """Look again at once: this visit has just recorded something."""
    _sources.clear()


@st.cache_data(ttl=FRESH_S, show_spinner=False)
def _sources(project: str) -> tuple[str, ...]:
    return tuple(find_sources(project))


@st.cache_resource(max_entries=3, show_spinner="Reading the history ...")
def _history(sources: tuple[str, ...]) -> History:
    return load_history(sources)
