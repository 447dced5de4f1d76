"""Anchors: answers of earlier reviews that are rated again, to see whether people rate as they did.

An answer is worth rating again if it could be given today: by the same model and settings, from passages that are still
in the docs. Only a person who rates it a second time tells of drift, so it goes to the slot of somebody who rated it,
as far as one can know who will take which slot: whoever had it last time.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from redraft.learning.blocks import Block
from redraft.learning.chance import shuffled
from redraft.learning.history import History, settings_of
from redraft.learning.imported import is_review
from redraft.learning.protocols import ReviewBrief
from redraft.records import Answer, Rating

LARGE = 10  # ratings: a smaller budget has an anchor only if its share, rounded, is one


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """An answer that may be rated again."""

    answer: Answer
    level: int  # 1 to 5: its mean rating, rounded
    reviewers: frozenset[str]  # who rated it
    n_times: int  # how often it was an anchor


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """An answer that a slot rates again."""

    answer: Answer
    slot: int


def wanted_anchors(brief: ReviewBrief) -> int:
    """How many ratings of the budget go to anchors, if there are answers to rate again; one block always remains."""
    share = round(brief.anchor_share * brief.ratings)
    if brief.anchor_share > 0 and brief.ratings >= LARGE:
        share = max(1, share)
    return max(0, min(share, brief.ratings - 1 - len(set(brief.new_ids))))


def find_candidates(history: History, brief: ReviewBrief) -> list[Candidate]:
    """Find the answers that could be rated again, in an order drawn by the seed."""
    current = history.variants.get(brief.current_id)
    if current is None:
        return []
    asked, settings = {question.id for question in brief.questions}, settings_of(current)
    usable = {variant.id for variant in history.variants.values() if settings_of(variant) == settings}
    keys = review_keys(history)
    times = Counter(item.answer_id for item in history.plan if item.role == "anchor")
    last = {item.answer_id for item in history.plan if item.role == "anchor" and item.review_key in keys[-1:]}
    rated: dict[str, list[Rating]] = {}
    for rating, answer in history.rated():
        if answer.variant_id in usable and answer.question_id in asked and answer.id not in last:
            rated.setdefault(answer.id, []).append(rating)
    return [
        Candidate(
            answer=history.answers[answer_id],
            level=round(math.fsum(rating.score for rating in rated[answer_id]) / len(rated[answer_id])),
            reviewers=frozenset(rating.reviewer for rating in rated[answer_id]),
            n_times=times[answer_id],
        )
        for answer_id in shuffled(rated, "anchor", brief.seed)
        if brief.known_chunks.issuperset(history.answers[answer_id].chunk_ids)
    ]


def choose_anchors(
    candidates: Sequence[Candidate], n: int, blocks: Sequence[Block], *, brief: ReviewBrief, people: Mapping[int, str]
) -> list[Anchor]:
    """Choose at most `n` answers, spread over their scores (a low one, a high one, ...), and a slot for each.

    Not an answer by a variant to a question that the review has anew: it would look as if it came twice.

    Args:
        candidates: From `find_candidates`, without answers that say the same as a new one.
        n: How many.
        blocks: The rest of the review.
        brief: What it is for.
        people: Who is expected to take which slot, see `who_had`.
    """
    shown = {(block.question_id, variant_id) for block in blocks for variant_id in block.variant_ids}
    lettered = {variant_id for _, variant_id in shown}
    load = dict.fromkeys(range(min(brief.reviewers, brief.ratings)), 0)
    for block in blocks:
        load[block.slot] += len(block.variant_ids)
    left = [c for c in candidates if (c.answer.question_id, c.answer.variant_id) not in shown]
    extremes = _from_the_ends({candidate.level for candidate in left})
    chosen: list[Candidate] = []
    anchors: list[Anchor] = []
    while left and len(anchors) < n:
        slot = min(load, key=lambda slot: (load[slot], slot))
        known = [c for c in left if people.get(slot) in c.reviewers]
        best = min(known or left, key=lambda candidate: _rank(candidate, chosen, extremes, lettered))
        left.remove(best)
        chosen.append(best)
        lettered.add(best.answer.variant_id)
        load[slot] += 1
        anchors.append(Anchor(answer=best.answer, slot=slot))
    return anchors


def _rank(
    candidate: Candidate, chosen: Sequence[Candidate], extremes: Sequence[int], lettered: set[str]
) -> tuple[int, ...]:
    """Order candidates, the next one to choose first."""
    return (
        sum(candidate.level == other.level for other in chosen),
        extremes.index(candidate.level),
        any(candidate.answer.question_id == other.answer.question_id for other in chosen),
        candidate.n_times,
        -len(candidate.reviewers),
        candidate.answer.variant_id not in lettered,  # few letters: a person can form an opinion of each
    )


def who_had(history: History) -> dict[int, str]:
    """Who rated most of each slot in the last review: the best guess at who will take it in the next."""
    last = review_keys(history)[-1:]
    slots: dict[str, list[int]] = {}
    for item in history.plan:
        if item.review_key in last:
            slots.setdefault(item.answer_id, []).append(item.reviewer_slot)
    votes = Counter(
        (slot, rating.reviewer)
        for rating in history.ratings
        if rating.review_key in last
        for slot in slots.get(rating.answer_id, ())
    )
    found: dict[int, str] = {}
    for (slot, reviewer), _ in sorted(votes.items(), key=lambda vote: (-vote[1], vote[0])):
        if slot not in found and reviewer not in found.values():
            found[slot] = reviewer
    return found


def review_keys(history: History) -> list[str]:
    """Return the reviews that have ratings, in the order in which they began; imports are none."""
    began: dict[str, float] = {}
    for rating in history.ratings:
        if is_review(rating.review_key):
            began[rating.review_key] = min(rating.created, began.get(rating.review_key, rating.created))
    return sorted(began, key=lambda key: (began[key], key))


def _from_the_ends(levels: Iterable[int]) -> list[int]:
    """Order levels lowest, highest, second lowest, ...

    >>> _from_the_ends([3, 1, 2, 5])
    [1, 5, 2, 3]
    """
    left = sorted(levels)
    found: list[int] = []
    while left:
        found.append(left.pop(0 if len(found) % 2 == 0 else -1))
    return found
