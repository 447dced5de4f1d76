"""How a budget of ratings is laid out in blocks: one question, one reviewer slot, the variants compared on it.

Why blocks: questions differ by more (sd .60) than prompts do (sd .40), and reviewers by nearly as much (.35); within a
block both cancel. Blocked designs reached a regret of 0.1 in about half the ratings of unblocked ones
(benchmarks/README.md). Why the current variant gets the smaller share: it has ratings on record.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from redraft.learning.protocols import ReviewBrief


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """What one slot rates of one question."""

    question_id: str
    slot: int
    variant_ids: tuple[str, ...]
    second: bool  # another slot rates these answers too


def lay_out(brief: ReviewBrief, *, whole: Sequence[str], new_only: Sequence[str]) -> list[Block]:
    """Spend the budget, most useful blocks first; what cannot be spent usefully is left.

    1. Whole blocks (the current and every new variant) until the current variant has its share of the budget; without
       ratings of it on record, that is the whole budget. Further ones where only a whole block will do, so that the
       third of the questions whose turn it is are all rated.
    2. New variants alone, on further questions where the current variant has ratings on record.
    3. Whole blocks on the questions left: a new question is worth more than a second reader.
    4. Second readers: whole blocks again, by another slot; then single new answers, for the last few ratings.

    Args:
        brief: Budget, slots and variants.
        whole: Questions that all variants answer, in the order of their turn.
        new_only: Questions on which the current variant has ratings on record, in the same order.
    """
    new_ids = tuple(v for v in dict.fromkeys(brief.new_ids) if v != brief.current_id)
    table = _Table(budget=brief.ratings, slots=brief.reviewers)
    everyone = (brief.current_id, *new_ids)
    share = _share(brief, len(new_ids), has_record=bool(new_only))
    turn = whole[share : math.ceil(len(whole) / 3)]
    for question_id in (*whole[:share], *(question_id for question_id in turn if question_id not in new_only)):
        table.place(question_id, everyone)
    for question_id in new_only if new_ids else ():
        if not table.holds(question_id):
            table.place(question_id, new_ids)
    for question_id in whole:
        if not table.holds(question_id):
            table.place(question_id, everyone)
    first_readings = [(block.question_id, block.variant_ids) for block in table.blocks]
    table.place_second(first_readings)
    table.place_second([(question_id, (v,)) for question_id, _ in first_readings for v in new_ids or everyone])
    return table.blocks


def _share(brief: ReviewBrief, n_new: int, *, has_record: bool) -> int:
    most = brief.ratings // (n_new + 1)
    if not has_record or n_new == 0:
        return most
    return min(most, max(1, round(brief.ratings * brief.current_share)))


class _Table:
    """Who rates what so far; each block goes to the least loaded slot that may have it."""

    def __init__(self, *, budget: int, slots: int) -> None:
        self.blocks: list[Block] = []
        self._left = budget
        self._load = dict.fromkeys(range(slots), 0)
        self._readers: dict[str, set[int]] = {}  # slots by question

    def holds(self, question_id: str) -> bool:
        """Whether somebody rates answers to the question."""
        return question_id in self._readers

    def place(self, question_id: str, variant_ids: tuple[str, ...]) -> None:
        """Give a question that nobody has to a slot, if the budget allows it."""
        if len(variant_ids) <= self._left:
            self._put(self._slots()[0], question_id, variant_ids, second=False)

    def place_second(self, readings: Sequence[tuple[str, tuple[str, ...]]]) -> None:
        """Give readings to further slots, those with the fewest readers first, while the budget lasts.

        When the slot whose turn it is can afford none, nobody gets one: slots stay equally loaded.
        """
        while True:
            possible = (
                (slot, [reading for reading in readings if slot not in self._readers[reading[0]]])
                for slot in self._slots()
            )
            slot, choices = next(((slot, choices) for slot, choices in possible if choices), (0, []))
            affordable = [reading for reading in choices if len(reading[1]) <= self._left]
            if not affordable:
                return
            self._put(slot, *min(affordable, key=lambda reading: len(self._readers[reading[0]])), second=True)

    def _slots(self) -> list[int]:
        return sorted(self._load, key=lambda slot: (self._load[slot], slot))

    def _put(self, slot: int, question_id: str, variant_ids: tuple[str, ...], *, second: bool) -> None:
        self.blocks.append(Block(question_id=question_id, slot=slot, variant_ids=variant_ids, second=second))
        self._readers.setdefault(question_id, set()).add(slot)
        self._load[slot] += len(variant_ids)
        self._left -= len(variant_ids)
