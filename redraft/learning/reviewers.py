"""How people rate: who drifts, who rates by overall impression, and how far they agree with each other.

Nothing here changes a score. It tells a lead whom to talk to, and what the scores can be trusted with.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from krippendorff import alpha
from scipy.special import chdtr, stdtrit

from redraft.learning.blinding import sighted_ratings
from redraft.learning.deviations import DEFAULTS
from redraft.learning.history import History
from redraft.learning.imported import is_review
from redraft.learning.protocols import ReviewerView
from redraft.learning.words import counted
from redraft.records import Rating

FEWEST_PAIRS = 3  # of ratings of one answer by one person, before anything is said of drift
FEWEST_RATINGS = 6  # of one person, before anything is said of how widely they rate
BY_CHANCE = 0.01  # ratings that are as much alike as only one reviewer in a hundred would give by chance
PRIOR_DF = 4  # pairs that the expected deviation of a change counts as
EQUAL = "rates everything alike"
HALO = "rates by the overall impression (halo)"


def reviewer_views(history: History, severity: Mapping[str, float], expected_sd: float) -> tuple[ReviewerView, ...]:
    """Describe each person who rated, in the order of their names.

    Args:
        history: Ratings, and the plan that says which letter an answer had.
        severity: Of each reviewer, rating points above or below the others, as the scores are corrected for it.
        expected_sd: How much one person's ratings of one letter usually differ from answer to answer: questions,
            interactions and noise together, rating points > 0.
    """
    people, sighted = _people(history), sighted_ratings(history)
    every = {reviewer: _scores_of(history, ratings) for reviewer, ratings in people.items()}
    return tuple(
        ReviewerView(
            reviewer=reviewer,
            n_ratings=len(ratings),
            severity=severity.get(reviewer, 0.0),
            drift=_mean_change(_changes(ratings)),
            warning="; ".join(
                filter(
                    None,
                    (
                        _warning(every[reviewer], [s for other, s in every.items() if other != reviewer], expected_sd),
                        _sighted(sum(rating.id in sighted for rating in ratings)),
                    ),
                )
            ),
        )
        for reviewer, ratings in people.items()
    )


def drift_of(history: History, *, interval: float = 0.9) -> tuple[float | None, float | None, float | None, int]:
    """Return mean, low, high and number of changes when somebody rated an answer again in a later review.

    The deviation of a change is estimated from the changes and a prior (two ratings' noise, counted as `PRIOR_DF`
    changes), so that equal changes do not give an interval without width. With fewer than `FEWEST_PAIRS` changes the
    first three are `None`.

    Source: Gelman et al., Bayesian Data Analysis (3rd ed.), 3.3: a t interval, `PRIOR_DF + n - 1` degrees of freedom.
    """
    changes = [change for ratings in _people(history).values() for change in _changes(ratings)]
    mean = _mean_change(changes)
    if mean is None:
        return None, None, None, len(changes)
    df = PRIOR_DF + len(changes) - 1
    variance = (PRIOR_DF * 2 * DEFAULTS.noise**2 + _squares(changes)) / df
    half = float(stdtrit(df, 0.5 + interval / 2)) * math.sqrt(variance / len(changes))
    return mean, mean - half, mean + half, len(changes)


def krippendorff_alpha(history: History) -> float | None:
    """Agreement of people with each other on the answers that two or more rated: 1 perfect, 0 chance, below it worse.

    Of a person who rated an answer again the last rating counts.

    Returns:
        Ordinal alpha; None if no answer was rated by two people, or if all ratings of those answers are equal (then
        nothing can be told from chance).

    Source: Krippendorff, Content Analysis (2nd ed., 2004), 11.3; computed by the package `krippendorff`.
    """
    scores: dict[str, dict[str, int]] = {}
    for rating, _ in history.rated():  # ordered by time
        scores.setdefault(rating.answer_id, {})[rating.reviewer] = rating.score
    shared = [list(given.values()) for given in scores.values() if len(given) > 1]
    if len({score for given in shared for score in given}) < 2:
        return None
    counts = [[given.count(score) for score in range(1, 6)] for given in shared]
    return float(alpha(value_counts=counts, level_of_measurement="ordinal"))


def _people(history: History) -> dict[str, list[Rating]]:
    """The ratings of each reviewer, by name; each in the order of time."""
    found: dict[str, list[Rating]] = {}
    for rating, _ in history.rated():
        found.setdefault(rating.reviewer, []).append(rating)
    return dict(sorted(found.items()))


def _changes(ratings: Sequence[Rating]) -> list[int]:
    """How one person's last rating of an answer differs from the first, for answers rated in more than one review."""
    by_answer: dict[str, list[Rating]] = {}
    for rating in ratings:
        if is_review(rating.review_key):  # a rating that was imported may be the same one, seen elsewhere
            by_answer.setdefault(rating.answer_id, []).append(rating)
    pairs = [(given[0], given[-1]) for given in by_answer.values()]
    return [last.score - first.score for first, last in pairs if last.review_key != first.review_key]


