"""Turns records into the rows that the posterior is computed from.

an ordinary rating          one row
a rating that is stale      the same row, counted as a quarter: the passage that the answer quotes has changed since
an overall score            a row of its own, counted as a part of a rating: of its letter's variant, averaged over the
                            questions that its reviewer rated in that review
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from redraft.learning.history import History
from redraft.learning.imported import own_part
from redraft.learning.rows import Array, Rows
from redraft.records import Answer, Rating

STALE_PRECISION = 0.25  # a rating of an answer whose passage changed says less of the variant as it would answer now
# An overall score largely repeats the ratings that its reviewer just gave (halo). Counted as half a rating it makes
# intervals of differences too narrow; with these shares they hold in simulated worlds (tests/learning/test_score.py).
OVERALL_SHARE = 0.125  # of the ratings that an overall score is about: what it counts as
OVERALL_PRECISION = 0.25  # ... at most, in ratings

Place = Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    variant: int
    questions: tuple[int, ...]
    reviewer: int
    y: float
    precision: float
    overall: bool = False


def rows_of(
    history: History,
    *,
    variant_ids: Iterable[str] = (),
    question_ids: Iterable[str] = (),
    reviewer_ids: Iterable[str] = (),
    stale: frozenset[str] = frozenset(),
    only: frozenset[str] | None = None,
) -> Rows:
    """Make the rows of all ratings and overall scores; answers that were given elsewhere are left out.

    Args:
        history: Everything so far.
        variant_ids: Variants that need a place although nobody rated them yet.
        question_ids: Questions that need a place although nobody rated an answer to them yet.
        reviewer_ids: People who need a place although they rated nothing yet.
        stale: Answers that quote a passage which has changed since.
        only: Questions whose ratings count; overall scores are then left out. `None`: all of them.
    """
    history = own_part(history)
    rated = [(rating, answer) for rating, answer in history.rated() if only is None or answer.question_id in only]
    variants = _variants(history, {*variant_ids, *(answer.variant_id for _, answer in rated)})
    questions = _places({*question_ids, *(answer.question_id for _, answer in rated)})
    overalls = history.overalls if only is None else ()
    # people in the order in which they rated first: another name must not change the last digit of a score
    raters = (*(rating.reviewer for rating, _ in rated), *(overall.reviewer for overall in overalls))
    reviewers = {name: place for place, name in enumerate(dict.fromkeys((*raters, *sorted(reviewer_ids))))}
    rows = [
        _Row(
            variant=variants[answer.variant_id],
            questions=(questions[answer.question_id],),
            reviewer=reviewers[rating.reviewer],
            y=float(rating.score),
            precision=STALE_PRECISION if answer.id in stale else 1.0,
        )
        for rating, answer in rated
    ]
    if overalls:
        rows += _overall_rows(history, rated, variants, questions, reviewers)
    return _rows(history, rows, variants, questions, reviewers)


def letters_of(history: History) -> dict[tuple[str, str], str]:
    """Which variant each letter stood for, by review and letter."""
    found = {}
    for item in history.plan:
        answer = history.answers.get(item.answer_id)
        if answer is not None:
            found[item.review_key, item.letter] = answer.variant_id
    return found


def _variants(history: History, wanted: set[str]) -> dict[str, int]:
    """Give places to variants and to all their ancestors."""
    every: set[str] = set()
    waiting = list(wanted)
    while waiting:
        variant_id = waiting.pop()
        if variant_id in every:
            continue
        every.add(variant_id)
        parent = history.variants[variant_id].parent_id if variant_id in history.variants else None
        waiting += [parent] if parent is not None and parent in history.variants else []
    return _places(every)


def _places(ids: set[str]) -> dict[str, int]:
    return {name: place for place, name in enumerate(sorted(ids))}


def _overall_rows(
    history: History, rated: list[tuple[Rating, Answer]], variants: Place, questions: Place, reviewers: Place
) -> list[_Row]:
    letters = letters_of(history)
    read: dict[tuple[str, str, str], set[int]] = {}  # review, reviewer, variant -> questions
    for rating, answer in rated:
        key = (rating.review_key, rating.reviewer, answer.variant_id)
        read.setdefault(key, set()).add(questions[answer.question_id])
    rows = []
    for overall in history.overalls:
        variant_id = letters.get((overall.review_key, overall.letter), "")
        seen = read.get((overall.review_key, overall.reviewer, variant_id))
        if seen:  # of a letter whose answers the reviewer did not rate, nothing is known of what was judged
            rows.append(
                _Row(
                    variant=variants[variant_id],
                    questions=tuple(sorted(seen)),
                    reviewer=reviewers[overall.reviewer],
                    y=float(overall.score),
                    precision=min(OVERALL_PRECISION, OVERALL_SHARE * len(seen)),
                    overall=True,
                )
            )
    return rows


def _rows(history: History, rows: list[_Row], variants: Place, questions: Place, reviewers: Place) -> Rows:
    x: Array = np.zeros((len(rows), 1 + len(variants) + len(questions) + len(reviewers)))
    cells: dict[tuple[int, int], int] = {}
    cell = np.full(len(rows), -1, dtype=np.intp)
    first_question, first_reviewer = 1 + len(variants), 1 + len(variants) + len(questions)
    for number, row in enumerate(rows):
        x[number, [0, 1 + row.variant, first_reviewer + row.reviewer]] = 1.0
        x[number, [first_question + question for question in row.questions]] = 1.0 / len(row.questions)
        if not row.overall:
            cell[number] = cells.setdefault((row.variant, row.questions[0]), len(cells))
    return Rows(
        variants=tuple(variants),
        parents=tuple(_parent(history, variant_id, variants) for variant_id in variants),
        questions=tuple(questions),
        reviewers=tuple(reviewers),
        x=x,
        y=np.array([row.y for row in rows]),
        precision=np.array([row.precision for row in rows]),
        cell=cell,
        cells=tuple(cells),
    )


def _parent(history: History, variant_id: str, variants: Place) -> int:
    parent = history.variants[variant_id].parent_id if variant_id in history.variants else None
    return variants.get(parent, -1) if parent is not None else -1
