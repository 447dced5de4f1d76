from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from redraft.learning.dealing import People, deal
from redraft.records import PlanItem, Rating

KEY = "r-1"
Deal = Mapping[str, tuple[PlanItem, ...]]


def answer_to(question: int, side: str) -> str:
    return f"{side}{question}"


def question_of(plan: Iterable[PlanItem]) -> dict[str, str]:
    return {item.answer_id: item.answer_id[1:] for item in plan}


def slot(number: int, *answer_ids: str, role: Any = "new", start: int = 0) -> list[PlanItem]:
    return [
        PlanItem(
            review_key=KEY, answer_id=answer_id, letter="A", reviewer_slot=number, position=start + position,
            role="anchor" if answer_id.startswith("z") else role,
        )
        for position, answer_id in enumerate(answer_ids)
    ]  # fmt: skip


def rated(reviewer: str, *answer_ids: str, start: float = 0.0, review_key: str = KEY) -> list[Rating]:
    return [
        Rating(
            id=f"{reviewer} {answer_id} {review_key}", review_key=review_key, answer_id=answer_id, reviewer=reviewer,
            score=3, created=start + n,
        )
        for n, answer_id in enumerate(answer_ids)
    ]  # fmt: skip


def dealt(plan: Sequence[PlanItem], reviewers: Sequence[str], ratings: Sequence[Rating] = (), **more: Any) -> Deal:
    added = more.pop("added", ())
    people = People(came=tuple(reviewers), **more)
    return deal(plan, question_of((*plan, *added)), people, ratings, added)


def answers(items: Iterable[PlanItem]) -> str:
    return " ".join(item.answer_id for item in items)


TWO = [*slot(0, "n1", "c2", "c1", "n2"), *slot(1, "n3", "n4", "c4", "c3")]
THREE = [*TWO, *slot(2, "c5", "n6", "n5", "c6")]


def test_slots_are_claimed_in_the_order_of_arrival_and_kept_in_their_shuffled_order() -> None:
    shares = dealt(TWO, ["ben", "ann"])

    assert {name: answers(items) for name, items in shares.items()} == {"ben": "n1 c2 c1 n2", "ann": "n3 n4 c4 c3"}


def test_who_is_alone_rates_everything_one_slot_after_the_other() -> None:
    assert answers(dealt(TWO, ["ann"])["ann"]) == "n1 c2 c1 n2 n3 n4 c4 c3"


def test_nobody_there_is_dealt_nothing() -> None:
    assert dealt(TWO, []) == {}


def test_a_slot_that_nobody_took_goes_to_the_others_block_by_block() -> None:
    shares = dealt(THREE, ["ann", "ben"])

    assert {name: answers(items) for name, items in shares.items()} == {
        "ann": "n1 c2 c1 n2 c5 n5",
        "ben": "n3 n4 c4 c3 n6 c6",
    }


def test_a_third_person_takes_the_third_slot_and_nothing_else_changes() -> None:
    before, after = dealt(THREE, ["ann", "ben"]), dealt(THREE, ["ann", "ben", "cy"])

    assert answers(after["cy"]) == "c5 n6 n5 c6"
    assert answers(after["ann"]) == answers(before["ann"]).removesuffix(" c5 n5")


def test_a_newcomer_without_a_slot_takes_a_whole_block_that_nobody_began_from_who_has_most_left() -> None:
    plan = [*slot(0, "n1", "n2", "c1", "c2"), *slot(1, "n3", "n4", "n5", "n6", "c6", "c5", "c4", "c3")]

    shares = dealt(plan, ["ann", "ben", "cy"], rated("ben", "n3", "n6"))

    assert {name: answers(items) for name, items in shares.items()} == {
        "ann": "n1 n2 c1 c2",
        "ben": "n3 n4 n6 c6 c4 c3",
        "cy": "n5 c5",
    }


def test_what_is_next_on_a_persons_list_is_never_taken_from_them() -> None:
    shares = dealt(slot(0, "n1", "c1"), ["ann", "ben"])

    assert {name: answers(items) for name, items in shares.items()} == {"ann": "n1 c1", "ben": ""}


def test_a_fast_reviewer_takes_over_the_last_block_of_a_slow_one() -> None:
    ratings = rated("ann", "n1", "c2", "c1", "n2")

    shares = dealt(TWO, ["ann", "ben"], ratings)

    assert answers(shares["ann"]) == "n1 c2 c1 n2 n4 c4"
    assert answers(shares["ben"]) == "n3 c3"


