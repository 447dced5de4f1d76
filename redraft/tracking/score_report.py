"""What the ratings say, as tables and figures on a task: variants, reviewers, and what each edit did."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from redraft.learning.history import History
from redraft.learning.protocols import Scoreboard
from redraft.records import EditEffect
from redraft.tracking.edit_report import edits_table
from redraft.tracking.tables import report_table, rounded


def report_scores(task: Any, board: Scoreboard, history: History, effects: Sequence[EditEffect]) -> None:
    """Report scores, reviewers and edits on a task; the titles are the same in every iteration."""
    report_table(task, "scores", scores_table(board, history))
    report_table(task, "reviewers", reviewers_table(board))
    report_table(task, "edits", edits_table(effects, history))
    for name, value in agreement_of_people(board).items():
        task.get_logger().report_single_value(name, value)


def scores_table(board: Scoreboard, history: History) -> pd.DataFrame:
    """One row a rated variant, the best first: score, interval, chances, and how many ratings are stale."""
    rated = sorted((score for score in board.scores if score.mean is not None), key=lambda s: -(s.mean or 0.0))
    rows = []
    for score in rated:
        against, variant = board.against_current(score.variant_id), history.variants.get(score.variant_id)
        prompt = history.prompts.get(variant.answer_prompt_id) if variant else None
        rows.append(
            {
                "variant": score.variant_id,
                "parent": (variant.parent_id or "") if variant else "",
                "score": rounded(score.mean),
                "low": rounded(score.low),
                "high": rounded(score.high),
                "ratings": score.n_ratings,
                "stale": score.n_stale,
                "P(best)": rounded(score.p_best),
                "P(better than current)": rounded(score.p_better_than_current),
                "against current": rounded(against.difference) if against else None,
                "on val": rounded(against.val_difference) if against else None,
                "answer prompt": prompt.text if prompt else "",
            }
        )
    return pd.DataFrame(rows)


def reviewers_table(board: Scoreboard) -> pd.DataFrame:
    """One row a reviewer: how many ratings, how lenient, drift, and what a lead should look at.

    Plots cannot be relied on to be rewritten when somebody is forgotten, so people are numbered, in the order of their
    names.
    """
    return pd.DataFrame(
        [
            {
                "reviewer": number,
                "ratings": view.n_ratings,
                "lenient (+) or strict (-)": rounded(view.severity),
                "drift": rounded(view.drift),
                "look at": view.warning,
            }
            for number, view in enumerate(board.reviewers, start=1)
        ]
    )


def agreement_of_people(board: Scoreboard) -> dict[str, float]:
    """Krippendorff's alpha as a single value; nothing while no answer was read twice."""
    return {} if board.alpha is None else {"reviewers alpha": board.alpha}
