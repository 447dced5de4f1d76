"""Cells of CSV files that a spreadsheet does not take for formulas: what a document or a person wrote must not run."""

from __future__ import annotations

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def inert(text: str) -> str:
    """Put an apostrophe before what a spreadsheet would take for a formula.

    >>> inert("=HYPERLINK(1)"), inert("How?")
    ("'=HYPERLINK(1)", 'How?')
    """
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def as_written(text: str) -> str:
    """The opposite of `inert`: an apostrophe before anything else is the writer's own.

    >>> as_written("'=HYPERLINK(1)"), as_written("'tis")
    ('=HYPERLINK(1)', "'tis")
    """
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA_STARTS) else text
