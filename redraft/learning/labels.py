"""What the decision log says, whoever reads it: what is current, what was before, what waits, what is refused.

seed -> promote A -> promote B -> roll back to A        current: A, previous: B, refused: B
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple, get_args

from redraft.learning.history import History
from redraft.records import Decision

Label = Literal["candidate", "current", "previous"]
PUBLISHING = ("promote", "rollback")  # kinds of decisions that make a variant current
LABELS: tuple[Label, ...] = get_args(Label)
Fate = Literal["current", "previous", "was published", "waits for a yes", "not published"]
"""What became of a variant until now; `was published`: once, and neither now nor just before."""


class Standing(NamedTuple):
    """What the decision log comes to: ids of variants, None where there is none."""

    current: str | None  # promoted, or rolled back to, last
    previous: str | None  # current before that

    def label(self, variant_id: str) -> Label:
        """The one label that a variant has.

        >>> [Standing("v-b", "v-a").label(v) for v in ("v-a", "v-b", "v-c")]
        ['previous', 'current', 'candidate']
        """
        if variant_id == self.current:
            return "current"
        return "previous" if variant_id == self.previous else "candidate"


def standing(decisions: Iterable[Decision]) -> Standing:
    """Read the log, in the order of (created, id): of two people who decide at once, the later one has the say.

    The variant that a decision *names* as current before counts only for the first one, when nothing had been promoted:
    people who decide at once cannot know of each other.
    """
    now = Standing(None, None)
    for decision in sorted(decisions, key=lambda d: (d.created, d.id)):
        if decision.kind in PUBLISHING and decision.variant_id != now.current:
            before = now.current or decision.current_id
            now = Standing(decision.variant_id, before if before != decision.variant_id else None)
    return now


def labels(history: History) -> dict[str, Label]:
    """Label every variant that people judged here, and those that the decision log made current or replaced."""
    from redraft.learning.imported import own_part  # brings numpy, which a bot that loads its prompt does not need

    now = standing(history.decisions)
    judged = {answer.variant_id for _, answer in own_part(history).rated()}
    return {variant_id: now.label(variant_id) for variant_id in sorted(judged | {v for v in now if v is not None})}


def fates(history: History) -> dict[str, Fate]:
    """What became of every variant that was ever current or waits for a yes, by id; of any other: `not published`."""
    now, waiting = standing(history.decisions), waiting_for_yes(history)
    found: dict[str, Fate] = {d.variant_id: "was published" for d in history.decisions if d.kind in PUBLISHING}
    if now.previous is not None:
        found[now.previous] = "previous"
    if waiting is not None:
        found[waiting.variant_id] = "waits for a yes"
    if now.current is not None:
        found[now.current] = "current"
    return found


def waiting_for_yes(history: History) -> Decision | None:
    """Return the last decision if it waits for a person: it keeps the current variant, but is about another one.

    That a review was turned down by its reviewers, or that further iterations are not worth it, decides on no variant.
    """
    decided = [d for d in history.decisions if d.kind != "stop" and not _of_a_review(d)]
    if not decided or decided[-1].kind != "keep":
        return None
    last, now = decided[-1], standing(history.decisions)
    return last if last.variant_id not in (last.current_id, now.current) else None


def refused_by_people(history: History) -> frozenset[str]:
    """Variants that a person said no to, or rolled back from, and nobody has made current since."""
    refused: set[str] = set()
    for decision in history.decisions:  # ordered by time
        if decision.kind in PUBLISHING:
            refused.discard(decision.variant_id)
        if decision.kind == "rollback" and decision.current_id is not None:
            refused.add(decision.current_id)
        if decision.kind == "reject" and not _of_a_review(decision):
            refused.add(decision.variant_id)
    return frozenset(refused)


def _of_a_review(decision: Decision) -> bool:
    """Whether reviewers turned a whole review down; a person's no is to a variant that is not current."""
    return decision.kind == "reject" and decision.variant_id == decision.current_id
