"""The map of prompts: near ones say much the same; colour is the score, size the number of ratings.

In place of the t-SNE picture of the original: why, see `redraft.learning.prompt_map`.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import altair as alt
import numpy as np
import pandas as pd
import streamlit as st

from redraft.call_log import CallLog
from redraft.errors import RedraftError
from redraft.learning.prompt_map import Floats, PlaneMap, plane_map
from redraft.llm import Embedder
from redraft.review_app.history.past import NOTHING_RATED, Past, board_of
from redraft.review_app.safe_text import plain
from redraft.settings import Config
from redraft.tracking.embedding import make_embedder
from redraft.tracking.tables import cut

FEWEST = 3  # prompts, before a map says anything
TIMEOUT_S = 15.0  # of the embedding model: somebody waits
MAX_PROMPT = 160  # characters in a tooltip
LABELLED_UP_TO = 25  # points
HEIGHT = 480
TRUSTED = 0.3  # share of the variance
MARGIN = 1.25  # around the outermost points


def show(past: Past) -> None:
    """Draw the section."""
    board = board_of(past)
    known = _drawn(past)
    if board is None:
        st.info(NOTHING_RATED)
        return
    texts = tuple(_text(past, variant_id) for variant_id in known)
    if len(set(texts)) < FEWEST:
        st.info(f"A map needs {FEWEST} different prompts, and there are {len(set(texts))}: each iteration adds one.")
        return
    try:
        embedder = _embedder(past.visit.config)
        drawn = plane_map(_embedded(texts, embedder.identity, embedder))
    except RedraftError as error:
        st.warning(
            "The map needs the embedding model, which cannot be used now: "
            f"{plain(str(error))} `redraft doctor` checks it."
        )
        return
    rows = _rows(past, known, drawn)
    st.altair_chart(_chart(pd.DataFrame(rows), _lines(past, known, drawn)), width="stretch", alt="Map of prompts")
    st.caption(_explained(drawn))


def _drawn(past: Past) -> list[str]:
    """Variants that people judged and those that they were derived from."""
    variants = past.history.variants
    judged = [variant_id for variant_id in past.judged if variant_id in variants]
    parents = [variants[variant_id].parent_id for variant_id in judged]
    return list(dict.fromkeys([*judged, *(parent for parent in parents if parent is not None and parent in variants)]))


def _text(past: Past, variant_id: str) -> str:
    variant = past.history.variant(variant_id)
    return (
        f"{past.history.prompt(variant.answer_prompt_id).text}\n\n{past.history.prompt(variant.extract_prompt_id).text}"
    )


def _embedder(config: Config) -> Embedder:
    settings = dataclasses.replace(config.answer, timeout_s=min(TIMEOUT_S, config.answer.timeout_s), max_retries=1)
    return make_embedder(config.run.embedding_model, settings, "review page", CallLog())


@st.cache_resource(max_entries=3, show_spinner="Embedding the prompts ...")
def _embedded(texts: tuple[str, ...], embedder: str, _embedder: Embedder) -> Floats:
    """Embed prompts; all of them again when there is a new one, which costs less than one answer."""
    del embedder  # its identity: the key
    vectors = _embedder.embed(list(texts))
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1.0), dtype=np.float64)


def _rows(past: Past, known: list[str], drawn: PlaneMap) -> list[dict[str, Any]]:
    board = board_of(past)
    rows = []
    for variant_id, (x, y) in zip(known, drawn.points, strict=True):
        score = board.of(variant_id) if board else None
        rows.append(
            {
                "x": x,
                "y": y,
                "variant": past.name(variant_id),
                "label": str(past.iterations.get(variant_id, "first")),
                "rating": score.mean if score else None,
                "ratings": score.n_ratings if score else 0,
                "prompt": cut(_text(past, variant_id), MAX_PROMPT),
            }
        )
    return rows


def _lines(past: Past, known: list[str], drawn: PlaneMap) -> pd.DataFrame:
    place = dict(zip(known, drawn.points, strict=True))
    pairs = [(past.history.variant(variant_id).parent_id, variant_id) for variant_id in known]
    rows = [(*place[parent], *place[child]) for parent, child in pairs if parent is not None and parent in place]
    return pd.DataFrame(rows, columns=["x", "y", "x2", "y2"])


def _chart(points: pd.DataFrame, lines: pd.DataFrame) -> Any:
    x, y = _true_scales(points)
    from_parent = alt.Chart(lines).mark_rule(color="#b0bec5").encode(x=x, y=y, x2="x2:Q", y2="y2:Q")
    base = alt.Chart(points).encode(x=x, y=y)
    colour = alt.Color(
        "rating:Q",
        scale=alt.Scale(scheme="viridis", domain=[1, 5]),
        legend=alt.Legend(orient="bottom", title="rating"),
    )
    tooltip = [
        alt.Tooltip("variant:N"),
        alt.Tooltip("rating:Q", format=".2f"),
        alt.Tooltip("ratings:Q", format="d"),
        alt.Tooltip("prompt:N"),
    ]
    size = alt.Size("ratings:Q", scale=alt.Scale(range=[80, 900]), legend=None)
    dots = base.mark_circle(opacity=1, stroke="white").encode(color=colour, size=size, tooltip=tooltip)
    layers: list[Any] = [from_parent, dots]
    if len(points) <= LABELLED_UP_TO:
        layers.append(base.mark_text(dy=-22, fontSize=12).encode(text="label:N"))
    return alt.layer(*layers).properties(height=HEIGHT)


def _true_scales(points: pd.DataFrame) -> tuple[alt.X, alt.Y]:
    """Scales with one unit for both axes, whatever the picture's shape: its distances are the prompts'."""
    wide, high = (max(float(points[axis].abs().max()), 1e-6) * MARGIN for axis in ("x", "y"))
    half = f"max({wide}, {high} * width / height)"
    across = alt.Scale(domainMin=alt.ExprRef(f"-{half}"), domainMax=alt.ExprRef(half), nice=False, zero=False)
    along = alt.Scale(
        domainMin=alt.ExprRef(f"-{half} * height / width"),
        domainMax=alt.ExprRef(f"{half} * height / width"),
        nice=False,
        zero=False,
    )
    return alt.X("x:Q", axis=None, scale=across), alt.Y("y:Q", axis=None, scale=along)


def _explained(drawn: PlaneMap) -> str:
    shown = "" if drawn.shown is None else f" The plane shows {100 * drawn.shown:.0f} % of how the prompts differ"
    if drawn.shown is not None:
        shown += ": too little to trust what looks near." if drawn.shown < TRUSTED else "."
    return (
        "Each point is a prompt, labelled with its iteration: near ones say much the same. Colour is the rating, size "
        f"the number of ratings, a line leads from a prompt to those that were derived from it.{shown} The axes have "
        "no meaning of their own."
    )