def test_a_block_with_a_rating_in_it_stays_with_who_gave_it() -> None:
    """Ben began what was planned for the first slot before Ann came."""
    shares = dealt(TWO, ["ann", "ben"], rated("ben", "n1"))

    assert {"n1", "c1"} <= set(answers(shares["ben"]).split())
    assert {"n1", "c1"}.isdisjoint(answers(shares["ann"]).split())


def test_of_a_block_that_two_people_began_each_has_what_they_rated_and_the_first_the_rest() -> None:
    plan = slot(0, "n1", "c1", "m1")

    shares = dealt(plan, ["ann", "ben"], [*rated("ann", "n1"), *rated("ben", "c1", start=1.0)])

    assert {name: answers(items) for name, items in shares.items()} == {"ann": "n1 m1", "ben": "c1"}


def test_what_somebody_who_left_did_not_rate_goes_to_the_others_and_what_they_rated_is_done() -> None:
    shares = dealt(TWO, ["ann", "ben"], rated("ann", "n1", "c2", "c1"), away=frozenset({"ann"}))

    assert answers(shares["ann"]) == "n1 c2 c1"
    assert answers(shares["ben"]) == "n3 n4 c4 c3 n2"


def test_the_others_keep_their_slots_when_the_first_one_leaves() -> None:
    here, left = dealt(THREE, ["ann", "ben", "cy"]), dealt(THREE, ["ann", "ben", "cy"], away=frozenset({"ann"}))

    for name in ("ben", "cy"):
        assert left[name][:4] == here[name]
    assert "ann" not in left


def test_who_rated_but_is_not_listed_left() -> None:
    shares = dealt(TWO, ["ben"], rated("somebody", "n3", "c3"))

    assert answers(shares["somebody"]) == "n3 c3"
    assert sorted(answers(shares["ben"]).split()) == ["c1", "c2", "c4", "n1", "n2", "n4"]


def test_a_second_reading_waits_until_there_is_somebody_who_has_not_the_first() -> None:
    plan = [*slot(0, "n1", "c1", "n2", "c2"), *slot(1, "c3", "n3"), *slot(1, "n1", "c1", role="second", start=2)]

    alone, two = dealt(plan, ["ann"]), dealt(plan, ["ann", "ben"])

    assert answers(alone["ann"]) == "n1 c1 n2 c2 c3 n3"
    assert answers(two["ben"]) == "c3 n3 n1 c1"


def test_a_second_reading_is_not_taken_over_by_who_has_the_first() -> None:
    plan = [*slot(0, "n1", "c1"), *slot(1, "n2", "c2"), *slot(1, "n1", "c1", role="second", start=2)]

    shares = dealt(plan, ["ann", "ben"], rated("ann", "n1", "c1"))

    assert answers(shares["ben"]) == "n2 c2 n1 c1"


def test_who_rates_more_than_was_planned_changes_nothing_for_the_others() -> None:
    """A spreadsheet: one person rates every answer."""
    plan = [*TWO, *slot(1, "n1", "c1", role="second", start=4)]
    everything = rated("ann", *dict.fromkeys(item.answer_id for item in plan))

    shares = dealt(plan, ["ann", "ben"], everything)

    assert answers(shares["ann"]) == "n1 c2 c1 n2 n3 n4 c4 c3"
    assert answers(shares["ben"]) == "n1 c1"


def test_what_somebody_reads_stays_with_them_though_it_was_taken_over_and_is_not_begun() -> None:
    plan = [*slot(0, "n1", "c1"), *slot(1, "n2", "c2"), *slot(2, *(f"{s}{q}" for q in range(3, 7) for s in "nc"))]
    people, done = ["ann", "ben", "cy"], rated("ben", "n2", "c2")
    taken = dealt(plan, people, done)["ben"][-2:]
    both = [*done, *rated("ann", "n1", "c1", start=9.0)]

    assert answers(taken) == "n6 c6"
    assert answers(dealt(plan, people, both)["ben"]) != "n2 c2 n6 c6"
    assert answers(dealt(plan, people, both, opened={"ben": "n6"})["ben"]) == "n2 c2 n6 c6"


