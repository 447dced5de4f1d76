"""Which iteration a run, or a review, belongs to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from redraft.learning.history import History
from redraft.records import IterationResult


def iterations_of(history: History, results: Sequence[IterationResult] = ()) -> dict[str, int]:
    """Number of the iteration of each run that is known to have one, by the run's id.

    Args:
        history: Its decisions name runs and iterations.
        results: Of finished iterations; they have the say.
    """
    decided = {d.run_id: d.iteration for d in history.decisions if d.run_id and d.iteration is not None}
    return {**decided, **{result.task_id: result.iteration for result in results}}


def reviews_of(history: History, numbers: Mapping[str, int]) -> dict[str, int]:
    """Number of the iteration of each review, by its key: that of its newest answers, since anchors are older.

    Args:
        history: Plans and answers.
        numbers: From `iterations_of`.
    """
    found: dict[str, int] = {}
    for item in history.plan:
        answer = history.answers.get(item.answer_id)
        number = numbers.get(answer.run_id) if answer else None
        if number is not None:
            found[item.review_key] = max(number, found.get(item.review_key, number))
    return found
