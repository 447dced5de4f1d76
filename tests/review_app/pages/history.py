"""The page History alone, for a visitor whom the environment names."""

import os
from pathlib import Path

import streamlit as st

from redraft.config import load_config
from redraft.review_app import history_page
from redraft.review_app.visit import Visit

st.set_page_config(layout="wide")
history_page.show(
    Visit(
        project=os.environ["REDRAFT_PROJECT"],
        reviewer="Ann",
        lead=os.environ.get("VISITOR_LEADS", "yes") == "yes",
        config=load_config(overrides={"run.embedding_model": "demo-embed"}),
        folder=Path(os.environ["REDRAFT_HOME"]),
    )
)
