"""How each question fares with each variant: the cells of the heat map."""

from __future__ import annotations

from dataclasses import dataclass

from redraft.learning.history import History


@dataclass(frozen=True, slots=True, kw_only=True)
class Cell:
    """The ratings of one variant's answers to one question."""

    question_id: str
    variant_id: str
    mean: float  # as people rated, 1 to 5: not corrected for who they were
    n_ratings: int


def cells_of(history: History) -> tuple[Cell, ...]:
    """Return the cells that have ratings, in the order of their first rating."""
    scores: dict[tuple[str, str], list[int]] = {}
    for rating, answer in history.rated():
        scores.setdefault((answer.question_id, answer.variant_id), []).append(rating.score)
    return tuple(
        Cell(question_id=question, variant_id=variant, mean=sum(given) / len(given), n_ratings=len(given))
        for (question, variant), given in scores.items()
    )


def hardest_first(cells: tuple[Cell, ...]) -> list[str]:
    """Ids of the questions, the one with the lowest mean of its ratings first."""
    total: dict[str, list[float]] = {}
    for cell in cells:
        sums = total.setdefault(cell.question_id, [0.0, 0.0])
        sums[0] += cell.mean * cell.n_ratings
        sums[1] += cell.n_ratings
    return sorted(total, key=lambda question: (total[question][0] / total[question][1], question))
