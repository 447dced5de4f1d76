"""Who rates what of a plan, once people are there: they come late, leave early, and work at their own pace.

A plan names slots, a review has people. The deal is a function of the plan, of who came (in order of arrival) and of
what is rated; a page computes it again whenever something changed and keeps nothing:

    first to come -> slot 0, second -> slot 1, ...      slots that nobody took, and people without a slot: shared out
    a block (one question, compared by one person) with a rating in it stays with who gave it, and is shared no more

`redraft.learning.extension` adds to a plan when people have time left.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from redraft.learning.dealing_table import Table, blocks_of
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
    table = Table(blocks_of(plan, question_of))
    for person in dict.fromkeys(people.came):
        table.arrive(person)
    table.send_anchors({(r.reviewer, r.answer_id) for r in given if r.review_key not in keys}, people.present)
    table.add(blocks_of(added, question_of))
    table.rated = {(rating.reviewer, rating.answer_id) for rating in own}
    for rating in own:
        table.keep(rating.reviewer, rating.answer_id)
    for person, answer_id in people.opened.items():
        if person in people.present:
            table.keep(person, answer_id)
    table.share_out(people.present)
    shares = {person: tuple(table.items_of(person)) for person in table.held}
    return {person: items for person, items in shares.items() if items or person in people.present}
