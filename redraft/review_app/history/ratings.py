"""All ratings, with filters; one of them with all that it is about; below, what was said of letters as a whole."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd
import streamlit as st

from redraft.learning.words import counted
from redraft.records import Rating
from redraft.review_app.history import lineage
from redraft.review_app.history.past import NOTHING_RATED, Past
from redraft.review_app.look import say_sideways
from redraft.tracking.exporting import overalls_frame, ratings_frame

SHOWN = ("created", "iteration", "reviewer", "score", "question", "split", "comment", "tags", "variant_id", "rating_id")
SHOWN_OVERALLS = ("created", "iteration", "reviewer", "letter", "score", "comment", "variant_id")
COLUMNS: Mapping[str, Any] = {
    "created": st.column_config.DatetimeColumn("when (UTC)", format="YYYY-MM-DD HH:mm"),
    "comment": st.column_config.TextColumn(width="large"),
    "variant_id": "variant",
}


def show(past: Past) -> None:
    """Draw the section."""
    if not past.history.ratings:
        st.info(NOTHING_RATED)
        return
    _ratings(past)
    if past.history.overalls:
        _overalls(past)


def all_ratings(past: Past) -> pd.DataFrame:
    """The table of all ratings, as it is exported."""
    return _frame(past.sources, tuple(result.task_id for result in past.results), past)


def _ratings(past: Past) -> None:
    everything = all_ratings(past)
    chosen = _filtered(past, everything)
    if chosen.empty:
        st.info("No rating is like that: take a filter away.")
        return
    newest = chosen.iloc[::-1]
    st.caption(f"{counted(len(newest), 'rating')} of {len(everything)}. Choose one to see where it comes from.")
    say_sideways("ratings")
    event = st.dataframe(
        newest[list(SHOWN)].assign(created=_times(newest), tags=newest["tags"].astype(object)),
        hide_index=True,
        width="stretch",
        height=320,
        on_select="rerun",
        selection_mode="single-row",
        key="ratings_table",
        placeholder="",
        column_config={
            **COLUMNS,
            "question": st.column_config.TextColumn(width="medium"),
            "rating_id": "rating",
        },
    )
    rating = _chosen(past, newest, event)
    if rating is not None:
        lineage.show(past, rating)


def _overalls(past: Past) -> None:
    """What was said of all answers of a letter, by the same people and of the same prompts as the ratings above."""
    st.subheader("Overall scores", anchor=False)
    frame = overalls_frame(past.history, past.results)
    for column, key in (("reviewer", "filter_people"), ("variant_id", "filter_variants")):
        if wanted := st.session_state.get(key):
            frame = frame[frame[column].isin(wanted).fillna(False)]
    newest = frame.iloc[::-1]
    st.caption(
        f"{counted(len(newest), 'overall score')} of {len(past.history.overalls)}, given after the last answer. People "
        "read these comments, the prompt writer does not: they are about val questions too."
    )
    st.dataframe(
        newest[list(SHOWN_OVERALLS)].assign(created=_times(newest)),
        hide_index=True,
        width="stretch",
        key="overalls_table",
        placeholder="",
        column_config=COLUMNS,
    )


def _times(frame: pd.DataFrame) -> pd.Series:
    return pd.to_datetime(frame["created"].astype(object))


@st.cache_resource(max_entries=3, show_spinner=False)
def _frame(sources: tuple[str, ...], runs: tuple[str, ...], _past: Past) -> pd.DataFrame:
    del sources, runs
    return ratings_frame(_past.history, _past.results)


def _filtered(past: Past, frame: pd.DataFrame) -> pd.DataFrame:
    left, middle, right = st.columns(3)
    people = left.multiselect("Reviewers", sorted(set(frame["reviewer"])), key="filter_people", placeholder="everybody")
    variants = middle.multiselect(
        "Prompts", list(reversed(past.judged)), format_func=past.name, key="filter_variants", placeholder="all"
    )
    low, high = right.slider("Scores", 1, 5, (1, 5), key="filter_scores")
    words = left.text_input("Words", key="filter_words", help="In question, answer, comment or an id")
    split = middle.segmented_control("Questions", ["dev", "val"], key="filter_split", selection_mode="multi")
    commented = right.toggle("With a comment", key="filter_commented")
    kept = frame["score"].between(low, high)
    if people:
        kept &= frame["reviewer"].isin(people)
    if variants:
        kept &= frame["variant_id"].isin(variants)
    if split:
        kept &= frame["split"].isin(split)
    if commented:
        kept &= frame["comment"].fillna("").str.strip() != ""
    if words.strip():
        searched = ("question", "answer", "comment", "rating_id", "answer_id", "variant_id")
        found = [frame[name].fillna("").str.contains(words.strip(), case=False, regex=False) for name in searched]
        kept &= pd.concat(found, axis=1).any(axis=1)
    return frame[kept.fillna(False)]


def _chosen(past: Past, shown: pd.DataFrame, event: Any) -> Rating | None:
    """The rating of the row that was clicked, else the only one, else the one that the address names."""
    rows = event.selection.rows if event else []
    if rows and rows[0] < len(shown):
        wanted = shown.iloc[rows[0]]["rating_id"]
    elif len(shown) == 1:
        wanted = shown.iloc[0]["rating_id"]
    else:
        wanted = st.query_params.get("rating")
    return next((rating for rating in past.history.ratings if rating.id == wanted), None)
