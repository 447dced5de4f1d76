"""Everything that people said and did as files, as CSV, JSONL or Parquet, made when somebody asks for one."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd
import streamlit as st

from redraft.learning.words import counted
from redraft.review_app.history.past import NOTHING_RATED, Past
from redraft.review_app.history.ratings import all_ratings
from redraft.tracking.exports import TABLES, Table
from redraft.tracking.table_files import FORMATS

TEXT_WIDTH = 800  # px
MIME = {".csv": "text/csv", ".jsonl": "application/x-ndjson", ".parquet": "application/vnd.apache.parquet"}


def show(past: Past) -> None:
    """Draw the section."""
    counts = {name: len(table.records(past.history)) for name, table in TABLES.items()}
    if not any(counts.values()):
        st.info(NOTHING_RATED)
        return
    with st.container(width=TEXT_WIDTH):
        st.markdown(
            "One row a rating: reviewer, score, comment, tags, question, answer, both prompts, docs version, index, "
            "run; the other tables in the same way. In CSV, what a spreadsheet would take for a formula has an "
            "apostrophe before it."
        )
        for name, table in TABLES.items():
            if not counts[name]:
                st.caption(f"{table.title}: none yet.")
                continue
            st.markdown(f"**{table.title}**: {counted(counts[name], table.noun)}")
            with st.container(horizontal=True):
                for suffix in FORMATS:
                    _button(past.visit.project, name, suffix, _maker(past, table))
        st.caption("From a terminal: `redraft ratings export ratings.parquet`; `--what overalls` for another table.")


def _maker(past: Past, table: Table) -> Callable[[], pd.DataFrame]:
    if table is TABLES["ratings"]:
        return lambda: all_ratings(past)  # kept: it is long, and the section Ratings shows it
    return lambda: table.frame(past.history, past.results)


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
