"""Who rates what of a plan, once people are there: they come late, leave early, and work at their own pace.

A plan names slots, a review has people. The deal is a function of the plan, of who came (in order of arrival) and of
what is rated; a page computes it again whenever something changed and keeps nothing:

    first to come -> slot 0, second -> slot 1, ...      slots that nobody took, and people without a slot: shared out
    a block (one question, compared by one person) with a rating in it stays with who gave it, and is shared no more

`redraft.learning.extension` adds to a plan when people have time left.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field

from redraft.records import PlanItem, Rating


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Who takes part in a review."""

    came: tuple[str, ...]  # everybody, in order of arrival; also who left since, so that the others keep their slots
    away: frozenset[str] = frozenset()  # who left
    opened: Mapping[str, str] = field(default_factory=dict)  # person -> the answer that they are reading

    @property
    def present(self) -> list[str]:
        """Who is there now."""
        return [person for person in self.came if person not in self.away]


def deal(
    plan: Sequence[PlanItem],
    question_of: Mapping[str, str],
    people: People,
    ratings: Iterable[Rating],
    added: Sequence[PlanItem] = (),
) -> dict[str, tuple[PlanItem, ...]]:
    """Deal a plan's items to people; the same arguments give the same deal.

    - Every item has one owner, what is rated its rater. A second reading is never dealt to who has the first, so it
      waits (and is in nobody's share) while there is nobody else.
    - What is left to do differs by at most one block between people, as far as blocks can still be shared: one that
      somebody began or reads, or that is next on their list, stays. (Unless a page says what people read, a block that
      nobody began may go from one idle person to another when a third one is done.)
    - What people who left did not rate is dealt to those who are there. Somebody who rated but did not come, left.
    - The order of a person's items does not depend on the deal: their slot as planned, then blocks of other slots.

    Args:
        plan: Of one review.
        question_of: Question by answer, for every answer of the plan.
        people: Who came, and who is there.
        ratings: Of this review. Of earlier reviews too, if anchors are to go to people who rated them before.
        added: Extensions of the plan: they are for the person of their slot alone, while that person is there.

    Returns:
        By person, in order of arrival: their items in the order in which they rate, rated ones included; of people who
        left, what they rated.
    """
    keys = {item.review_key for item in plan}
    given = sorted(ratings, key=lambda rating: (rating.created, rating.id))
    own = [rating for rating in given if rating.review_key in keys]
    table = _Table(_blocks(plan, question_of))
    for person in dict.fromkeys(people.came):
        table.arrive(person)
    table.send_anchors({(r.reviewer, r.answer_id) for r in given if r.review_key not in keys}, people.present)
    table.add(_blocks(added, question_of))
    table.rated = {(rating.reviewer, rating.answer_id) for rating in own}
    for rating in own:
        table.keep(rating.reviewer, rating.answer_id)
    for person, answer_id in people.opened.items():
        if person in people.present:
            table.keep(person, answer_id)
    table.share_out(people.present)
    shares = {person: tuple(table.items_of(person)) for person in table.held}
    return {person: items for person, items in shares.items() if items or person in people.present}


@dataclass(frozen=True, slots=True, eq=False)
class _Block:
    """Items that one person rates, because they are compared."""

    items: tuple[PlanItem, ...]  # ordered by position
    answers: frozenset[str]


def _block(items: Sequence[PlanItem]) -> _Block:
    return _Block(tuple(items), frozenset(item.answer_id for item in items))


def _blocks(plan: Sequence[PlanItem], question_of: Mapping[str, str]) -> list[_Block]:
    """Group a plan's items; an anchor is compared with nothing, so it is a block of its own."""
    groups: dict[tuple[int, str], list[PlanItem]] = {}
    for item in sorted(plan, key=lambda item: (item.reviewer_slot, item.position, item.answer_id)):
        about = item.answer_id if item.role == "anchor" else question_of[item.answer_id]
        groups.setdefault((item.reviewer_slot, about), []).append(item)
    return [_block(items) for items in groups.values()]


