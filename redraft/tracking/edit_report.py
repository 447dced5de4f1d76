"""The table of what each sentence of a prompt did: which comments it answers, and whether it helped."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from redraft.learning.history import History
from redraft.records import EditEffect, Theme
from redraft.tracking.reports import MAX_CELL, MAX_ROWS

MAX_QUESTION = 60  # characters of each question that an edit touched
COLUMNS = ("variant", "theme", "comments", "sentence", "questions", "change", "low", "high", "ratings", "note")


def edits_table(effects: Sequence[EditEffect], history: History) -> pd.DataFrame:
    """One row an edit, by variant, the largest change first and those without a figure last; at most 200 rows.

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
            "theme": _cut(themes.get(effect.theme_id or "", ""), MAX_CELL),
            "comments": len(comments.get(effect.theme_id or "", ())),
            "sentence": _cut(effect.sentence, MAX_CELL),
            "questions": _cut(
                " | ".join(_question(history, question_id) for question_id in effect.question_ids), MAX_CELL
            ),
            "change": _rounded(effect.difference),
            "low": _rounded(effect.low),
            "high": _rounded(effect.high),
            "ratings": effect.n_ratings,
            "note": _cut(effect.note, MAX_CELL),
        }
        for effect in sorted(effects, key=_order)[:MAX_ROWS]
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def themes_table(themes: Sequence[Theme]) -> pd.DataFrame:
    """One row a theme of the comments that the new prompt was written from, the most frequent first."""
    ordered = sorted(themes, key=lambda theme: (-len(theme.comment_ids), theme.text))
    rows = [
        {
            "theme": _cut(theme.text, MAX_CELL),
            "comments": len(theme.comment_ids),
            "praise": "yes" if theme.praise else "no",
        }
        for theme in ordered[:MAX_ROWS]
    ]
    return pd.DataFrame(rows, columns=["theme", "comments", "praise"])


def _order(effect: EditEffect) -> tuple[str, bool, float, str]:
    return effect.variant_id, effect.difference is None, -(effect.difference or 0.0), effect.sentence


def _question(history: History, question_id: str) -> str:
    question = history.questions.get(question_id)
    return _cut(question.text if question else question_id, MAX_QUESTION)


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 2)


def _cut(text: str, most: int) -> str:
    """Cut a text that is longer than a cell.

    >>> _cut("How do I rate answers?", 12)
    'How do I ...'
    """
    return text if len(text) <= most else f"{text[: most - 4].rstrip()} ..."
