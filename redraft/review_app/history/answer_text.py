"""An answer as the sections of the history show it."""

from __future__ import annotations

import streamlit as st

from redraft.answering.citations import find_citations
from redraft.records import Answer
from redraft.review_app.safe_text import markdown, plain


def show_text(answer: Answer) -> None:
    """Draw an answer, and the documents that it cites unless it lists them itself."""
    text = answer.text or ""
    st.markdown(markdown(text))
    if answer.sources and find_citations(text, ()).body == text.strip():
        st.caption(plain(f"Sources: {', '.join(answer.sources)}"))
