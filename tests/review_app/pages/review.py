"""The page Review alone, for a lead named Ann with the stand-ins' profile, unless REVIEWER or PROFILE say otherwise."""

import os
from pathlib import Path

import streamlit as st

from redraft.config import ROOT, load_config
from redraft.review_app import review_page
from redraft.review_app.visit import Visit

st.set_page_config(layout="wide")
review_page.show(
    Visit(
        project=os.environ["REDRAFT_PROJECT"],
        reviewer=os.environ.get("REVIEWER", "Ann"),
        lead=os.environ.get("LEAD", "yes") == "yes",
        config=load_config(Path(os.environ.get("PROFILE") or ROOT / "configs" / "stand_ins.yaml")),
        folder=Path(os.environ["REDRAFT_HOME"]),
    )
)
