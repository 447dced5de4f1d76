"""How a budget of ratings is laid out in blocks: one question, one reviewer slot, the variants compared on it.

Why blocks: questions differ by more (sd .60) than prompts do (sd .40), and reviewers by nearly as much (.35); within a
block both cancel. Blocked designs reached a regret of 0.1 in about half the ratings of unblocked ones
(benchmarks/README.md). Why the current variant gets the smaller share: it has ratings on record.

Which block comes next: the one after which least is unknown of the difference between the new and the current variant,
per rating that it costs. How certain a normal posterior is does not depend on the scores, so a whole review can be
planned before any of it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from redraft.learning.allocate import block_gain
from redraft.learning.design import rows_of
from redraft.learning.history import History
from redraft.learning.posterior import Posterior, fit
from redraft.learning.protocols import ReviewBrief

LOOKED_AT = 60  # blocks that are weighed up for each that is placed; with more questions, those rated least so far
DIGITS = 10  # gains that differ by less are equal: the order decides, not the machine's rounding

Reading = tuple[str, tuple[str, ...]]
"""A question, and the variants whose answers to it are read together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """What one slot rates of one question."""

    question_id: str
    slot: int
    variant_ids: tuple[str, ...]
    second: bool  # another slot rates these answers too


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The questions that blocks can be about."""

    order: tuple[str, ...]  # all of them; of equally useful ones the first is taken
    due: frozenset[str]  # their turn comes first
    pressing: int  # so many of them are asked even if the current variant has its share without
    val: frozenset[str]
    whole: frozenset[str]  # that all variants answer
    new_only: frozenset[str]  # that the new ones answer, and the current one has ratings of on record
    answered: bool  # answers are made: there is no other question that they could be made to


def planning_posterior(history: History, brief: ReviewBrief) -> Posterior:
    """Return what is known before the review, with a place for every variant, question and slot of it."""
    slots = (_slot_name(slot) for slot in range(_n_slots(brief)))
    asked = (question.id for question in brief.questions)
    variants = (brief.current_id, *brief.new_ids)
    rows = rows_of(history, variant_ids=variants, question_ids=asked, reviewer_ids=slots, stale=brief.stale)
    return fit(rows, brief.deviations)


def lay_out(brief: ReviewBrief, choice: Choice, posterior: Posterior, budget: int) -> list[Block]:
    """Spend a budget, most useful blocks first; what cannot be spent usefully is left.

    1. First readings: whole blocks (the current and every new variant) until the current variant has its share, new
       variants alone where the current one has ratings on record. A `val` question first, since a promotion needs
       ratings of one; then the questions whose turn it is; dev and val in proportion.
    2. Second readers, if there are two or more slots: whole blocks again, by another slot, up to their share.
    3. What is left goes to further questions, then to second readers: a new question is worth more than a second
       reader (20 questions read once tell as much as 10 read three times). The last few go to single new answers.

    Args:
        brief: Variants, slots and shares.
        choice: The questions.
        posterior: From `planning_posterior`; it is not changed.
        budget: Ratings to spend.
    """
    table = _Table(brief, choice, posterior.copy(), budget)
    n_second = _second_blocks(brief, len(table.everyone), budget)
    table.read_first(keep=0 if choice.answered else n_second * len(table.everyone))
    whole = [reading for reading in table.readings() if reading[1] == table.everyone]
    table.read_again(whole, most=n_second)
    table.read_first(keep=0)
    first = table.readings()
    table.read_again(first)
    table.read_again([(question_id, (v,)) for question_id, _ in first for v in table.new_ids or table.everyone])
    return table.blocks


def _second_blocks(brief: ReviewBrief, size: int, budget: int) -> int:
    """Whole blocks for second readers; one block for a first reader remains."""
    if brief.reviewers < 2:
        return 0
    return max(0, min(round(brief.second_share * brief.ratings / size), budget // size - 1))


def _n_slots(brief: ReviewBrief) -> int:
    return min(brief.reviewers, brief.ratings)


def _slot_name(slot: int) -> str:
    """Name who takes a slot, which is not known yet, as nobody can be named."""
    return f"\0slot {slot}"


class _Table:
    """Who rates what so far; each block goes to the least loaded slot."""

    def __init__(self, brief: ReviewBrief, choice: Choice, posterior: Posterior, budget: int) -> None:
        self.blocks: list[Block] = []
        self.new_ids = tuple(v for v in dict.fromkeys(brief.new_ids) if v != brief.current_id)
        self.everyone = (brief.current_id, *self.new_ids)
        self._share, self._choice, self._posterior, self._left = brief.current_share, choice, posterior, budget
        self._load = dict.fromkeys(range(_n_slots(brief)), 0)
        self._readers: dict[str, set[int]] = {}  # slots by question
        rows = posterior.rows
        self._variant = {variant_id: rows.variants.index(variant_id) for variant_id in self.everyone}
        self._question = {question_id: place for place, question_id in enumerate(rows.questions)}
        self._reviewer = {slot: rows.reviewers.index(_slot_name(slot)) for slot in self._load}

    def readings(self) -> list[Reading]:
        """What is read for the first time so far."""
        return [(block.question_id, block.variant_ids) for block in self.blocks if not block.second]

    def read_first(self, *, keep: int) -> None:
        """Place blocks on questions that nobody has, while more than `keep` ratings are left."""
        n_whole = self._wanted_whole(self._left - keep)
        while possible := self._possible(self._left - keep, n_whole):
            slot = self._slots()[0]
            question_id, variant_ids = self._best(slot, self._preferred(possible, self._left - keep))
            self._put(slot, question_id, variant_ids, second=False)
            n_whole -= variant_ids == self.everyone

    def read_again(self, readings: Sequence[Reading], *, most: int | None = None) -> None:
        """Give readings to further slots, those with the fewest readers first, while the budget lasts.

        When the slot whose turn it is can afford none, nobody gets one: slots stay equally loaded.
        """
        for _ in range(len(readings) * len(self._load) if most is None else most):
            possible = (
                (slot, [reading for reading in readings if slot not in self._readers[reading[0]]])
                for slot in self._slots()
            )
            slot, choices = next(((slot, choices) for slot, choices in possible if choices), (0, []))
            affordable = [reading for reading in choices if len(reading[1]) <= self._left]
            if not affordable:
                return
            fewest = min(len(self._readers[question_id]) for question_id, _ in affordable)
            self._put(
                slot, *self._best(slot, [r for r in affordable if len(self._readers[r[0]]) == fewest]), second=True
            )

    def _wanted_whole(self, budget: int) -> int:
        """How many blocks have the current variant in them; all, if it has no ratings to compare with."""
        most = budget // len(self.everyone)
        if not self.new_ids or not self._choice.new_only:
            return most
        return min(most, max(1, round(budget * self._share)))

    def _possible(self, budget: int, n_whole: int) -> list[Reading]:
        """First readings that the budget allows, in the questions' order; the wanted whole blocks are kept room for."""
        size, left = len(self.everyone), [q for q in self._choice.order if q not in self._readers]
        whole = {q for q in left if q in self._choice.whole} if size <= budget else set()
        room = budget - (max(0, n_whole) * size if whole else 0)
        alone = {q for q in left if q in self._choice.new_only} if 0 < len(self.new_ids) <= room else set()
        needing = whole & self._choice.due - self._choice.new_only  # it is their turn, and no other block will do
        if alone and n_whole <= len(needing):
            n_due = sum(question_id in self._choice.due for question_id in self._readers)
            whole = needing if n_whole > 0 or n_due < self._choice.pressing else set()
        kinds = ((whole, self.everyone), (alone, self.new_ids))
        return [(q, variant_ids) for q in left for allowed, variant_ids in kinds if q in allowed]

    def _preferred(self, possible: list[Reading], budget: int) -> list[Reading]:
        choice = self._choice
        if choice.val.isdisjoint(self._readers) and (self._readers or budget > len(self.everyone)):
            possible = _narrowed(possible, lambda question_id: question_id in choice.val)
        possible = _narrowed(possible, lambda question_id: question_id in choice.due)
        # Each question stands in the middle of its share: of 4 dev and 2 val the turns are d, v, d, d, v, d.
        n_val = sum(question_id in choice.val for question_id in self._readers)
        turn_of_val = (n_val + 0.5) / (len(choice.val) or 1)
        turn_of_dev = (len(self._readers) - n_val + 0.5) / (len(choice.order) - len(choice.val) or 1)
        return _narrowed(possible, lambda question_id: (question_id in choice.val) == (turn_of_val < turn_of_dev))

    def _best(self, slot: int, possible: Sequence[Reading]) -> Reading:
        return max(possible[:LOOKED_AT], key=lambda reading: self._gain(slot, *reading))

    def _gain(self, slot: int, question_id: str, variant_ids: tuple[str, ...]) -> float:
        """By how much the variance of the difference to the current variant falls, per rating; all new ones' summed."""
        cells = [(self._variant[variant_id], self._question[question_id]) for variant_id in variant_ids]
        current = self._variant[self.everyone[0]]
        fall = sum(
            block_gain(self._posterior, cells, self._reviewer[slot], variant=self._variant[new], other=current)
            for new in self.new_ids
        )
        return round(fall / len(cells), DIGITS)

    def _slots(self) -> list[int]:
        return sorted(self._load, key=lambda slot: (self._load[slot], slot))

    def _put(self, slot: int, question_id: str, variant_ids: tuple[str, ...], *, second: bool) -> None:
        self.blocks.append(Block(question_id=question_id, slot=slot, variant_ids=variant_ids, second=second))
        self._readers.setdefault(question_id, set()).add(slot)
        self._load[slot] += len(variant_ids)
        self._left -= len(variant_ids)
        for variant_id in variant_ids:
            self._posterior.observe(self._variant[variant_id], self._question[question_id], self._reviewer[slot])


def _narrowed(possible: list[Reading], wanted: Callable[[str], bool]) -> list[Reading]:
    """Keep the readings of the questions that are wanted; all, if none of them is possible."""
    return [reading for reading in possible if wanted(reading[0])] or possible
