"""Questions and variants: which question fares how with which prompt, and the answers behind a cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from redraft.learning.cells import Cell, cells_of, hardest_first
from redraft.learning.words import counted
from redraft.records import Answer, Rating
from redraft.review_app.history.answer_text import show_text
from redraft.review_app.history.past import NOTHING_RATED, Past
from redraft.review_app.safe_text import plain
from redraft.tracking.tables import cut

SHOWN_VARIANTS = 8  # at first
MOST_VARIANTS = 40  # of one picture
MOST_QUESTIONS = 60
MAX_LABEL = 56  # characters
ROW_HEIGHT = 26  # px
AROUND = 150  # px: the names of the variants above, the legend below
SHORT = "split(datum.label, ' · ')[1] || datum.label"  # of a variant's name
LABEL_ROOM = 16  # px, for the slanting name of the last variant
LABEL_WIDTH = alt.ExprRef("containerSize()[0] < 600 ? 150 : 330")  # px
LABELLED_UP_TO = 12  # variants: with more there is no room for numbers in the cells


def show(past: Past) -> None:
    """Draw the section."""
    cells = cells_of(past.history)
    if not cells:
        st.info(NOTHING_RATED)
        return
    variants = _variants(past)
    order = hardest_first(tuple(cell for cell in cells if cell.variant_id in variants))
    titles = {question_id: _title(past, question_id) for question_id in order}
    shown = order[:MOST_QUESTIONS]
    rows = [_row(past, cell, titles) for cell in cells if cell.variant_id in variants and cell.question_id in shown]
    st.caption(
        "Mean rating of each prompt's answers to each question, the hardest questions first; the number in a cell is "
        "that mean, its tooltip says how many ratings it rests on. Not corrected for who rated. "
        "Questions marked val are never shown to the prompt writer."
    )
    names = [past.name(variant_id) for variant_id in variants]
    chart = _heat_map(pd.DataFrame(rows), [titles[question_id] for question_id in shown], names)
    event = st.altair_chart(chart, width="stretch", on_select="rerun", key="heat_map", alt="Questions by variants")
    if len(order) > len(shown):
        st.caption(f"The {len(shown)} hardest of {len(order)} questions are drawn; all can be chosen below.")
    _remember(event)
    _side_by_side(past, order, titles, variants)


def _variants(past: Past) -> list[str]:
    """The variants that are drawn, the oldest on the left."""
    n = len(past.judged)
    if n <= SHOWN_VARIANTS:
        return list(past.judged)
    last = st.slider("Newest prompts shown", 2, min(n, MOST_VARIANTS), SHOWN_VARIANTS, key="heat_map_variants")
    return list(past.judged[-last:])


def _title(past: Past, question_id: str) -> str:
    question = past.history.questions.get(question_id)
    if question is None:
        return question_id
    return f"{'[val] ' if question.split == 'val' else ''}{' '.join(question.text.split())}"


def _row(past: Past, cell: Cell, titles: Mapping[str, str]) -> dict[str, Any]:
    return {
        "question": titles[cell.question_id],
        "question_id": cell.question_id,
        "variant": past.name(cell.variant_id),
        "mean rating": cell.mean,
        "ratings": cell.n_ratings,
    }


def _heat_map(rows: pd.DataFrame, questions: Sequence[str], variants: Sequence[str]) -> Any:
    above = alt.Axis(orient="top", labelAngle=-30, labelLimit=160, labelExpr=SHORT, labelOverlap=False)
    x = alt.X("variant:N", sort=list(variants), title=None, axis=above)
    y = alt.Y("question:N", sort=list(questions), title=None, axis=alt.Axis(labelLimit=LABEL_WIDTH, labelOverlap=False))
    tooltip = [
        alt.Tooltip("question:N"),
        alt.Tooltip("variant:N"),
        alt.Tooltip("mean rating:Q", format=".2f"),
        alt.Tooltip("ratings:Q", format="d"),
    ]
    base = alt.Chart(rows).encode(x=x, y=y)
    chosen = alt.selection_point(name="cell", fields=["question_id"])
    # viridis: readable without red and green, and in grey
    colour = alt.Color(
        "mean rating:Q",
        scale=alt.Scale(scheme="viridis", domain=[1, 5]),
        legend=alt.Legend(orient="bottom", title="mean rating", gradientLength=160),
    )
    boxes = base.mark_rect(cornerRadius=2, stroke="white").encode(color=colour, tooltip=tooltip).add_params(chosen)
    height, padding = ROW_HEIGHT * len(questions) + AROUND, {"left": 0, "top": 5, "right": LABEL_ROOM, "bottom": 20}
    if len(variants) > LABELLED_UP_TO:
        return alt.layer(boxes).properties(height=height, padding=padding)
    ink = alt.condition("datum['mean rating'] > 3.2", alt.value("black"), alt.value("white"))
    numbers = base.mark_text(fontSize=11).encode(
        text=alt.Text("mean rating:Q", format=".1f"), color=ink, tooltip=tooltip
    )
    return alt.layer(boxes, numbers).properties(height=height, padding=padding)


def _remember(event: Any) -> None:
    """A click on a cell chooses its question, once: afterwards the list has the say."""
    points = ((event or {}).get("selection") or {}).get("cell") or []
    clicked = points[0].get("question_id") if points else None
    if clicked and clicked != st.session_state.get("clicked_question"):
        st.session_state["question"] = clicked
    st.session_state["clicked_question"] = clicked


def _side_by_side(past: Past, order: Sequence[str], titles: Mapping[str, str], variants: Sequence[str]) -> None:
    if st.session_state.get("question") not in order:
        st.session_state.pop("question", None)
    question_id = st.selectbox(
        "Answers to", order, format_func=lambda name: cut(titles[name], 2 * MAX_LABEL), key="question"
    )
    _flags(past, question_id)
    given = _answers(past, question_id)
    asked = [variant_id for variant_id in reversed(variants) if variant_id in given]
    columns = st.columns(2)
    for number, column in enumerate(columns[: len(asked)]):
        with column, st.container(border=True):
            label = ("Prompt on the left", "Prompt on the right")[number]
            # the newest on the right, what it is compared with on the left
            place = min(1 - number, len(asked) - 1)
            key = f"side_{number}_{question_id}"
            variant_id = st.selectbox(label, asked, index=place, format_func=past.name, key=key)
            for number_given, (answer, ratings) in enumerate(given[variant_id]):
                if number_given:
                    st.divider()
                _answer(answer, ratings)


def _flags(past: Past, question_id: str) -> None:
    """Who finds the question itself bad, and why."""
    flags = [flag for flag in past.history.flags if flag.question_id == question_id and not flag.withdrawn]
    if flags:
        said = "  \n".join(plain(f"{flag.reviewer}: {flag.comment or 'no comment'}") for flag in flags)
        st.warning(f"The question itself is bad, in the eyes of {counted(len(flags), 'reviewer')}.  \n{said}")


def _answers(past: Past, question_id: str) -> dict[str, list[tuple[Answer, list[Rating]]]]:
    """The rated answers to a question, by variant, each with its ratings."""
    by_answer: dict[str, tuple[Answer, list[Rating]]] = {}
    for rating, answer in past.history.rated():
        if answer.question_id == question_id:
            by_answer.setdefault(answer.id, (answer, []))[1].append(rating)
    found: dict[str, list[tuple[Answer, list[Rating]]]] = {}
    for answer, ratings in by_answer.values():
        found.setdefault(answer.variant_id, []).append((answer, ratings))
    return found


def _answer(answer: Answer, ratings: Sequence[Rating]) -> None:
    show_text(answer)
    for rating in ratings:
        tags = f" ({', '.join(rating.tags)})" if rating.tags else ""
        st.markdown(f"**{rating.score}** {plain(rating.reviewer)}{plain(tags)}")
        if rating.comment:
            st.caption(plain(rating.comment))
    st.caption(f"{counted(len(ratings), 'rating')}, {len((answer.text or '').split())} words")
