"""The table on which `redraft.learning.dealing` deals: whose block is whose, while that is being worked out.

A page deals again at every click of everybody, so this is kept quick: what somebody could give away is ordered once,
and nobody is looked at whose load is as even as blocks allow.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field

from redraft.records import PlanItem


@dataclass(frozen=True, slots=True, eq=False)
class Block:
    """Items that one person rates, because they are compared."""

    items: tuple[PlanItem, ...]  # ordered by position
    answers: frozenset[str]


def blocks_of(plan: Sequence[PlanItem], question_of: Mapping[str, str]) -> list[Block]:
    """Group a plan's items; an anchor is compared with nothing, so it is a block of its own."""
    groups: dict[tuple[int, str], list[PlanItem]] = {}
    for item in sorted(plan, key=lambda item: (item.reviewer_slot, item.position, item.answer_id)):
        about = item.answer_id if item.role == "anchor" else question_of[item.answer_id]
        groups.setdefault((item.reviewer_slot, about), []).append(item)
    return [_block(items) for items in groups.values()]


@dataclass(slots=True)
class Table:
    """Whose block is whose, while it is being worked out."""

    free: list[Block]  # nobody's, as planned
    held: dict[str, list[Block]] = field(default_factory=dict)  # by person, in order of arrival
    kept: set[Block] = field(default_factory=set)  # that are shared no more
    rated: set[tuple[str, str]] = field(default_factory=set)  # person, answer

    def arrive(self, person: str) -> None:
        """Give a newcomer the slot of their number, and then of what the others have most, as if nothing was rated."""
        slot = len(self.held)
        at_home = self._ordered(block for block in self._all() if block.items[0].reviewer_slot == slot)
        self.held[person] = []
        for block in at_home:
            self._give(block, person)
        self._hand_out(list(self.held), takers=[person])

    def send_anchors(self, before: Set[tuple[str, str]], present: Sequence[str]) -> None:
        """Give anchors to people who rated them in an earlier review: only they can tell of drift."""
        for block in self._ordered(self._all()):
            knowing = [person for person in present if (person, block.items[0].answer_id) in before]
            if block.items[0].role == "anchor" and knowing and self._owner(block) not in knowing:
                self._give(block, min(knowing, key=lambda person: len(self.items_of(person))))

    def add(self, blocks: Sequence[Block]) -> None:
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
        with_it = self._ordered(b for b in self._all() if answer_id in b.answers and not b.answers & mine)
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
        return sorted(items, key=lambda item: _place(item, home))

    def _hand_out(self, people: Sequence[str], *, takers: Sequence[str]) -> None:
        """Give free blocks to who has least; then move blocks from who has most to takers who have least.

        Each move makes the loads more equal, so there is an end.
        """
        load = {person: len(self._to_do(person)) for person in people}
        for block in self._ordered(self.free):
            possible = [person for person in people if self._may_have(person, block)]
            if possible:
                taker = min(possible, key=lambda person: load[person])
                self._give(block, taker)
                load[taker] += len(block.items)
        movable: dict[str, list[Block]] = {}  # by giver, where known
        while move := self._next_move(takers, load, movable):
            giver, block, taker = move
            self._give(block, taker)
            movable[giver].remove(block)
            movable.pop(taker, None)
            load[giver] -= len(block.items)
            load[taker] += len(block.items)

    def _next_move(
        self, takers: Sequence[str], load: Mapping[str, int], movable: dict[str, list[Block]]
    ) -> tuple[str, Block, str] | None:
        least = sorted(takers, key=lambda person: load[person])
        for giver in sorted(load, key=lambda person: -load[person]):
            if not least or load[giver] - load[least[0]] <= 1:
                return None  # nor has anybody after this one a block that is smaller than the difference
            if giver not in movable:
                movable[giver] = self._movable(giver)
            for taker in least:
                for block in movable[giver]:
                    if load[giver] - load[taker] > len(block.items) and self._may_have(taker, block):
                        return giver, block, taker
        return None

    def _movable(self, giver: str) -> list[Block]:
        """What somebody could give away, first what they would rate last; what is next stays."""
        home = list(self.held).index(giver)
        to_do = sorted(self._to_do(giver), key=lambda own: _place(own[0], home))
        blocks = list(dict.fromkeys(block for _, block in to_do))[1:]
        return [block for block in reversed(blocks) if block not in self.kept]

    def _may_have(self, person: str, block: Block) -> bool:
        """Whether it would not be a second reading by the same person."""
        return not any(block.answers & other.answers for other in self.held[person]) and not any(
            (person, answer_id) in self.rated for answer_id in block.answers
        )

    def _to_do(self, person: str) -> list[tuple[PlanItem, Block]]:
        """What a person has not rated yet, with the blocks of it, in no order."""
        rated = self.rated
        return [
            (item, block)
            for block in self.held[person]
            for item in block.items
            if (person, item.answer_id) not in rated
        ]

    def _all(self) -> list[Block]:
        return [*self.free, *(block for blocks in self.held.values() for block in blocks)]

    def _ordered(self, blocks: Iterable[Block]) -> list[Block]:
        return sorted(blocks, key=lambda block: (block.items[0].reviewer_slot, block.items[0].position))

    def _owner(self, block: Block) -> str | None:
        return next((person for person, blocks in self.held.items() if block in blocks), None)

    def _split(self, block: Block, person: str, answer_ids: Set[str], *, rest_to: str | None) -> None:
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

    def _give(self, block: Block, person: str | None) -> None:
        owner = self._owner(block)
        (self.free if owner is None else self.held[owner]).remove(block)
        (self.free if person is None else self.held[person]).append(block)


def _block(items: Sequence[PlanItem]) -> Block:
    return Block(tuple(items), frozenset(item.answer_id for item in items))


def _place(item: PlanItem, home: int) -> tuple[bool, int, int]:
    """When somebody rates an item: those of their own slot first."""
    return (item.reviewer_slot != home, item.reviewer_slot, item.position)
