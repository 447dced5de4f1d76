"""What every section of the page History is given, and what is computed from it once: scores and effects.

What is computed is kept by the tasks that the history was read from: it is computed anew only when something new was
recorded, for all visitors together.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st

from redraft.learning.attribution import attribute_edits
from redraft.learning.history import History
from redraft.learning.iterations import iterations_of, reviews_of
from redraft.learning.labels import fates, waiting_for_yes
from redraft.learning.protocols import Scoreboard
from redraft.records import Decision, EditEffect, IterationResult
from redraft.review_app.loading import history_at, sources_of
from redraft.review_app.visit import Visit
from redraft.tracking.decisions import compared_now, score_now
from redraft.tracking.results import load_results, result_of

RESULTS_FRESH_S = 10.0
NOTHING_RATED = (
    "Nobody has rated an answer yet. `redraft demo` makes an example to look at; `redraft run` starts an iteration, "
    "which waits for people on the page Review."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """All that a project's people have said, and who looks at it."""

    visit: Visit
    sources: tuple[str, ...]  # ids of the tasks that `history` was read from
    history: History
    results: tuple[IterationResult, ...]  # of the finished iterations
    judged: tuple[str, ...]  # ids of the variants that people rated, by the time of their first rating
    iterations: Mapping[str, int]  # variant id -> number of the iteration that judged it as a new one
    waiting: Decision | None  # a promotion that waits for a yes

    def name(self, variant_id: str) -> str:
        """What a variant is called on the page: the beginning of its id, its iteration, what became of it."""
        named, fate = self.short_name(variant_id), fates(self.history).get(variant_id)
        return f"{named} · {fate}" if fate else named

    def short_name(self, variant_id: str) -> str:
        """The beginning of a variant's id, and its iteration."""
        if variant_id in self.iterations:
            return f"{variant_id[:10]} · iteration {self.iterations[variant_id]}"
        variant = self.history.variants.get(variant_id)
        return f"{variant_id[:10]} · first prompt" if variant and variant.parent_id is None else variant_id[:10]


def open_past(visit: Visit) -> Past:
    """Read a project's history."""
    sources = sources_of(visit.project)
    history = history_at(sources)
    results = _results(visit.project)
    first: dict[str, None] = {}
    for _, answer in history.rated():  # ordered by time
        first.setdefault(answer.variant_id)
    return Past(
        visit=visit,
        sources=sources,
        history=history,
        results=results,
        judged=tuple(first),
        iterations=_iterations(history, results),
        waiting=waiting_for_yes(history),
    )


def forget_results() -> None:
    """Look again at once."""
    _results.clear()


def board_of(past: Past) -> Scoreboard | None:
    """What the ratings say of all variants today; None: nobody has rated anything."""
    if not past.judged:
        return None
    base = compared_now(past.history, past.waiting.variant_id if past.waiting else past.judged[-1])
    return _board(past.visit.project, past.sources, base, past.visit.config.score.interval, past.history)


def effects_of(past: Past, board: Scoreboard) -> tuple[EditEffect, ...]:
    """What every edit of every prompt did to the ratings."""
    return _effects(past.sources, board.interval, past.history, board)


def _iterations(history: History, results: Sequence[IterationResult]) -> dict[str, int]:
    """Number of the iteration in which each variant was new."""
    reviews = reviews_of(history, iterations_of(history, results))
    found: dict[str, int] = {}
    for item in history.plan:
        answer, number = history.answers.get(item.answer_id), reviews.get(item.review_key)
        if answer is not None and number is not None and item.role == "new":
            found[answer.variant_id] = min(number, found.get(answer.variant_id, number))
    return {**found, **{result.variant_id: result.iteration for result in results if result.variant_id not in found}}


@st.cache_data(ttl=RESULTS_FRESH_S, show_spinner=False)
def _results(project: str) -> tuple[IterationResult, ...]:
    return tuple(load_results(project, _result))


@st.cache_resource(max_entries=2000, show_spinner=False)
def _result(run: str) -> Sequence[IterationResult]:
    return result_of(run)


@st.cache_resource(max_entries=3, show_spinner="Scoring ...")
def _board(project: str, sources: tuple[str, ...], base: str, interval: float, _history: History) -> Scoreboard:
    del sources  # the key; streamlit does not hash what begins with an underscore
    return score_now(project, _history, base, interval)


@st.cache_resource(max_entries=3, show_spinner="Looking at what each edit did ...")
def _effects(
    sources: tuple[str, ...], interval: float, _history: History, _board: Scoreboard
) -> tuple[EditEffect, ...]:
    del sources
    return attribute_edits(_history, deviations=_board.posterior.deviations, interval=interval)
