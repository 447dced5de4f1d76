"""Which sentence of a prompt helped: for each edit, the change in the ratings of the questions that it touched.

What leads to an edit is a *low* rating of the parent, and the next rating of a low one is higher by itself. So all
ratings of the history are in one model, in which questions, reviewers and the levels of other variants are random
effects: a low rating is believed as far as the other ratings bear it out. With free questions, as in a paired
comparison, one edit in eight that changes nothing is said to help (benchmarks/attribution.py).

Only the edits that are looked at, and the rest of the same rewrite, are free: their own prior is taken out of the
posterior again. With it an edit would be shrunk towards "no effect", and 0 would be in its interval too often.

The deviations are guesses, so intervals are scaled by the residual variance; the guess counts as `PRIOR_DF` ratings.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.special import stdtrit

from redraft.learning.deviations import Deviations
from redraft.learning.edit_model import LARGEST, EditModel, FreeEffects, fit_edits, free_effects
from redraft.learning.edits import Rewrite, TouchingEdit, rewrites_of
from redraft.learning.history import History
from redraft.learning.imported import own_part
from redraft.records import EditEffect

ENTANGLED = "cannot be told apart from other edits: together they touched the same questions"


def attribute_edits(
    history: History, *, deviations: Deviations, interval: float, variant_ids: Sequence[str] | None = None
) -> tuple[EditEffect, ...]:
    """Estimate what each edit of each variant did, against the variant that it was derived from.

    - Edits that touched the same questions get one figure together, and a note.
    - An edit without a theme, or whose theme's questions were rated on one side only, is judged on all questions that
      were rated on both sides, and has a note. If it is not the only edit, the figure is the whole rewrite's: it takes
      nothing away from edits that have questions of their own.
    - Without such a question, or if the model changed too, there is no figure, and the note says why.

    Args:
        history: All of it, whichever variants are asked for.
        deviations: As estimated from the history; the defaults if it is short.
        interval: Probability that the intervals are meant to hold, such as 0.9.
        variant_ids: Whose edits; None: every variant's.

    Returns:
        The effects in the order of `variant_ids` (or of the history) and of the prompt's edits.
    """
    rewrites = rewrites_of(history)
    ids = rewrites if variant_ids is None else [variant_id for variant_id in variant_ids if variant_id in rewrites]
    wanted = [rewrites[variant_id] for variant_id in ids]
    judged = any(edit.questions for rewrite in wanted for edit in rewrite.edits)
    model = fit_edits(own_part(history), rewrites, deviations) if judged else None
    return tuple(effect for rewrite in wanted for effect in _effects(rewrite, model, interval))


def _effects(rewrite: Rewrite, model: EditModel | None, interval: float) -> list[EditEffect]:
    if model is None or not any(edit.questions for edit in rewrite.edits):
        return [_effect(rewrite, edit, edit.note) for edit in rewrite.edits]
    free = free_effects(rewrite, model)
    quantile = float(stdtrit(free.df, 0.5 + interval / 2))
    return [_judged(rewrite, edit, free, quantile) for edit in rewrite.edits]


def _judged(rewrite: Rewrite, edit: TouchingEdit, free: FreeEffects, quantile: float) -> EditEffect:
    if not edit.questions:
        return _effect(rewrite, edit, edit.note)
    weights, joint = free.whole, ""
    if not edit.whole:
        place = rewrite.groups.index(edit.questions)
        if not free.estimable[place]:
            return _effect(rewrite, edit, edit.note, ENTANGLED)
        weights = np.eye(len(free.mean))[place]
        alike = sum(other.questions == edit.questions and not other.whole for other in rewrite.edits)
        joint = f"one figure for {alike} edits together: they touched the same questions" if alike > 1 else ""
    mean, half = float(weights @ free.mean), quantile * float(np.sqrt(weights @ free.cov @ weights))
    return _effect(rewrite, edit, edit.note, joint, figures=(mean, mean - half, mean + half))


def _effect(
    rewrite: Rewrite, edit: TouchingEdit, *notes: str, figures: tuple[float, float, float] | None = None
) -> EditEffect:
    difference, low, high = (min(LARGEST, max(-LARGEST, figure)) for figure in figures) if figures else (None,) * 3
    return EditEffect(
        variant_id=rewrite.variant_id,
        parent_id=rewrite.parent_id,
        theme_id=edit.edit.theme_id,
        sentence=edit.edit.sentence,
        question_ids=tuple(sorted(edit.questions)),
        difference=difference,
        low=low,
        high=high,
        n_ratings=sum(rewrite.ratings[question_id] for question_id in edit.questions),
        note="; ".join(note for note in notes if note),
    )
