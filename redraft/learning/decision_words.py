"""What is said of decisions, in a terminal and on the page alike."""

from __future__ import annotations

from collections.abc import Sequence

from redraft.records import Decision

ANSWERS = {"promote": "said yes", "reject": "said no"}


def decided(decision: Decision) -> tuple[str, str | None]:
    """What was decided, in a word, and the other variant that it was decided against, if there is one.

    A "keep" of another variant than the current one has decided nothing yet: it asks a person.

    >>> ask = Decision(id="d", kind="keep", variant_id="v-new", current_id="v-old", evidence="", author="", created=1.0)
    >>> decided(ask)
    ('propose', 'v-old')
    """
    asks = decision.kind == "keep" and decision.variant_id != decision.current_id
    other = decision.current_id
    if decision.variant_id == decision.current_id and decision.figures is not None:
        other = decision.figures.variant_id
    return "propose" if asks else decision.kind, None if other == decision.variant_id else other


def came_of(iteration: int, decisions: Sequence[Decision]) -> str:
    """What became of an iteration's proposal, which says that it waits, in brackets; empty: it proposed nothing.

    Args:
        iteration: One whose proposal does not wait any more.
        decisions: The decision log, oldest first.
    """
    asked = [d for d in decisions if d.iteration == iteration and d.kind == "keep" and d.variant_id != d.current_id]
    if not asked:
        return ""
    later = [d for d in decisions if d.created > asked[-1].created and d.variant_id == asked[-1].variant_id]
    for decision in later:
        if decision.kind in ANSWERS:
            return f" ({decision.author} {ANSWERS[decision.kind]})"
    return " (nobody answered; something else was decided since)"
