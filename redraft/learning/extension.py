"""More to rate in a review that is under way, when people have time left.

A page stores an extension as the artifact `plan-<writer>` of the waiting review task, `<writer>` being the person's own
(`redraft.tracking.inbox.writer_key`): all of that person's extensions, written whole each time. So nothing that was
planned is ever rewritten, and inbox and history read the items beside the plan. Plan items have no id: two pages that
extend the same plan for the same person make the same items, which are one in the union.

    more = extend([*plan, *added], history, brief, 2, reader)
    deal(plan, question_of, people, ratings, [*added, *more])
"""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from redraft.learning.allocate import Cell, next_rating, question_gains
from redraft.learning.design import rows_of
from redraft.learning.history import History
from redraft.learning.posterior import Posterior, fit
from redraft.learning.protocols import ReviewBrief
from redraft.learning.rows import Rows
from redraft.records import Answer, PlanItem


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who has time left."""

    name: str
    slot: int  # their number in the order of arrival, from 0: the slot that `redraft.learning.dealing` gives them
    seen: frozenset[str]  # answers that they rated or that are dealt to them


def extend(
    plan: Sequence[PlanItem], history: History, brief: ReviewBrief, n: int, reader: Reader
) -> tuple[PlanItem, ...]:
    """Give one person at most `n` more answers of a review, those whose ratings tell most.

    They are second readings: every answer that can be compared is in the plan already, and another question would need
    answers that nobody made. Extend by a few at a time: what is planned is waited for until it is rated.

    Args:
        plan: Of the review, earlier extensions included; ratings that are still to come are counted on.
        history: With the review's answers and what is rated so far.
        brief: What the review was planned for.
        n: Ratings that the person has time for.
        reader: The person.

    Returns:
        The new items alone, with the review's key and letters, after the last position of the person's slot; fewer than
        `n` when the person has seen every answer.
    """
    variant_ids = list(dict.fromkeys((brief.current_id, *brief.new_ids)))
    asked = [question.id for question in brief.questions]
    rows = rows_of(history, variant_ids=variant_ids, question_ids=asked, reviewer_ids=(reader.name,), stale=brief.stale)
    posterior = _counting_on(plan, history, fit(rows, brief.deviations))
    contenders = [rows.variants.index(variant_id) for variant_id in variant_ids]
    left = {cell: item for cell, item in _cells(plan, history, rows).items() if item.answer_id not in reader.seen}
    position = max((item.position for item in plan if item.reviewer_slot == reader.slot), default=-1)
    place, chance = rows.reviewers.index(reader.name), np.random.default_rng(brief.seed)
    found: list[PlanItem] = []
    while left and len(found) < n:
        open_variants = [variant for variant in contenders if any(cell[0] == variant for cell in left)]
        variant, _ = next_rating(posterior, open_variants, place, chance)
        gains = question_gains(posterior, variant, contenders, place)
        cell = max((cell for cell in sorted(left) if cell[0] == variant), key=lambda cell: float(gains[cell[1]]))
        item = left.pop(cell)
        posterior.observe(*cell, place)
        position += 1
        found.append(dataclasses.replace(item, reviewer_slot=reader.slot, position=position, role="second"))
    return tuple(found)


def _cells(plan: Sequence[PlanItem], history: History, rows: Rows) -> dict[Cell, PlanItem]:
    """An item of each answer that is no anchor, by places of its variant and its question."""
    return {_cell(history.answers[item.answer_id], rows): item for item in plan if item.role != "anchor"}


def _cell(answer: Answer, rows: Rows) -> Cell:
    return rows.variants.index(answer.variant_id), rows.questions.index(answer.question_id)


def _counting_on(plan: Sequence[PlanItem], history: History, posterior: Posterior) -> Posterior:
    """Take in the ratings that are planned but not given yet, by whomever."""
    keys = {item.review_key for item in plan}
    missing: Mapping[str, int] = Counter(item.answer_id for item in plan) - Counter(
        rating.answer_id for rating in history.ratings if rating.review_key in keys
    )
    for answer_id, count in sorted(missing.items()):
        for _ in range(count):
            posterior.observe(*_cell(history.answers[answer_id], posterior.rows), -1)
    return posterior
