"""Which variant becomes current: one that is better with enough probability, never one that was merely lucky.

The evidence is one plain sentence that never says more than the interval does.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from redraft.learning.choices import evidence_for, evidence_words, objections
from redraft.learning.expectation import expected_gain
from redraft.learning.history import History, settings_of
from redraft.learning.labels import refused_by_people, standing
from redraft.learning.protocols import Comparison, DecisionCase, Scoreboard
from redraft.learning.reviewers import drift_of
from redraft.records import Decision, DecisionKind, Evidence, content_id


def decide_by_probability(history: History, board: Scoreboard, case: DecisionCase) -> Decision:
    """Promote the best variant of those that are better than the current one with probability `promote_at`.

    - Its ratings of `val` questions alone must not speak against it: the writer saw none of them. Without any there is
      no promotion.
    - An earlier variant wins too, but none that a person said no to or rolled back from: only a person can undo that.
    - Only variants of the current one's settings take part.
    - With `confirm` the decision is "keep" of the *winner*: its evidence says that it waits for a yes.
    - Nothing is promoted while no variant is better: the current one is kept, and why is said.
    """
    refused = refused_by_people(history)
    usable = [comparison for comparison in board.comparisons if _usable(history, comparison, case)]
    winners = [comparison for comparison in usable if not _against(board, comparison, case, refused)]
    winner = max(winners, key=lambda c: (c.difference, c.variant_id), default=None)
    if winner is None:
        closest = _closest(usable, case)
        shown = closest.variant_id if closest else case.current_id
        figures = _figures(history, board, shown, ahead=case.current_id)
        why = _why_keep(case, figures, closest, _against(board, closest, case, refused) if closest else "")
        return make_decision(case, "keep", case.current_id, why, figures)
    figures = _figures(history, board, winner.variant_id, ahead=winner.variant_id)
    which = _which(winner.variant_id, case)
    said = f"{which[:1].upper()}{which[1:]} is {evidence_words(figures)}{_caveat(figures)}"
    if case.promote == "confirm":
        why = f" ({case.meanwhile})" if case.meanwhile else ""
        return make_decision(case, "keep", winner.variant_id, f"{said}; waits for your yes{why}.", figures)
    return make_decision(case, "promote", winner.variant_id, f"{said}; promoted.", figures)


def case_by_now(case: DecisionCase, history: History, log: Sequence[Decision]) -> DecisionCase:
    """Return the case as the decision log has it by now: a person, or another run, may have decided while people rated.

    If another variant was made current, nothing is promoted over it without a yes, and it is what the others are
    compared with, as far as the history knows it.

    Args:
        case: As the run began.
        history: What the run learns from: decisions from before it began, ratings up to now.
        log: All decisions up to now, but for those on this iteration itself.
    """
    now = standing(log).current
    if now is None or now in (standing(history.decisions).current, *case.new_ids):
        return case
    author = next(decision.author for decision in reversed(log) if decision.variant_id == now)
    who = "another run" if author == case.author else "somebody"  # no name: the sentence goes into console logs, too
    known, current = history.variants.get(now), history.variants.get(case.current_id)
    if known is None or current is None or settings_of(known) != settings_of(current) or not history.ratings_of(now):
        meanwhile = f"{who} made {now} current meanwhile, which it was not compared with"
        return dataclasses.replace(case, promote="confirm", meanwhile=meanwhile)
    meanwhile = f"{who} made {now} current meanwhile"
    return dataclasses.replace(case, promote="confirm", current_id=now, meanwhile=meanwhile)


def make_decision(
    case: DecisionCase, kind: DecisionKind, variant_id: str, evidence: str, figures: Evidence | None = None
) -> Decision:
    """Make an entry of the decision log; a person's yes, no or roll back is one too (`case.author`)."""
    return Decision(
        id=content_id("d", kind, variant_id, case.current_id, case.author, case.now, case.run_id),
        kind=kind,
        variant_id=variant_id,
        current_id=case.current_id,
        evidence=evidence,
        author=case.author,
        created=case.now,
        iteration=case.iteration,
        run_id=case.run_id,
        figures=figures,
    )


def _usable(history: History, comparison: Comparison, case: DecisionCase) -> bool:
    variant, current = history.variants.get(comparison.variant_id), history.variants.get(case.current_id)
    return variant is not None and (current is None or settings_of(variant) == settings_of(current))


def _against(board: Scoreboard, comparison: Comparison, case: DecisionCase, refused: frozenset[str]) -> str:
    """Say what keeps a variant from being promoted, the first thing of several; empty: nothing."""
    found = objections(evidence_for(board, comparison.variant_id), case.settings)
    if comparison.variant_id in refused:
        found = (*found, "a person decided against it before, so only a person can promote it")
    return found[0] if found else ""


def _closest(usable: Sequence[Comparison], case: DecisionCase) -> Comparison | None:
    """The new variant that came closest to a promotion; if there is no new one, the best earlier one."""
    asked = [comparison for comparison in usable if not case.new_ids or comparison.variant_id in case.new_ids]
    return max(asked, key=lambda c: (c.p_better, c.variant_id), default=None)


def _why_keep(case: DecisionCase, figures: Evidence, closest: Comparison | None, against: str) -> str:
    if not case.new_ids and closest is None:
        return "Kept: no candidate was accepted, so the current prompt was rated alone."
    if closest is None:
        return f"Kept: {'the new prompt has' if len(case.new_ids) == 1 else 'the new prompts have'} no ratings."
    which = _which(closest.variant_id, case)
    why = "" if case.new_ids else "no candidate was accepted, and "
    return f"Kept: {why}the {which} is {evidence_words(figures)}; {against}."


def _which(variant_id: str, case: DecisionCase) -> str:
    if variant_id not in case.new_ids:
        return f"earlier prompt {variant_id}"
    return "new prompt" if len(case.new_ids) == 1 else f"new prompt {variant_id}"


def _caveat(figures: Evidence) -> str:
    if figures.low is None or figures.low > 0:
        return ""
    return f" (the {100 * figures.interval:.0f} % interval includes 0: it may still be chance)"


def _figures(history: History, board: Scoreboard, variant_id: str, *, ahead: str) -> Evidence:
    """The figures of a variant; what one more iteration brings comes on top of the variant that is `ahead`.

    That is the winner, also while it waits for a yes: to have what it brings takes no further iteration.
    """
    return dataclasses.replace(
        evidence_for(board, variant_id),
        expected_gain=expected_gain(history, board, ahead),
        drift=drift_of(history)[0],
    )
