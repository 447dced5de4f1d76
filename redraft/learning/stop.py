"""When another iteration is not worth its ratings."""

from __future__ import annotations

from redraft.learning.history import History
from redraft.learning.protocols import DecisionCase, Scoreboard
from redraft.learning.reviewers import drift_of
from redraft.learning.words import probability_words

SURE = 0.9  # probability of a drift beyond the limit


def stop_when_settled(history: History, board: Scoreboard, case: DecisionCase) -> str | None:
    """Say why to stop, or None.

    - Reviewers drifted by more than `largest_drift` with probability .9: they rate the same answers otherwise than
      before, so new ratings cannot be held against old ones until people have talked about the rubric. The mean of a
      few answers that were rated again is soon beyond the limit by chance alone.
    - The writer model proposed nothing acceptable, twice in a row.
    - One more iteration is expected to bring less than `smallest_gain`, twice in a row, or once if the current variant
      is the best known one with probability `stop_at`. That probability alone is no reason: right after a first
      promotion it is high, and every further edit may still help.

    Args:
        history: With this iteration's decision, and the figures of the ones before.
        board: This iteration's scores.
        case: What was decided on.
    """
    figures = [d.figures for d in history.decisions if d.figures is not None and d.kind != "stop"][-2:]
    if not figures:
        return None
    settings, last = case.settings, figures[-1]
    if (drifted := _drifted(history, settings.largest_drift)) is not None:
        return drifted
    if _nothing_accepted_twice(history):
        return "no candidate was accepted, for the second time: the writer model has nothing new to propose"
    low = [f for f in figures if f.expected_gain is not None and f.expected_gain < settings.smallest_gain]
    if not low or low[-1] is not last:
        return None
    p_best = board.of(case.current_id).p_best or 0.0
    best = f"one more iteration is expected to bring {last.expected_gain:.2f} points"
    if len(low) == 2:
        return f"{best}, less than {settings.smallest_gain:.2f} for the second time"
    if p_best >= settings.stop_at:
        return f"{best}, and the current prompt is the best of all with probability {probability_words(p_best)}"
    return None


def _nothing_accepted_twice(history: History) -> bool:
    runs = [d.run_id for d in history.decisions if d.run_id is not None and d.kind != "stop"][-2:]
    proposed = {candidate.prompt.run_id: False for candidate in history.candidates}
    proposed |= {candidate.prompt.run_id: True for candidate in history.candidates if candidate.accepted}
    return len(set(runs)) == 2 and all(proposed.get(run) is False for run in runs)


def _drifted(history: History, most: float) -> str | None:
    mean, low, high, n = drift_of(history, interval=2 * SURE - 1)
    if mean is None or low is None or high is None or max(low, -high) <= most:
        return None
    direction = "higher" if mean > 0 else "lower"
    return (
        f"reviewers rate the same answers {abs(mean):.2f} points {direction} than before ({n} answers rated again; "
        f"surely more than {most:.2f}): let them talk about the rubric first"
    )
