"""People: how far they agree, how strictly each rates, and how much time they gave."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from redraft.learning.protocols import ReviewerView
from redraft.learning.words import counted
from redraft.records import Rating
from redraft.review_app.history.past import NOTHING_RATED, Past, board_of
from redraft.review_app.loading import ratings_at
from redraft.review_app.safe_text import plain
from redraft.tracking.cost import minutes_of
from redraft.tracking.tables import rounded

TEXT_WIDTH = 800  # px
FEW_SHARED = 10  # answers that two people rated: with fewer, agreement is hardly known
# Krippendorff, Content Analysis (2nd ed., 2004), 11.4.2: rely on alpha of .800, draw tentative conclusions from .667
LEVELS = (
    (0.8, "They agree well: scores can be relied on"),
    (0.667, "They agree well enough for careful conclusions"),
    (0.2, "They agree in part: talk over what the numbers mean, with `configs/rubric.yaml` at hand"),
    (-1.0, "They agree hardly more than by chance: settle together what the numbers mean before rating more"),
)


def show(past: Past) -> None:
    """Draw the section."""
    board = board_of(past)
    if board is None:
        st.info(NOTHING_RATED)
        return
    with st.container(width=TEXT_WIDTH):
        st.subheader("Agreement")
        st.markdown(alpha_words(board.alpha, shared_answers(past)))
        st.subheader("Each reviewer")
        st.markdown(
            "**Leniency** is how many points somebody rates above (+) or below (−) an average reviewer, on "
            "the same answers. Scores are corrected for it, so strictness harms no prompt. **Drift** is by how much "
            "somebody's rating changed when they rated the same answer again in a later review."
        )
    seen = board.reviewers if past.visit.lead else [v for v in board.reviewers if v.reviewer == past.visit.reviewer]
    if not past.visit.lead:
        st.caption("Leads see everybody here; you see yourself.")
    if not seen:
        return
    st.dataframe(
        _table(past, seen),
        hide_index=True,
        width="stretch",
        placeholder="",
        column_config={
            "minutes": st.column_config.NumberColumn(
                format="%.0f", help="Time for all their ratings; a changed one counts as often as it took time"
            ),
            "leniency": st.column_config.NumberColumn(format="%+.2f"),
            "drift": st.column_config.NumberColumn(format="%+.2f", help="Empty: too few answers were rated again"),
        },
    )
    for view in seen:
        if view.warning:
            st.warning(f"{plain(view.reviewer)}: {plain(view.warning)}.")


def alpha_words(alpha: float | None, shared: int) -> str:
    """Say in Markdown what Krippendorff's alpha means.

    >>> alpha_words(0.85, 24)
    'Alpha is **0.85** (1 is perfect, 0 is chance), from 24 answers that two or more people rated. They agree well: \
scores can be relied on.'
    """
    if alpha is None:
        if not shared:
            return (
                "No answer has been rated by two people yet, so agreement is not known. `plan.second_share` says how "
                "many answers a second person gets."
            )
        return (
            f"Of the {counted(shared, 'answer')} that two people rated all got one same score: agreement is not known."
        )
    words = next(said for level, said in LEVELS if alpha >= level or level == -1.0)
    few = " These are few, so that this figure may change a lot." if shared < FEW_SHARED else ""
    return (
        f"Alpha is **{alpha:.2f}** (1 is perfect, 0 is chance), from {counted(shared, 'answer')} that two or more "
        f"people rated. {words}.{few}"
    )


def shared_answers(past: Past) -> int:
    """How many answers two or more people rated."""
    people: dict[str, set[str]] = {}
    for rating, _ in past.history.rated():
        people.setdefault(rating.answer_id, set()).add(rating.reviewer)
    return sum(len(names) > 1 for names in people.values())


def _table(past: Past, seen: Sequence[ReviewerView]) -> pd.DataFrame:
    given: dict[str, list[Rating]] = {}
    for rating in ratings_at(past.sources):
        given.setdefault(rating.reviewer, []).append(rating)
    return pd.DataFrame(
        [
            {
                "reviewer": view.reviewer,
                "ratings": view.n_ratings,
                "minutes": minutes_of(given.get(view.reviewer, ())),
                "leniency": rounded(view.severity),
                "drift": rounded(view.drift),
            }
            for view in seen
        ]
    )
