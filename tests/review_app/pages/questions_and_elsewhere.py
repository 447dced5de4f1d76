"""The page Questions beside another page, for a person named Ann, with the style of all pages."""

import runpy
from pathlib import Path

import streamlit as st

from redraft.review_app.look import set_style

QUESTIONS = Path(__file__).parent / "questions.py"

set_style()
st.navigation(
    [
        st.Page(lambda: runpy.run_path(str(QUESTIONS)), title="Questions", url_path="questions", default=True),
        st.Page(lambda: st.title("Another page"), title="Elsewhere", url_path="elsewhere"),
    ],
    position="top",
).run()
