"""Everything as files: ratings, feedback, decisions; as CSV, JSONL or Parquet, made when somebody asks for one."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from redraft.learning.words import counted
from redraft.review_app.history.past import NOTHING_RATED, Past
from redraft.review_app.history.ratings import all_ratings
from redraft.tracking.exporting import decisions_frame, feedback_frame
from redraft.tracking.table_files import FORMATS

TEXT_WIDTH = 800  # px
MIME = {".csv": "text/csv", ".jsonl": "application/x-ndjson", ".parquet": "application/vnd.apache.parquet"}


def show(past: Past) -> None:
    """Draw the section."""
    history = past.history
    tables: list[tuple[str, str, int, Callable[[], pd.DataFrame]]] = [
        ("ratings", "rating", len(history.ratings), lambda: all_ratings(past)),
        ("feedback", "thumb or comment", len(history.feedback), lambda: feedback_frame(history)),
        ("decisions", "decision", len(history.decisions), lambda: decisions_frame(history)),
    ]
    if not any(n for _, _, n, _ in tables):
        st.info(NOTHING_RATED)
        return
    with st.container(width=TEXT_WIDTH):
        st.markdown(
            "One row a rating: reviewer, score, comment, tags, question, answer, both prompts, docs version, index, "
            "run. In CSV, what a spreadsheet would take for a formula has an apostrophe before it."
        )
        for name, noun, n, make in tables:
            if not n:
                st.caption(f"{name.capitalize()}: none yet.")
                continue
            st.markdown(f"**{name.capitalize()}**: {counted(n, noun)}")
            with st.container(horizontal=True):
                for suffix in FORMATS:
                    _button(past.visit.project, name, suffix, make)
        st.caption("From a terminal: `redraft ratings export ratings.parquet`.")


def _button(project: str, name: str, suffix: str, make: Callable[[], pd.DataFrame]) -> None:
    st.download_button(
        suffix[1:].upper() if suffix != ".parquet" else "Parquet",
        data=lambda: FORMATS[suffix](make()),
        file_name=f"{project.replace('/', '-')}-{name}{suffix}",
        mime=MIME[suffix],
        icon=":material/download:",
        key=f"export_{name}{suffix}",
        on_click="ignore",
    )
