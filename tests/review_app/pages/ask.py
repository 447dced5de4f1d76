"""The page Ask alone, for a person named Ann."""

import os
from pathlib import Path

import streamlit as st

from redraft.config import ROOT, load_config
from redraft.review_app import ask_page
from redraft.review_app.visit import Visit

st.set_page_config(layout="wide")
ask_page.show(
    Visit(
        project=os.environ["REDRAFT_PROJECT"],
        reviewer="Ann",
        lead=False,
        config=load_config(ROOT / "configs" / "stand_ins.yaml"),
        folder=Path(os.environ["REDRAFT_HOME"]),
    )
)