def _mean_change(changes: Sequence[int]) -> float | None:
    return sum(changes) / len(changes) if len(changes) >= FEWEST_PAIRS else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Scores:
    """One person's scores: all of them, those of each letter, and how often a letter's answer got its overall score."""

    every: tuple[int, ...]
    letters: tuple[tuple[int, ...], ...]  # of each review and letter with two or more ratings
    equal_to_overall: int
    with_overall: int


def _scores_of(history: History, ratings: Sequence[Rating]) -> _Scores:
    letter = {(item.review_key, item.answer_id): item.letter for item in history.plan}
    groups: dict[tuple[str, str], list[int]] = {}
    for rating in ratings:
        key = (rating.review_key, rating.answer_id)
        if key in letter:  # a rating that was imported has none
            groups.setdefault((rating.review_key, letter[key]), []).append(rating.score)
    groups = {key: scores for key, scores in groups.items() if len(scores) > 1}
    reviewer = ratings[0].reviewer
    overall = {(o.review_key, o.letter): o.score for o in history.overalls if o.reviewer == reviewer}
    pairs = [(score, overall[key]) for key, scores in groups.items() if key in overall for score in scores]
    return _Scores(
        every=tuple(rating.score for rating in ratings),
        letters=tuple(tuple(scores) for scores in groups.values()),
        equal_to_overall=sum(score == whole for score, whole in pairs),
        with_overall=len(pairs),
    )


def _warning(own: _Scores, others: Sequence[_Scores], expected_sd: float) -> str:
    """Say what is odd, beside the others if they too rate more closely than expected: near the scale's ends all do."""
    usual = _usual([other.every for other in others], expected_sd)
    if _narrow([own.every], usual):
        if len(set(own.every)) == 1:
            return f"{EQUAL}: all {len(own.every)} ratings are {own.every[0]}"
        return f"{EQUAL}: {len(own.every)} ratings differ by {_sd([own.every]):.1f} points, {usual:.1f} is usual"
    usual = _usual([scores for other in others for scores in other.letters], expected_sd)
    if _narrow(own.letters, usual):
        overall = f"; {own.equal_to_overall} of {own.with_overall} equal the letter's overall score"
        return (
            f"{HALO}: ratings of one letter differ by {_sd(own.letters):.1f} points, {usual:.1f} is usual"
            f"{overall if own.with_overall else ''}"
        )
    return ""


def _sighted(n: int) -> str:
    return f"gave {counted(n, 'rating')} with the prompts behind the letters in view" if n else ""


def _usual(groups: Sequence[Sequence[int]], expected_sd: float) -> float:
    return min(expected_sd, _sd(groups)) if sum(map(len, groups)) >= FEWEST_RATINGS + len(groups) else expected_sd


def _narrow(groups: Sequence[Sequence[int]], usual_sd: float) -> bool:
    """Whether scores differ within their groups by less than chance allows: chi-square of their sum of squares."""
    n = sum(len(scores) for scores in groups)
    if n < FEWEST_RATINGS or n == len(groups) or usual_sd == 0:
        return False
    return bool(chdtr(n - len(groups), sum(map(_squares, groups)) / usual_sd**2) < BY_CHANCE)


def _sd(groups: Sequence[Sequence[int]]) -> float:
    return math.sqrt(sum(map(_squares, groups)) / (sum(map(len, groups)) - len(groups)))


def _squares(values: Sequence[int]) -> float:
    """Sum of squares around the mean."""
    mean = sum(values) / len(values)
    return math.fsum((value - mean) ** 2 for value in values)
