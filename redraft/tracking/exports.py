"""The tables that everything is exported as: on the page History and by `redraft ratings export --what`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from redraft.learning.history import History
from redraft.records import IterationResult
from redraft.tracking.exporting import flags_frame, overalls_frame, ratings_frame
from redraft.tracking.exporting_events import decisions_frame, feedback_frame, question_edits_frame


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """One kind of record as a table."""

    title: str  # on the page
    noun: str  # of one row
    records: Callable[[History], Sequence[Any]]  # a row each
    frame: Callable[[History, Sequence[IterationResult]], pd.DataFrame]


TABLES: Mapping[str, Table] = {
    "ratings": Table(title="Ratings", noun="rating", records=lambda h: h.ratings, frame=ratings_frame),
    "overalls": Table(title="Overall scores", noun="overall score", records=lambda h: h.overalls, frame=overalls_frame),
    "flags": Table(title="Bad questions", noun="question flag", records=lambda h: h.flags, frame=flags_frame),
    "feedback": Table(
        title="Feedback",
        noun="thumb or comment",
        records=lambda h: h.feedback,
        frame=lambda history, _: feedback_frame(history),
    ),
    "question-edits": Table(
        title="Question edits",
        noun="question edit",
        records=lambda h: h.question_edits,
        frame=lambda history, _: question_edits_frame(history),
    ),
    "decisions": Table(
        title="Decisions",
        noun="decision",
        records=lambda h: h.decisions,
        frame=lambda history, _: decisions_frame(history),
    ),
}
