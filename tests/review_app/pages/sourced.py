"""A page with one answer, its sources and its passages. `PROJECT` and `DATASET` say where they are stored."""

import os
from pathlib import Path

import streamlit as st
from sourced_project import PASSAGES, answer

from redraft.config import load_config
from redraft.review_app.look import set_style
from redraft.review_app.passages import show_passages
from redraft.review_app.safe_text import markdown
from redraft.review_app.sources import corpus_link, show_sources
from redraft.review_app.visit import Visit

set_style()
visit = Visit(project=os.environ["PROJECT"], reviewer="Ann", lead=False, config=load_config(None), folder=Path())
given = answer(os.environ["DATASET"], os.environ.get("INDEX", "i-sourced"))


@st.fragment
def draw() -> None:
    """Draw in a fragment, as the review does."""
    st.markdown(markdown(given.text or "", link=corpus_link(visit, given)))
    show_sources(visit, given, PASSAGES)
    show_passages(visit, given, PASSAGES)


draw()
st.text("The end.")