def test_an_anchor_goes_to_somebody_who_rated_it_in_an_earlier_review() -> None:
    plan = [*slot(0, "n1", "z9", "c1"), *slot(1, "c2", "n2", "z8")]
    earlier = [*rated("ann", "z8", review_key="r-0"), *rated("ben", "z9", review_key="r-0")]

    assert answers(dealt(plan, ["ann", "ben"])["ann"]) == "n1 z9 c1"
    shares = dealt(plan, ["ann", "ben"], earlier)
    assert {name: answers(items) for name, items in shares.items()} == {"ann": "n1 c1 z8", "ben": "c2 n2 z9"}
    assert answers(dealt(plan, ["ann", "ben"], earlier, away=frozenset({"ben"}))["ann"]) == "n1 z9 c1 c2 n2 z8"


def test_an_extension_is_for_the_person_of_its_slot_alone_while_they_are_there() -> None:
    done = [*rated("ann", "n1", "c2", "c1", "n2"), *rated("ben", "n3", "n4", "c4", "c3")]
    added = slot(1, "n1", "c1", role="second", start=4)

    people = ["ann", "ben", "cy"]

    assert answers(dealt(TWO, people, done, added=added)["ben"]) == "n3 n4 c4 c3 n1 c1"
    assert answers(dealt(TWO, people, done, added=added, away=frozenset({"ben"}))["cy"]) == "n1 c1"


@st.composite
def plans(draw: st.DrawFn) -> list[PlanItem]:
    """A plan of first blocks, some read by a second slot, some answers rated again; shuffled within the slots."""
    slots = draw(st.integers(1, 4))
    sides = draw(st.sampled_from(["cn", "cnm"]))
    chance = random.Random(draw(st.integers(0, 10**6)))
    cells: dict[int, list[tuple[str, Any]]] = {number: [] for number in range(slots)}
    for question in range(draw(st.integers(1, 12))):
        first = chance.randrange(slots)
        read = sides if chance.random() < 0.6 else sides[1:]
        cells[first] += [(answer_to(question, side), "new") for side in read]
        if slots > 1 and chance.random() < 0.3:
            second = chance.choice([number for number in range(slots) if number != first])
            cells[second] += [(answer_to(question, side), "second") for side in read]
        if chance.random() < 0.2:
            cells[chance.randrange(slots)].append((f"z{question}", "anchor"))
    items = []
    for number, cell in cells.items():
        chance.shuffle(cell)
        items += [
            PlanItem(
                review_key=KEY, answer_id=answer_id, letter="A", reviewer_slot=number, position=position, role=role
            )
            for position, (answer_id, role) in enumerate(cell)
        ]
    return items


class Session:
    """A review in which people come, rate what is next on their list, and leave."""

    def __init__(self, plan: list[PlanItem], *, opens: bool) -> None:
        self.plan, self.opens = plan, opens
        self.reviewers: list[str] = []
        self.ratings: list[Rating] = []
        self.away: set[str] = set()
        self.opened: dict[str, str] = {}

    def deal(self) -> Deal:
        """Deal anew, and let everybody look at what is next on their list."""
        shares = dealt(self.plan, self.reviewers, self.ratings, away=frozenset(self.away), opened=dict(self.opened))
        if self.opens:
            heads = {name: self.to_do(items, name) for name, items in shares.items() if name not in self.away}
            for name, items in heads.items():
                if items and self.opened.get(name) not in {item.answer_id for item in items}:
                    self.opened[name] = items[0].answer_id
        return shares

    def to_do(self, items: Iterable[PlanItem], name: str) -> list[PlanItem]:
        """What somebody has not rated of it."""
        done = {rating.answer_id for rating in self.ratings if rating.reviewer == name}
        return [item for item in items if item.answer_id not in done]

    def step(self, what: int, who: int) -> None:
        """Let somebody come, leave, come back or rate."""
        here = [name for name in self.reviewers if name not in self.away]
        if what == 0 or not here:
            self.reviewers.append(f"p{len(self.reviewers)}")
        elif what == 1 and len(here) > 1:
            self.away.add(here[who % len(here)])
        elif what == 2 and self.away:
            self.away.discard(sorted(self.away)[who % len(self.away)])
        else:
            self.rate(here[who % len(here)])

    def rate(self, name: str) -> None:
        """Let somebody rate what they have opened, else what is next."""
        items = self.to_do(self.deal()[name], name)
        opened = [item for item in items if item.answer_id == self.opened.get(name)] or items
        if opened:
            self.ratings += rated(name, opened[0].answer_id, start=float(len(self.ratings)))
            self.opened.pop(name, None)


steps = st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), max_size=40)


