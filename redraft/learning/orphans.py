"""What people said that the history cannot join to a prompt: kept, but without a say in any score.

Ratings join answers by id. An answer is missing when its task was deleted, when a sheet was rated that another project
made, or when an import names answers of another tool.
"""

from __future__ import annotations

from collections.abc import Sequence

from redraft.learning.history import History
from redraft.learning.words import counted
from redraft.records import Overall, Rating

SHOWN = 3  # ids in a sentence; the rest is counted


def orphan_ratings(history: History) -> tuple[Rating, ...]:
    """Ratings of answers that the history does not hold."""
    return tuple(rating for rating in history.ratings if rating.answer_id not in history.answers)


def orphan_overalls(history: History) -> tuple[Overall, ...]:
    """Overall scores of letters that stand for no variant: their review's plan, or its answers, are not there."""
    known = {(item.review_key, item.letter) for item in history.plan if item.answer_id in history.answers}
    return tuple(overall for overall in history.overalls if (overall.review_key, overall.letter) not in known)


def orphan_warnings(history: History) -> tuple[str, ...]:
    """Say, a sentence each, which words of people no score is made from; nothing: all of them count."""
    ratings, overalls = orphan_ratings(history), orphan_overalls(history)
    failed = [
        rating
        for rating in history.ratings
        if rating.answer_id in history.answers and history.answers[rating.answer_id].error is not None
    ]
    found = []
    if ratings:
        found.append(_sentence("rating", [r.answer_id for r in ratings], "answers that the history does not hold"))
    if failed:
        found.append(_sentence("rating", [r.answer_id for r in failed], "answers that failed"))
    if overalls:
        letters = [f"{overall.letter} of {overall.review_key}" for overall in overalls]
        found.append(_sentence("overall score", letters, "letters that the history knows no variant for"))
    return tuple(found)


def _sentence(what: str, names: Sequence[str], of: str) -> str:
    """Count, and name the first few.

    >>> _sentence("rating", ["a-1", "a-2", "a-1"], "answers that failed")
    '3 ratings are of answers that failed (a-1, a-2): they are kept, but say nothing of a prompt.'
    """
    distinct = list(dict.fromkeys(names))
    shown = ", ".join(distinct[:SHOWN]) + (f" and {len(distinct) - SHOWN} more" if len(distinct) > SHOWN else "")
    are, they = ("is", "it is kept, but says") if len(names) == 1 else ("are", "they are kept, but say")
    return f"{counted(len(names), what)} {are} of {of} ({shown}): {they} nothing of a prompt."
