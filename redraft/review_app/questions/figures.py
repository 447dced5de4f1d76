"""What people said about each question: how often rated, how well, and whether the question itself is bad. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from redraft.learning.history import History
from redraft.records import Flag


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """Of one question, over all variants and iterations."""

    n_ratings: int = 0
    mean: float | None = None  # 1 to 5; None: no rating
    flags: tuple[Flag, ...] = ()  # reviewers who find the question itself bad, oldest first


def figures_of(history: History) -> Mapping[str, Figures]:
    """Sum up by question id; a question that nobody rated or flagged is not in it."""
    flags: dict[str, list[Flag]] = {}
    for flag in history.flags:
        if not flag.withdrawn:
            flags.setdefault(flag.question_id, []).append(flag)
    ratings = history.ratings_by_question()
    return {
        question_id: Figures(
            n_ratings=len(given := ratings.get(question_id, [])),
            mean=sum(rating.score for rating in given) / len(given) if given else None,
            flags=tuple(flags.get(question_id, [])),
        )
        for question_id in {**ratings, **flags}
    }
