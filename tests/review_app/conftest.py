"""Every test here may drive a browser; none leaves a review service at work in this process."""

from __future__ import annotations

import gc
from collections.abc import Iterator

import pytest
from beacon import beacon
from browser import chromium, page, streamlit_app

from redraft.tracking.reviewing import ReviewService

__all__ = ["beacon", "chromium", "page", "streamlit_app"]


@pytest.fixture(autouse=True)
def _no_service_stays() -> Iterator[None]:
    """Stop the threads that pages run in this process: they would work on other tests' reviews."""
    yield
    for service in [found for found in gc.get_objects() if type(found) is ReviewService]:
        if service._carer is not None and service._carer.is_alive():
            service.stop()
    from redraft.review_app.review.service import _service

    _service.clear()