def blocks_of(items: Iterable[PlanItem]) -> list[tuple[PlanItem, ...]]:
    """The blocks of a share, in the order of their first items."""
    groups: dict[tuple[int, str], list[PlanItem]] = {}
    for item in items:
        about = item.answer_id if item.role == "anchor" else item.answer_id[1:]
        groups.setdefault((item.reviewer_slot, about), []).append(item)
    return [tuple(group) for group in groups.values()]


def check(session: Session, shares: Deal) -> None:
    owners = Counter(item for items in shares.values() for item in items)
    assert not owners or max(owners.values()) == 1
    here = [name for name in session.reviewers if name not in session.away]
    read_by: dict[str, set[str]] = {}
    for name, items in shares.items():
        for item in items:
            read_by.setdefault(item.answer_id, set()).add(name)
        # a second reading is never dealt to the person who has the first
        assert len({item.answer_id for item in items}) == len(items)
    given = {(rating.reviewer, rating.answer_id) for rating in session.ratings}
    for block in blocks_of([item for item in session.plan if item not in owners]):
        for name in here:  # nobody has it, because everybody has or had an answer of it
            assert any(name in read_by.get(i.answer_id, ()) or (name, i.answer_id) in given for i in block)
    for name, answer_id in given:  # what somebody rated is theirs
        assert name in read_by[answer_id]
    check_loads(session, shares, here)


def check_loads(session: Session, shares: Deal, here: Sequence[str]) -> None:
    left = {name: session.to_do(shares[name], name) for name in here}
    rated_ids = {(rating.reviewer, rating.answer_id) for rating in session.ratings}
    for giver in here:
        for taker in here:
            for block in blocks_of(left[giver])[1:]:
                whole = next(items for items in blocks_of(shares[giver]) if block[0] in items)
                begun = any((giver, item.answer_id) in rated_ids for item in whole)
                opened = session.opened.get(giver) in {item.answer_id for item in whole}
                taken = {item.answer_id for item in shares[taker]} | {a for n, a in rated_ids if n == taker}
                known = taken & {item.answer_id for item in whole}
                assert begun or opened or known or len(left[giver]) - len(left[taker]) <= len(block)


@given(plans(), steps, st.booleans())
@settings(deadline=None, max_examples=200)
def test_whoever_comes_and_goes_every_item_has_one_owner_and_loads_are_even(
    plan: list[PlanItem], events: list[tuple[int, int]], opens: bool
) -> None:
    session = Session(plan, opens=opens)
    for what, who in events:
        session.step(what, who)
        shares = session.deal()
        check(session, shares)
        assert session.deal() == shares or opens


@given(plans(), st.integers(1, 6))
@settings(deadline=None)
def test_before_anything_is_rated_loads_differ_by_at_most_one_block(plan: list[PlanItem], n_people: int) -> None:
    first = [item for item in plan if item.role != "second"]
    loads = [len(items) for items in dealt(first, [f"p{n}" for n in range(n_people)]).values()]

    assert sum(loads) == len(first)
    assert max(loads) - min(loads) <= 3


@given(plans(), st.integers(1, 5), st.lists(st.integers(0, 9), max_size=40))
@settings(deadline=None, max_examples=200)
def test_a_rating_changes_nobodys_order_and_not_what_anybody_reads(
    plan: list[PlanItem], n_people: int, turns: list[int]
) -> None:
    session = Session(plan, opens=True)
    session.reviewers = [f"p{n}" for n in range(n_people)]
    session.deal()
    for turn in turns:
        before, opened = session.deal(), dict(session.opened)
        name = session.reviewers[turn % n_people]
        session.rate(name)
        after = session.deal()
        for other in session.reviewers:
            kept = [item for item in before[other] if item in after[other]]
            assert kept == [item for item in after[other] if item in before[other]]
            if other != name and other in opened:
                assert opened[other] in {item.answer_id for item in after[other]}


@given(plans(), st.integers(1, 5), st.randoms(use_true_random=False))
@settings(deadline=None)
def test_a_review_ends_with_every_item_rated_that_somebody_may_rate(
    plan: list[PlanItem], n_people: int, chance: random.Random
) -> None:
    session = Session(plan, opens=True)
    session.reviewers = [f"p{n}" for n in range(n_people)]
    readings = Counter(item.answer_id for item in plan)
    for _ in range(3 * len(plan)):
        session.rate(chance.choice(session.reviewers))
    for name in session.reviewers * len(plan):
        session.rate(name)

    given_ratings = Counter(rating.answer_id for rating in session.ratings)
    assert given_ratings == {answer_id: min(n, n_people) for answer_id, n in readings.items()}
