"""What was changed so far, by whom and why: nothing that was saved is ever lost."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import pandas as pd
import streamlit as st

from redraft.records import QuestionEdit

_KINDS = {"add": "added", "edit": "changed", "retire": "retired"}


def show_log(edits: Sequence[QuestionEdit]) -> None:
    """Draw the saved edits, the latest first; nothing if there is none."""
    if not edits:
        return
    with st.expander(f"Saved changes ({len(edits)})"):
        rows = [
            {
                "when": datetime.fromtimestamp(edit.created, UTC),
                "who": edit.author,
                "what": _KINDS[edit.kind],
                "question": edit.question.text,
                "split": edit.question.split,
                "why": edit.reason or "",
            }
            for edit in reversed(edits)
        ]
        when = st.column_config.DatetimeColumn("when", format="YYYY-MM-DD HH:mm")
        st.dataframe(pd.DataFrame(rows), hide_index=True, column_config={"when": when})
