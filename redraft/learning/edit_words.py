"""What is said of an edit's effect, in a terminal and on the page alike."""

from __future__ import annotations

from redraft.learning.words import counted
from redraft.records import EditEffect

FEWEST_RATINGS = 4  # of both sides together, before it is said whether ratings rose or fell


def effect_words(effect: EditEffect) -> str:
    """What an edit did to the ratings of the questions that it touched.

    >>> effect_words(EditEffect(variant_id="v", parent_id="p", theme_id=None, sentence="", question_ids=("q", "r"),
    ...                         difference=0.4, low=-0.1, high=0.9, n_ratings=12))
    'an estimated +0.40 [-0.10, +0.90] on 2 questions, 12 ratings: may be chance'
    """
    if effect.difference is None or effect.low is None or effect.high is None:
        return f"not known: {effect.note}" if effect.note else "not known"
    verdict = "ratings rose" if effect.low > 0 else "ratings fell" if effect.high < 0 else "may be chance"
    if effect.n_ratings < FEWEST_RATINGS:
        verdict = "too few ratings to tell"
    figures = f"an estimated {effect.difference:+.2f} [{effect.low:+.2f}, {effect.high:+.2f}]"
    on = f"{counted(len(effect.question_ids), 'question')}, {counted(effect.n_ratings, 'rating')}"
    note = f" ({effect.note})" if effect.note else ""
    return f"{figures} on {on}: {verdict}{note}"
