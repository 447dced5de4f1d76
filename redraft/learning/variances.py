"""Estimates the standard deviations from the ratings: maximum marginal likelihood, held near the defaults by a prior.

The prior is what makes it safe with few ratings: it says that each deviation is within a factor of 2 of its default
with probability .83. Below `FEWEST_RATINGS` the ratings say too little of deviations: the defaults are taken.

Source: type II maximum likelihood with a penalty, Gelman et al., Bayesian Data Analysis (3rd ed.), 13.2 and 5.7.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.optimize import minimize

from redraft.learning.deviations import DEFAULTS, Deviations
from redraft.learning.equations import slopes, solve
from redraft.learning.rows import Array, Rows, Sums, sums_of, without_overalls
from redraft.learning.threads import one_thread

FEWEST_RATINGS = 60
LOG_SD = 0.5  # of the logarithm of a deviation around its default's
MOST = math.log(4)  # no deviation is believed to be more than 4 times its default, or less than a quarter
NAMES = ("prompt", "question", "cell", "reviewer", "noise")  # `edit` is scaled with `prompt`


@one_thread
def estimate_deviations(rows: Rows, sums: Sums | None = None, *, start: Deviations = DEFAULTS) -> Deviations:
    """Return the deviations under which the ratings are most probable; the defaults while there are few.

    Args:
        rows: The ratings; overall scores among them are left out.
        sums: Of the rows, if they were summed up already.
        start: Where the search starts; its speed depends on it, the result does not by more than a few percent.
    """
    if (rows.cell < 0).any():  # overall scores repeat what ratings said: with them the noise would look too small
        rows, sums = without_overalls(rows), None
    if len(rows.y) < FEWEST_RATINGS:
        return DEFAULTS
    sums = sums or sums_of(rows)

    def loss(scales: Array) -> tuple[float, Array]:
        deviations = scaled(scales)
        solved = solve(rows, deviations, sums)
        slope = slopes(rows, deviations, sums, solved)
        value = float(scales @ scales) / (2 * LOG_SD**2) - solved.log_likelihood
        return value, scales / LOG_SD**2 - np.array([slope[name] for name in NAMES])

    first = np.array([math.log(getattr(start, name) / getattr(DEFAULTS, name)) for name in NAMES])
    bounds = [(-MOST, MOST)] * len(NAMES)
    found = minimize(loss, first, jac=True, method="L-BFGS-B", bounds=bounds, options={"maxiter": 50, "ftol": 1e-5})
    return scaled(found.x)


def scaled(logarithms: Array) -> Deviations:
    """Scale the defaults by factors, given as logarithms in the order of `NAMES`.

    >>> scaled(np.zeros(5)) == DEFAULTS
    True
    """
    factor = {name: math.exp(value) for name, value in zip(NAMES, logarithms, strict=True)}
    return Deviations(
        prompt=DEFAULTS.prompt * factor["prompt"],
        edit=DEFAULTS.edit * factor["prompt"],
        question=DEFAULTS.question * factor["question"],
        cell=DEFAULTS.cell * factor["cell"],
        reviewer=DEFAULTS.reviewer * factor["reviewer"],
        noise=DEFAULTS.noise * factor["noise"],
    )
