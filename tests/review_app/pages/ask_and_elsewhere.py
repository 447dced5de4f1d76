"""The page Ask beside another page, for a person named Ann."""

import runpy
from pathlib import Path

import streamlit as st

ASK = Path(__file__).parent / "ask.py"

st.navigation(
    [
        st.Page(lambda: runpy.run_path(str(ASK)), title="Ask", url_path="ask", default=True),
        st.Page(lambda: st.title("Another page"), title="Elsewhere", url_path="elsewhere"),
    ],
    position="top",
).run()
