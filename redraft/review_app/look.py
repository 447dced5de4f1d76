"""The few rules of style that Streamlit has no setting for: the same for everybody, no text is put into them."""

from __future__ import annotations

import streamlit as st

_STYLE = """<style>
[data-testid="stMarkdownContainer"] table { display: block; max-width: 100%; width: fit-content; overflow-x: auto; }
[data-testid="stMarkdownContainer"] code { overflow-wrap: anywhere; }
</style>"""


def set_style() -> None:
    """Let wide tables of answers scroll by themselves, so that the page does not become wider than a phone."""
    st.html(_STYLE)
