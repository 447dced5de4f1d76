"""Tables on ClearML tasks: short enough for the web page, with texts that stay texts.

The page draws tables and axes with plotly, which takes `<a href=...>`, `<b>` or `&lt;` in a text for markup: a
document, an answer or a comment could put a link there, and `<version>` would vanish.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

MAX_ROWS = 200  # longer tables freeze the page; everything is in the artifacts
MAX_CELL = 300  # characters


def report_table(task: Any, title: str, table: pd.DataFrame, *, max_chars: int = MAX_CELL) -> None:
    """Report a table on a task."""
    task.get_logger().report_table(title, "all", iteration=0, table_plot=shown(table, max_chars=max_chars))


def shown(table: pd.DataFrame, *, max_chars: int = MAX_CELL) -> pd.DataFrame:
    """Return the first rows of a table, long texts cut, each as plain text; what is not known is an empty cell."""
    rows = table.head(MAX_ROWS).astype(object)  # the SDK writes a text into columns of numbers with a gap
    known = rows.where(rows.notna(), "")
    return known.map(lambda cell: plain(cut(cell, max_chars)) if isinstance(cell, str) else cell)


def cut(text: str, max_chars: int) -> str:
    """Cut a text that is too long.

    >>> cut("How do I rate answers?", 12)
    'How do I ...'
    """
    return text if len(text) <= max_chars else f"{text[: max_chars - 4].rstrip()} ..."


def plain(text: str) -> str:
    """Write a text so that plotly shows it as it is.

    >>> plain('See <a href="https://example.com">R&D</a>')
    'See &lt;a href="https://example.com">R&amp;D&lt;/a>'
    """
    return text.replace("&", "&amp;").replace("<", "&lt;")


def rounded(value: float | None) -> float | None:
    """Two decimals; what is not known stays so."""
    return None if value is None else round(value, 2)
