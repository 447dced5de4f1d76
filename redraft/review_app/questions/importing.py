"""Takes questions over from a file: first it says what would change, then a button does it."""

from __future__ import annotations

import pandas as pd
import streamlit as st

from redraft.errors import RedraftError
from redraft.learning.question_set import Change, imported_changes
from redraft.records import Question
from redraft.review_app.look import say_sideways
from redraft.review_app.questions.draft import Draft
from redraft.review_app.questions.unsaved import save_changes
from redraft.review_app.questions.uploaded import MAX_BYTES, read_upload
from redraft.review_app.questions.wording import ANSWERABLE, change_sentences, counted
from redraft.review_app.safe_text import plain
from redraft.review_app.visit import Visit
from redraft.tracking.next_questions import NextQuestions


def show_import(visit: Visit, now: NextQuestions) -> None:
    """Draw the upload, the dry run and the button."""
    st.caption(
        "CSV (with commas, semicolons or tabs) that has a column text, or JSON Lines; also split (dev, val), "
        f"answerable (yes, no or empty) and note. UTF-8, at most {MAX_BYTES // 2**20} MB."
    )
    file = st.file_uploader(
        "Questions file",
        type=["csv", "jsonl"],
        max_upload_size=MAX_BYTES // 2**20,
        key=f"questions_upload-{now.n_saves}",
        width=800,
    )
    if file is None:
        return
    try:
        given = read_upload(file.name, file.getvalue())
    except RedraftError as error:
        st.error(plain(f"Nothing is taken over. {error}", max_chars=5_000), width=800)
        return
    relabel = st.checkbox("Also give questions that are in the set already the file's split, label and note")
    changes = imported_changes(now.asked, given, relabel=relabel)
    _show_dry_run(changes, given)
    if changes and st.button(f"Import as version {now.n_saves + 1}", type="primary"):
        draft = Draft()  # apart from what else is changed on the page
        for change in changes:
            draft.put(change)
        save_changes(visit, draft, now, f"imported from {file.name}"[:500])


def _show_dry_run(changes: tuple[Change, ...], given: list[Question]) -> None:
    n_added = sum(change.kind == "add" for change in changes)
    st.markdown(
        f"{counted(len(given), 'question')} in the file: **{n_added} would be added, {len(changes) - n_added} changed, "
        f"{len(given) - len(changes)} left as they are.**"
    )
    if changes:
        rows = [
            {
                "what": "added" if change.kind == "add" else "; ".join(change_sentences(change)),
                "question": change.question.text,
                "split": change.question.split,
                "in the docs?": ANSWERABLE[change.question.answerable],
                "note": change.question.note or "",
            }
            for change in changes
        ]
        say_sideways("import")
        st.dataframe(pd.DataFrame(rows), hide_index=True)
