"""The set as a table that can be edited. What is typed goes into the draft: no filter and no other page loses it."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd
import streamlit as st

from redraft.records import Question
from redraft.review_app.look import say_sideways
from redraft.review_app.questions.draft import Draft, row_change
from redraft.review_app.questions.figures import Figures
from redraft.review_app.questions.wording import ANSWERABLE, LABEL_OF

MAX_CHARS = 2_000  # of a question, of a note
_MOST_ROWS = 12  # that are seen without scrolling
_ROW_PX = 36
_FRAME = "questions_frame"


def show_table(draft: Draft, asked: Sequence[Question], figures: Mapping[str, Figures]) -> None:
    """Draw filters and table."""
    filters = _filters()
    frame = _frame(draft, asked, figures, filters)
    if frame.empty:
        st.text("No question fits these filters." if asked else "No question is asked. Add one, or import a file.")
        return
    say_sideways("questions")
    st.data_editor(
        frame,
        key=_key(draft),
        on_change=_take_up,
        args=(draft, {question.id: question for question in asked}, frame, _key(draft)),
        hide_index=True,
        height=_ROW_PX * (min(len(frame), _MOST_ROWS) + 1) + 3,
        row_height=_ROW_PX,
        column_config=_columns(),
        column_order=_shown(figures),
        disabled=["rated", "mean", "flags"],
        placeholder="",
        alt="Example questions: text, split, whether the docs answer it, note, whether to retire it",
    )


def _key(draft: Draft) -> str:
    """The editor's name: another one has it forget what was typed into the last."""
    return f"questions-{draft.generation}"


def _take_up(draft: Draft, known: Mapping[str, Question], frame: pd.DataFrame, key: str) -> None:
    """Put what was typed into the draft: before the next page is drawn, which need not be this one."""
    typed = st.session_state[key]["edited_rows"]
    for place, (question_id, row) in enumerate(frame.iterrows()):
        before, now = known[str(question_id)], {**row.to_dict(), **typed.get(place, {})}
        change = row_change(before, _question(before, now), retire=bool(now["retire"]))
        draft.put(change) if change else draft.drop(before.id)


def _filters() -> tuple[str, str, str]:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        text = st.text_input("Find", key="questions_find", placeholder="words of the question or the note", width=300)
        split = st.segmented_control("Split", ["dev", "val"], key="questions_split")
        answerable = st.segmented_control("Answer in the docs", list(LABEL_OF), key="questions_answerable")
    return text.strip().casefold(), split or "", answerable or ""


def _frame(
    draft: Draft, asked: Sequence[Question], figures: Mapping[str, Figures], filters: tuple[str, str, str]
) -> pd.DataFrame:
    """The table as it was last drawn: the editor keeps what was typed since, by its place in just this table.

    An editor that was not drawn for a while, since somebody was at another page, has forgotten it: the draft has not.
    """
    drawn: tuple[tuple[int, tuple[str, str, str]], pd.DataFrame] | None = st.session_state.get(_FRAME)
    if drawn is not None and drawn[0] == (draft.generation, filters) and _key(draft) in st.session_state:
        return drawn[1]
    if drawn is not None and drawn[0][0] == draft.generation:
        draft.redraw()
    rows = [_row(draft, question, figures.get(question.id, Figures())) for question in asked]
    frame = pd.DataFrame([row for row in rows if _fits(row, *filters)]).set_index("id") if rows else pd.DataFrame()
    st.session_state[_FRAME] = ((draft.generation, filters), frame)
    return frame


def _row(draft: Draft, question: Question, figures: Figures) -> dict[str, Any]:
    change = draft.of(question.id)
    shown = change.question if change else question
    return {
        "id": question.id,
        "text": shown.text,
        "split": shown.split,
        "answerable": ANSWERABLE[shown.answerable],
        "retire": change is not None and change.kind == "retire",
        "note": shown.note or "",
        "rated": figures.n_ratings,
        "mean": figures.mean,
        "flags": len(figures.flags),
    }


def _fits(row: Mapping[str, Any], text: str, split: str, answerable: str) -> bool:
    return (
        text in f"{row['text']} {row['note']}".casefold()
        and split in ("", row["split"])
        and answerable in ("", row["answerable"])
    )


def _question(before: Question, row: Mapping[str, Any]) -> Question:
    text, note = (value if isinstance(value, str) else "" for value in (row["text"], row["note"]))
    return dataclasses.replace(
        before,
        text=text,
        split="val" if row["split"] == "val" else "dev",
        answerable=LABEL_OF.get(row["answerable"]),
        note=note.strip() or None,
    )


def _shown(figures: Mapping[str, Figures]) -> list[str]:
    """Columns that hold something."""
    figured = ["rated", "mean"] if any(figure.n_ratings for figure in figures.values()) else []
    flagged = ["flags"] if any(figure.flags for figure in figures.values()) else []
    return ["text", "split", "answerable", "retire", "note", *figured, *flagged]


def _columns() -> dict[str, Any]:
    column = st.column_config
    return {
        "text": column.TextColumn("Question", width=520, required=True, max_chars=MAX_CHARS),
        "split": column.SelectboxColumn(
            "Split", width=70, options=["dev", "val"], required=True, help="val: hidden from the prompt writer"
        ),
        "answerable": column.SelectboxColumn(
            "In the docs?", width=100, options=list(LABEL_OF), required=True, help="Do the docs hold the answer?"
        ),
        "retire": column.CheckboxColumn("Retire", width=60, help="No longer ask it; its ratings stay"),
        "note": column.TextColumn("Note", width=220, max_chars=MAX_CHARS, help="For people; no model sees it"),
        "rated": column.NumberColumn("Rated", width=60, help="Ratings of its answers so far"),
        "mean": column.NumberColumn("Mean", width=60, format="%.1f", help="Of these ratings, 1 to 5"),
        "flags": column.NumberColumn("Flags", width=60, help="Reviewers who find the question itself bad"),
    }
