"""What people decide: yes or no to a waiting promotion, another variant, back to the one before.

Each decision is an event of its own in the decision log, with its author and what the ratings said at that moment; the
registry's labels follow the log.
"""

from __future__ import annotations

from dataclasses import dataclass

from redraft.errors import InputError
from redraft.learning.choices import compared_with, evidence_for, evidence_words, find_judged, objections
from redraft.learning.decide import make_decision
from redraft.learning.history import History, settings_of
from redraft.learning.labels import Standing, standing, waiting_for_yes
from redraft.learning.protocols import DecisionCase, Scoreboard
from redraft.learning.rounds import POLICIES
from redraft.learning.staleness import stale_answers
from redraft.records import Chunk, Decision, DecisionKind, Evidence
from redraft.settings import DecideSettings
from redraft.tracking.artifacts import get_records
from redraft.tracking.history import find_sources, load_decisions, load_history, record_decision
from redraft.tracking.indexes import newest_index
from redraft.tracking.registry import register_models, synchronise_labels

TICK_S = 0.001  # a decision is later than all that its author saw, even if the clocks differ


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who decides, and by which settings they are warned."""

    author: str
    now: float  # Unix time, seconds
    interval: float  # of what they are shown
    settings: DecideSettings
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What came of a decision."""

    decision: Decision
    standing: Standing  # by the log, with this decision in it
    warning: str = ""  # the evidence does not support it, or somebody decided otherwise in the same moment


def promote(project: str, person: Person, variant: str = "") -> Made:
    """Make a variant current: the one that waits for a yes, or any that people judged.

    Raises:
        InputError: None waits; no judged variant is meant; it is current already.
    """
    history = _history(project, person)
    waiting = waiting_for_yes(history)
    if not variant and waiting is None:
        raise InputError(
            f"project {project!r}: no promotion waits for a yes",
            remedy="`redraft prompt log` shows what was decided; name a variant to promote it all the same",
        )
    chosen = find_judged(history, variant) if variant or waiting is None else waiting.variant_id
    case = _case(project, person, history, chosen)
    against = "; ".join(objections(case.evidence, person.settings))
    warning = f"The evidence does not support it: {against}." if against else ""
    return _record(case, "promote", f"{person.author} promoted it: {evidence_words(case.evidence)}. {warning}", warning)


def roll_back(project: str, person: Person, to: str = "") -> Made:
    """Make the variant current that was before, or an earlier one.

    Raises:
        InputError: Nothing was current before; no judged variant is meant; it is current already.
    """
    history = _history(project, person)
    now = standing(history.decisions)
    if now.current is None:
        raise InputError(f"project {project!r} has published no prompt yet: there is nothing to roll back")
    if not to and now.previous is None:
        raise InputError(f"project {project!r}: no prompt was current before {now.current}", remedy="give --to VARIANT")
    case = _case(project, person, history, find_judged(history, to or now.previous or ""), now.current)
    said = f"{person.author} rolled back to it from {now.current}: {evidence_words(case.evidence, than='that one')}."
    return _record(case, "rollback", said)


def reject(project: str, person: Person) -> Made:
    """Say no to the promotion that waits; the current variant stays.

    Raises:
        InputError: None waits, or no reason is given: the next reader of the log must know it.
    """
    history = _history(project, person)
    waiting = waiting_for_yes(history)
    if waiting is None:
        raise InputError(f"project {project!r}: no promotion waits: there is nothing to reject")
    if not person.reason.strip():
        raise InputError("a rejection must say why", remedy="give --reason TEXT")
    case = _case(project, person, history, waiting.variant_id)
    return _record(case, "reject", f"{person.author} said no: {evidence_words(case.evidence)}.")


def compared_now(history: History, chosen: str) -> str:
    """What a variant is compared with: the current one, or what has its prompts if model or settings changed since."""
    waiting, current = waiting_for_yes(history), history.variants.get(standing(history.decisions).current or "")
    moved = current is None or settings_of(current) != settings_of(history.variant(chosen))
    if waiting is not None and waiting.variant_id == chosen and waiting.current_id is not None and moved:
        return waiting.current_id
    return compared_with(history, chosen)


def score_now(project: str, history: History, base: str, interval: float) -> Scoreboard:
    """Score every variant as the step does: answers that quote what the newest index does not hold count less.

    Args:
        project: ClearML project, whose indexes are asked for.
        history: Everything so far.
        base: Id of the variant that the others are compared with.
        interval: Probability that the intervals are meant to hold, 0 to 1.
    """
    return POLICIES.score(history, current_id=base, interval=interval, stale=_stale(project, history, base))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """What is decided on."""

    project: str
    person: Person
    history: History
    chosen: str
    base: str  # that it is compared with
    board: Scoreboard
    evidence: Evidence


def _history(project: str, person: Person) -> History:
    if not person.author.strip():
        raise InputError("the decision log must know who decides", remedy="give --author NAME")
    return load_history(find_sources(project))


def _case(project: str, person: Person, history: History, chosen: str, base: str | None = None) -> _Case:
    if chosen == standing(history.decisions).current:
        synchronise_labels(project)  # whoever made it current may have died before the labels were written
        raise InputError(f"project {project!r}: {chosen} is current already")
    base = base or compared_now(history, chosen)
    board = score_now(project, history, base, person.interval)
    return _Case(
        project=project,
        person=person,
        history=history,
        chosen=chosen,
        base=base,
        board=board,
        evidence=evidence_for(board, chosen),
    )


def _stale(project: str, history: History, base: str) -> frozenset[str]:
    """Answers that quote what the newest index does not hold any more: the step that scored counts them less too."""
    variant = history.variants.get(base)
    index = newest_index(project, variant.embedder) if variant else None
    return stale_answers(history, get_records(index, "chunks", Chunk)) if index else frozenset()


def _record(case: _Case, kind: DecisionKind, said: str, warning: str = "") -> Made:
    person, seen = case.person, case.history.decisions
    reason = f" Reason: {person.reason.strip()}" if person.reason.strip() else ""
    decision = make_decision(
        DecisionCase(
            current_id=case.base,
            new_ids=(),
            promote="auto",
            settings=person.settings,
            now=max(person.now, seen[-1].created + TICK_S) if seen else person.now,
            author=person.author.strip(),
        ),
        kind,
        case.chosen,
        f"{said.strip()}{reason}",
    )
    record_decision(
        case.project,
        decision,
        meanwhile=lambda task: register_models(task, case.project, case.history, case.board),
    )
    now = synchronise_labels(case.project)
    return Made(
        decision=decision,
        standing=now,
        warning=" ".join(filter(None, (warning, _overruled(case.project, decision, now)))),
    )


def _overruled(project: str, decision: Decision, now: Standing) -> str:
    """Say who decided otherwise in the same moment; the later one in the log has the say."""
    if (decision.variant_id == now.current) == (decision.kind != "reject"):
        return ""
    other = [d for d in load_decisions(project) if d.kind in ("promote", "rollback")][-1]
    return (
        f"Meanwhile {other.author} decided otherwise ({other.kind} {other.variant_id}), and the later decision counts: "
        f"current is {now.current}."
    )
