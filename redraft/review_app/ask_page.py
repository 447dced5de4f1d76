"""The page Ask."""

from __future__ import annotations

import streamlit as st

from redraft.review_app.visit import Visit


def show(visit: Visit) -> None:
    """Draw the page."""
    st.title("Ask")
    st.text(visit.project)
