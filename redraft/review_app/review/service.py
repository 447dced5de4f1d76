"""The process's one review service, and this browser session's place in it."""

from __future__ import annotations

import uuid
from pathlib import Path

import streamlit as st

from redraft.review_app.loading import history_of
from redraft.review_app.visit import Visit
from redraft.settings import ReviewSettings
from redraft.tracking.reviewing import ReviewService
from redraft.tracking.seat import Seat


def service_of(visit: Visit) -> ReviewService:
    """The service of this process; made for the first visitor."""
    return _service(visit.project, str(visit.folder), visit.config.review)


def seat_of(visit: Visit, task_id: str) -> Seat:
    """This browser session's place at a review.

    Raises:
        ReviewClosed: The review is not open.
    """
    session = st.session_state.setdefault("session", uuid.uuid4().hex)
    return service_of(visit).seat(task_id, visit.reviewer, session)


def in_the_middle(visit: Visit) -> bool:
    """Whether this person has begun a review and not finished: they are not to know which prompt is which."""
    service = service_of(visit)
    reviews = [service.overview(review.task_id) for review in service.reviews()]
    mine = [person for review in reviews for person in review.people if person.reviewer == visit.reviewer]
    return any(person.rated and not person.finished for person in mine)


@st.cache_resource(show_spinner=False)
def _service(project: str, folder: str, _settings: ReviewSettings) -> ReviewService:
    service = ReviewService(project, Path(folder), _settings, history=lambda: history_of(project))
    service.start()
    return service