@dataclass(slots=True)
class _Table:
    """Whose block is whose, while it is being worked out."""

    free: list[_Block]  # nobody's, as planned
    held: dict[str, list[_Block]] = field(default_factory=dict)  # by person, in order of arrival
    kept: set[_Block] = field(default_factory=set)  # that are shared no more
    rated: set[tuple[str, str]] = field(default_factory=set)  # person, answer

    def arrive(self, person: str) -> None:
        """Give a newcomer the slot of their number, and then of what the others have most, as if nothing was rated."""
        slot = len(self.held)
        at_home = [b for b in self._all() if b.items[0].reviewer_slot == slot]
        self.held[person] = []
        for block in at_home:
            self._give(block, person)
        self._hand_out(list(self.held), takers=[person])

    def send_anchors(self, before: Set[tuple[str, str]], present: Sequence[str]) -> None:
        """Give anchors to people who rated them in an earlier review: only they can tell of drift."""
        for block in self._all():
            knowing = [person for person in present if (person, block.items[0].answer_id) in before]
            if block.items[0].role == "anchor" and knowing and self._owner(block) not in knowing:
                self._give(block, min(knowing, key=lambda person: len(self.items_of(person))))

    def add(self, blocks: Sequence[_Block]) -> None:
        """Give further blocks to the people of their slots, for good."""
        for block in blocks:
            self.free.append(block)
            owner = dict(enumerate(self.held)).get(block.items[0].reviewer_slot)
            self._give(block, owner)
            self.kept |= {block} if owner is not None else set()

    def keep(self, person: str, answer_id: str) -> None:
        """Leave the block of an answer with who rated (or reads) it; of one that somebody else began, what they rated.

        A rating beyond the plan changes nothing.
        """
        held = self.held.setdefault(person, [])
        mine = {other for block in held if block in self.kept for other in block.answers}
        with_it = [block for block in self._all() if answer_id in block.answers and not block.answers & mine]
        possible = [block for block in with_it if block not in self.kept]
        if possible:
            chosen = max(possible, key=lambda block: (block in held, len(block.items)))
            self._give(chosen, person)
            self.kept.add(chosen)
            for block in [block for block in held if block != chosen and block.answers & chosen.answers]:
                self._give(block, None)
        elif (person, answer_id) in self.rated:
            begun = [block for block in with_it if (self._owner(block), answer_id) not in self.rated]
            for block in begun[:1]:
                self._split(block, person, {answer_id}, rest_to=self._owner(block))

    def share_out(self, present: Sequence[str]) -> None:
        """Deal what people who left did not rate to those who are there, and even out what is left to do."""
        for person in [person for person in self.held if person not in present]:
            for block in list(self.held[person]):
                done = {item.answer_id for item in block.items if (person, item.answer_id) in self.rated}
                self._split(block, person, done, rest_to=None)
        self._hand_out(present, takers=present)

    def items_of(self, person: str) -> list[PlanItem]:
        """A person's items in the order in which they rate."""
        home = list(self.held).index(person)
        items = [item for block in self.held[person] for item in block.items]
        return sorted(items, key=lambda item: (item.reviewer_slot != home, item.reviewer_slot, item.position))

    def _hand_out(self, people: Sequence[str], *, takers: Sequence[str]) -> None:
        """Give free blocks to who has least; then move blocks from who has most to takers who have least.

        Each move makes the loads more equal, so there is an end.
        """
        load = {person: len(self._to_do(person)) for person in people}
        for block in sorted(self.free, key=lambda block: (block.items[0].reviewer_slot, block.items[0].position)):
            possible = [person for person in people if self._may_have(person, block)]
            if possible:
                taker = min(possible, key=lambda person: load[person])
                self._give(block, taker)
                load[taker] += len(block.items)
        while move := self._next_move(takers, load):
            giver, block, taker = move
            self._give(block, taker)
            load[giver] -= len(block.items)
            load[taker] += len(block.items)

    def _next_move(self, takers: Sequence[str], load: Mapping[str, int]) -> tuple[str, _Block, str] | None:
        for giver in sorted(load, key=lambda person: -load[person]):
            to_do = self._to_do(giver)
            block_of = {item: block for block in self.held[giver] for item in block.items}
            blocks = list(dict.fromkeys(block_of[item] for item in to_do))[1:]  # what is next stays
            movable = [block for block in reversed(blocks) if block not in self.kept]
            for taker in sorted(takers, key=lambda person: load[person]):
                for block in movable:
                    if load[giver] - load[taker] > len(block.items) and self._may_have(taker, block):
                        return giver, block, taker
        return None

    def _may_have(self, person: str, block: _Block) -> bool:
        """Whether it would not be a second reading by the same person."""
        return not any(block.answers & other.answers for other in self.held[person]) and not any(
            (person, answer_id) in self.rated for answer_id in block.answers
        )

    def _to_do(self, person: str) -> list[PlanItem]:
        return [item for item in self.items_of(person) if (person, item.answer_id) not in self.rated]

    def _all(self) -> list[_Block]:
        every = [*self.free, *(block for blocks in self.held.values() for block in blocks)]
        return sorted(every, key=lambda block: (block.items[0].reviewer_slot, block.items[0].position))

    def _owner(self, block: _Block) -> str | None:
        return next((person for person, blocks in self.held.items() if block in blocks), None)

    def _split(self, block: _Block, person: str, answer_ids: Set[str], *, rest_to: str | None) -> None:
        """Give some answers of a block to a person, for good, and the rest to another, or to nobody."""
        parts = (
            [item for item in block.items if item.answer_id in answer_ids],
            [item for item in block.items if item.answer_id not in answer_ids],
        )
        self._give(block, None)
        self.free.remove(block)
        for items, owner in zip(parts, (person, rest_to), strict=True):
            if items:
                part = _block(items)
                self.free.append(part)
                self._give(part, owner)
                self.kept |= {part} if owner is not None else set()

    def _give(self, block: _Block, person: str | None) -> None:
        owner = self._owner(block)
        (self.free if owner is None else self.held[owner]).remove(block)
        (self.free if person is None else self.held[person]).append(block)
