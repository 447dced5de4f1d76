"""The table of what each sentence of a prompt did: which comments it answers, and whether it helped."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from redraft.learning.history import History
from redraft.records import EditEffect, Theme
from redraft.tracking.tables import cut, rounded

MAX_QUESTION = 60  # characters of each question that an edit touched
COLUMNS = ("variant", "theme", "comments", "sentence", "questions", "change", "low", "high", "ratings", "note")


def edits_table(effects: Sequence[EditEffect], history: History) -> pd.DataFrame:
    """One row an edit, by variant, the largest change first and those without a figure last.

    Args:
        effects: From `redraft.learning.attribution`.
        history: Themes and questions that they name.
    """
    themes = {theme.id: theme.text for theme in history.themes}
    comments: dict[str, set[str]] = {}
    for theme in history.themes:
        comments.setdefault(theme.id, set()).update(theme.comment_ids)
    rows = [
        {
            "variant": effect.variant_id,
            "theme": themes.get(effect.theme_id or "", ""),
            "comments": len(comments.get(effect.theme_id or "", ())),
            "sentence": effect.sentence,
            "questions": " | ".join(_question(history, question_id) for question_id in effect.question_ids),
            "change": rounded(effect.difference),
            "low": rounded(effect.low),
            "high": rounded(effect.high),
            "ratings": effect.n_ratings,
            "note": effect.note,
        }
        for effect in sorted(effects, key=_order)
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def themes_table(themes: Sequence[Theme]) -> pd.DataFrame:
    """One row a theme of the comments that the new prompt was written from, the most frequent first."""
    ordered = sorted(themes, key=lambda theme: (-len(theme.comment_ids), theme.text))
    rows = [
        {
            "theme": theme.text,
            "comments": len(theme.comment_ids),
            "praise": "yes" if theme.praise else "no",
        }
        for theme in ordered
    ]
    return pd.DataFrame(rows, columns=["theme", "comments", "praise"])


def _order(effect: EditEffect) -> tuple[str, bool, float, str]:
    return effect.variant_id, effect.difference is None, -(effect.difference or 0.0), effect.sentence


def _question(history: History, question_id: str) -> str:
    question = history.questions.get(question_id)
    return cut(question.text if question else question_id, MAX_QUESTION)
