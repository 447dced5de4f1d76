"""Which variant becomes current: for now the one with the best mean rating.

The evidence is one plain sentence that never says more than the intervals do.
"""

from __future__ import annotations

from redraft.learning.history import History, settings_of
from redraft.learning.protocols import Comparison, DecisionCase, Scoreboard
from redraft.records import Decision, DecisionKind, VariantScore, content_id

FEWEST_RATINGS = 2  # one rating makes no variant the best


def decide_by_mean(history: History, board: Scoreboard, case: DecisionCase) -> Decision:
    """Promote the variant with the best mean of all rated ones that can be used under the present settings.

    - Ties keep the current variant; so does a variant with fewer than `FEWEST_RATINGS`.
    - An earlier variant wins too, if its mean is the best.
    - With `confirm` the decision is "keep" of the *winner*: its evidence says that it waits for a yes.
    """
    current = board.of(case.current_id)
    best = max(_eligible(history, board, case), key=_rank, default=current)
    if best.variant_id == case.current_id or (current.mean is not None and (best.mean or 0.0) <= current.mean):
        return make_decision(case, "keep", case.current_id, _why_keep(board, case))
    change = _change(board, best, current)
    if case.promote == "confirm":
        return make_decision(case, "keep", best.variant_id, f"Waits for a yes: {change}.")
    return make_decision(case, "promote", best.variant_id, f"Promoted: {change}.")


def make_decision(case: DecisionCase, kind: DecisionKind, variant_id: str, evidence: str) -> Decision:
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
    )


def waiting_for_yes(history: History) -> Decision | None:
    """Return the last decision if it waits for a person: it keeps the current variant, but is about another."""
    last = history.decisions[-1] if history.decisions else None
    return last if last is not None and last.kind == "keep" and last.variant_id != last.current_id else None


def stop_after_iterations(history: History, board: Scoreboard, *, done: int, iterations: int) -> str | None:
    """Stop when the iterations that were asked for are done."""
    del history, board
    return f"{done} of {iterations} iterations are done" if done >= iterations else None


def _eligible(history: History, board: Scoreboard, case: DecisionCase) -> list[VariantScore]:
    own = settings_of(history.variant(case.current_id))
    return [
        score
        for score in board.scores
        if score.n_ratings >= FEWEST_RATINGS
        and score.variant_id in history.variants
        and settings_of(history.variants[score.variant_id]) == own
    ]


def _rank(score: VariantScore) -> tuple[float, int, str]:
    return score.mean or 0.0, score.n_ratings, score.variant_id


def _why_keep(board: Scoreboard, case: DecisionCase) -> str:
    current = board.of(case.current_id)
    new = [board.of(variant_id) for variant_id in case.new_ids]
    if not new:
        return f"Kept: there was no new variant to compare; the current one has {_said(current, board)}."
    best = max(new, key=_rank)
    if best.n_ratings < FEWEST_RATINGS:
        return f"Kept: the new variant has only {_count(best.n_ratings)}; the current one has {_said(current, board)}."
    return (
        f"Kept: the new variant has {_said(best, board)}, the current one {_said(current, board)}"
        f"{_difference(board.against_current(best.variant_id))}."
    )


def _change(board: Scoreboard, best: VariantScore, current: VariantScore) -> str:
    return (
        f"the best mean rating, {_said(best, board)}, against {_said(current, board)} for the current variant"
        f"{_difference(board.against_current(best.variant_id))}"
    )


def _said(score: VariantScore, board: Scoreboard) -> str:
    if score.mean is None or score.low is None or score.high is None:
        return "no rating yet"
    percent = f"{board.interval:.0%}".replace("%", " %")
    return f"{score.mean:.2f} ({percent} interval {score.low:.2f} to {score.high:.2f}, {_count(score.n_ratings)})"


def _difference(comparison: Comparison | None) -> str:
    if comparison is None or comparison.difference is None or comparison.low is None or comparison.high is None:
        return "; no reviewer rated both on one question, so whether it is better is not known"
    if comparison.low > 0:
        verdict = "which is above 0"
    elif comparison.high < 0:
        verdict = "which is below 0"
    else:
        verdict = "which may be chance"
    return (
        f"; in {comparison.n_pairs} {'pair' if comparison.n_pairs == 1 else 'pairs'} by one reviewer on one question "
        f"the difference is "
        f"{comparison.difference:+.2f} ({comparison.low:+.2f} to {comparison.high:+.2f}), {verdict}"
    )


def _count(n: int) -> str:
    return f"{n} rating" if n == 1 else f"{n} ratings"
