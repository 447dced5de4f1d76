"""Iterations: how each one's prompt is rated, what its answers were like, and what it cost."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from redraft.learning.labels import Fate, fates
from redraft.learning.prompt_diff import new_sentences
from redraft.learning.protocols import Scoreboard
from redraft.review_app.history.past import Past, board_of
from redraft.review_app.look import say_sideways
from redraft.review_app.safe_text import plain

COLOURS: Mapping[Fate, str] = {
    "current": "#2e7d32",
    "previous": "#7cb342",
    "was published": "#8d6e63",
    "waits for a yes": "#ef6c00",
    "not published": "#78909c",
}
SHAPES: Mapping[Fate, str] = {
    "current": "circle",
    "previous": "square",
    "was published": "triangle-down",
    "waits for a yes": "diamond",
    "not published": "cross",
}
HEIGHT = 340


def show(past: Past) -> None:
    """Draw the trend and the table."""
    st.subheader("Iterations")
    board = board_of(past)
    if not past.results or board is None:
        st.info(
            "No iteration has been scored yet: it is when its review is closed, and `redraft status` says where it is."
        )
        return
    rows = _rows(past, board)
    st.altair_chart(_trend(pd.DataFrame(rows)), width="stretch", alt="Mean rating of each iteration's prompt")
    share = f"{100 * board.interval:.0f} %"
    st.caption(
        f"What all ratings so far say of each iteration's prompt, on an average question and by an average reviewer, "
        f"with {plain(share)} intervals: whoever rated strictly, or had hard questions, is allowed for. Intervals that "
        "overlap may still differ: Prompts compares two on the same questions."
    )
    _table(rows)


def _rows(past: Past, board: Scoreboard) -> list[dict[str, Any]]:
    became = fates(past.history)
    rows, before = [], ""
    for result in past.results:
        score = board.of(result.variant_id)
        rows.append(
            {
                "iteration": result.iteration,
                "became": became.get(result.variant_id, "not published"),
                "rating": score.mean,
                "low": score.low,
                "high": score.high,
                "ratings": score.n_ratings,
                "valid citations": _percent(result.citations_valid),
                "right refusals": _percent(result.refusals_right),
                "minutes": result.minutes,
                "tokens": result.tokens,
                "USD": result.cost_usd,
                "new in the prompt": " ".join(new_sentences(result.prompt, before)),
                "variant": result.variant_id,
            }
        )
        before = result.prompt
    return rows


def _percent(share: float | None) -> float | None:
    return None if share is None else 100 * share


def _trend(rows: pd.DataFrame) -> Any:
    x = alt.X(
        "iteration:Q",
        axis=alt.Axis(format="d", tickMinStep=1, grid=False),
        scale=alt.Scale(domain=[rows["iteration"].min() - 0.5, rows["iteration"].max() + 0.5], nice=False),
    )
    scale = alt.Scale(domain=[1, 5])
    names = [name for name in COLOURS if name in set(rows["became"])]
    colour = alt.Color(
        "became:N",
        scale=alt.Scale(domain=names, range=[COLOURS[name] for name in names]),
        legend=alt.Legend(title=None, orient="top", columns=3, labelFontSize=11, columnPadding=6),
    )
    shape = alt.Shape("became:N", scale=alt.Scale(domain=names, range=[SHAPES[name] for name in names]), legend=None)
    tooltip = [
        alt.Tooltip("iteration:Q", format="d"),
        alt.Tooltip("rating:Q", format=".2f"),
        alt.Tooltip("low:Q", format=".2f"),
        alt.Tooltip("high:Q", format=".2f"),
        alt.Tooltip("ratings:Q", format="d"),
        alt.Tooltip("became:N"),
        alt.Tooltip("variant:N"),
    ]
    base = alt.Chart(rows)
    line = base.mark_line(color="#cfd8dc").encode(x=x, y=alt.Y("rating:Q", scale=scale, title="rating, 1 to 5"))
    bars = base.mark_rule(strokeWidth=2).encode(x=x, y=alt.Y("low:Q", scale=scale), y2="high:Q", color=colour)
    points = base.mark_point(size=110, filled=True, opacity=1).encode(
        x=x, y=alt.Y("rating:Q", scale=scale), color=colour, shape=shape, tooltip=tooltip
    )
    return alt.layer(line, bars, points).properties(height=HEIGHT)


def _table(rows: list[dict[str, Any]]) -> None:
    number = st.column_config.NumberColumn
    say_sideways("iterations")
    st.dataframe(
        pd.DataFrame(rows).drop(columns=["variant"]),
        hide_index=True,
        width="stretch",
        placeholder="",
        column_config={
            "iteration": number(width="small"),
            "rating": number(format="%.2f"),
            "low": number(format="%.2f"),
            "high": number(format="%.2f"),
            "valid citations": number(
                format="%.0f %%", help="Answers whose citations are all among what was retrieved"
            ),
            "right refusals": number(format="%.0f %%", help="Answers that rightly refused, or rightly did not"),
            "minutes": number(format="%.0f", help="People's time for their ratings"),
            "tokens": number(format="localized"),
            "USD": number(format="%.2f", help="Model calls; empty: a price is not known"),
            "new in the prompt": st.column_config.TextColumn(width="large"),
        },
    )
