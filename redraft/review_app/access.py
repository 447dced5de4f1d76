"""Who looks at the page, and what they may do."""

from __future__ import annotations

import os
from pathlib import Path

import streamlit as st

from redraft.config import ROOT, load_config
from redraft.review_app.visit import Visit


def open_visit() -> Visit:
    """Who is it; ends the script's run while nobody is signed in."""
    environ = os.environ
    name = st.text_input("Your name", key="name")
    if not name:
        st.stop()
    profile = environ.get("REDRAFT_PROFILE")
    return Visit(
        project=environ.get("REDRAFT_PROJECT", "redraft"),
        reviewer=name,
        lead=True,
        config=load_config(Path(profile) if profile else None),
        folder=Path(environ.get("REDRAFT_HOME") or ROOT / ".redraft").absolute(),
    )
