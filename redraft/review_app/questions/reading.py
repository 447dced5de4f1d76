"""What the parts of this page read again and again, kept for a few seconds or by what it was made from."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from redraft.review_app.loading import FRESH_S, forget_sources, history_at, sources_of
from redraft.review_app.visit import Visit
from redraft.settings import Config
from redraft.tracking.next_questions import NextQuestions, next_questions
from redraft.tracking.suggesting import Uncovered, newest_docs, uncovered_pages


def set_now(visit: Visit) -> NextQuestions:
    """What the next iteration will ask; a few seconds old at most.

    Raises:
        RedraftError: The questions file or the server cannot be read.
    """
    return _next(visit.project, sources_of(visit.project), visit.config)


def forget_set() -> None:
    """Look again at once: this visit has just saved something."""
    forget_sources()
    _next.clear()


def pages_left(visit: Visit, now: NextQuestions) -> Uncovered:
    """Pages of the newest docs that no question covers.

    Raises:
        RedraftError: There is no index yet, or it cannot be read.
    """
    index_task = _docs(visit.project, now.config)
    return _uncovered(index_task, now.version, sources_of(visit.project), now, visit.folder / "tmp")


@st.cache_resource(ttl=FRESH_S, max_entries=4, show_spinner=False)
def _next(project: str, sources: tuple[str, ...], _config: Config) -> NextQuestions:
    return next_questions(project, _config, sources)


@st.cache_data(ttl=60.0, show_spinner=False)
def _docs(project: str, _config: Config) -> str:
    return newest_docs(project, _config)


@st.cache_resource(max_entries=4, show_spinner="Looking which pages the questions cover ...")
def _uncovered(
    index_task: str,
    version: str,  # noqa: ARG001 - a part of the cache's key
    sources: tuple[str, ...],
    _now: NextQuestions,
    _folder: Path,
) -> Uncovered:
    return uncovered_pages(index_task, _now.asked, history_at(sources), _folder)
