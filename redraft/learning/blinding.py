"""Which ratings were given blind: before their reviewer was shown which prompt is behind which letter."""

from __future__ import annotations

from redraft.learning.history import History


def sighted_ratings(history: History) -> frozenset[str]:
    """Ids of the ratings that somebody gave, or changed, after they were shown the prompts behind the letters.

    The review page shows them once a person has given every letter an overall score. Such a rating is later than all
    of these. It counts like any other: who sees a mistake may mend it, but a lead should know.
    """
    shown: dict[tuple[str, str], float] = {}
    for overall in history.overalls:
        if overall.created:  # 0: when is not known
            key = (overall.review_key, overall.reviewer)
            shown[key] = max(overall.created, shown.get(key, 0.0))
    return frozenset(
        rating.id
        for rating in history.ratings
        if rating.created > shown.get((rating.review_key, rating.reviewer), float("inf"))
    )
