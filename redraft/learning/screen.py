"""Which accepted candidates reach people: for now those that answer most of what was complained about.

A rubric judge takes this place later, behind `ScreenCandidates`.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from rapidfuzz import fuzz

from redraft.learning.chance import shuffled
from redraft.learning.history import History
from redraft.records import Candidate, Theme


def choose_diverse(
    candidates: Sequence[Candidate], *, themes: Sequence[Theme], history: History, chosen: int, seed: int
) -> tuple[Candidate, ...]:
    """Choose one after another the candidate that adds most theme weight to those chosen before.

    A theme weighs as many comments as it has. Of equals the one that is least like any earlier prompt is taken, then
    one drawn by the seed.
    """
    weight = {theme.id: len(theme.comment_ids) for theme in themes if not theme.praise}
    left = {candidate.prompt.id: candidate for candidate in candidates if candidate.accepted}
    draw = {prompt_id: place for place, prompt_id in enumerate(shuffled(left, "screen", seed))}
    earlier = [prompt.text for prompt_id, prompt in history.prompts.items() if prompt_id not in left]
    covered: set[str] = set()
    found: list[Candidate] = []
    while left and len(found) < chosen:
        seen = [*earlier, *(candidate.prompt.text for candidate in found)]
        gains = {i: sum(weight.get(theme, 0) for theme in _themes(c) - covered) for i, c in left.items()}
        likeness = {i: _likeness(c, seen) for i, c in left.items()}
        best = min(left, key=lambda i: (-gains[i], likeness[i], draw[i]))
        reason = (
            f"chosen: answers themes of {gains[best]} comments that no chosen one answers; "
            f"at most {likeness[best]:.0f} % like an earlier prompt"
        )
        candidate = left.pop(best)
        covered |= _themes(candidate)
        found.append(dataclasses.replace(candidate, reasons=(*candidate.reasons, reason)))
    return tuple(found)


def _themes(candidate: Candidate) -> set[str]:
    return {edit.theme_id for edit in candidate.prompt.edits if edit.theme_id is not None}


def _likeness(candidate: Candidate, earlier: Sequence[str]) -> float:
    """Greatest likeness to an earlier prompt, 0 to 100."""
    return max((fuzz.ratio(candidate.prompt.text, text) for text in earlier), default=0.0)
