"""The mixed model that ratings are read with, and its equations solved in closed form.

    rating = mu + variant + question + variant x question + reviewer + noise

Everything is normal, with the standard deviations of `redraft.learning.deviations`. A child's effect is its parent's
plus N(drift, edit^2): what is known of a parent is known, a little less, of its child; the drift is what edits bring on
average, and is learnt with everything else.

The interactions are integrated out cell by cell (a cell is one variant on one question): within a cell the covariance
is compound symmetric, whose inverse is known, so what has to be factored is a matrix of variants + questions +
reviewers, not one of all ratings.

Source: Henderson's mixed model equations (Searle, Casella, McCulloch, Variance Components, 1992, ch. 7.6). The slope of
the likelihood is Fisher's identity: the expected slope of the density of ratings and coefficients together (Cappe,
Moulines, Ryden, Inference in Hidden Markov Models, 2005, 10.1.6).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from redraft.learning.deviations import Deviations
from redraft.learning.rows import Array, Rows, Sums

MIDDLE_SD = 1.0  # of mu around the middle of the scale
DRIFT_SD = 0.15  # of the mean effect of an edit: edits may help or hurt on average


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Solved:
    """The equations' solution, in terms of independent standard normal causes: coefficients = root @ causes."""

    root: Array  # (columns, causes)
    causes: Array  # (causes,) posterior means
    causes_cov: Array  # (causes, causes) posterior covariance
    log_likelihood: float  # log of the ratings' density, all coefficients integrated out

    @property
    def mean(self) -> Array:
        """Posterior means of the coefficients, (columns,)."""
        return np.asarray(self.root @ self.causes)

    @property
    def cov(self) -> Array:
        """Posterior covariance of the coefficients, (columns, columns)."""
        return np.asarray(self.root @ self.causes_cov @ self.root.T)


def solve(rows: Rows, deviations: Deviations, sums: Sums) -> Solved:
    """Solve for all coefficients; without ratings the solution is the prior."""
    noise, cell = deviations.noise**2, deviations.cell**2
    share = cell / (noise + cell * sums.cell_precision)
    m = (sums.xx - (sums.cell_x * share[:, None]).T @ sums.cell_x) / noise
    b = (sums.xy - (share * sums.cell_y) @ sums.cell_x) / noise
    yy = (sums.yy - float(share @ (sums.cell_y**2))) / noise
    root = prior_root(rows, deviations)
    precision = root.T @ m @ root
    precision[np.diag_indices_from(precision)] += 1.0
    # well conditioned: no eigenvalue of the precision is below 1
    causes_cov = np.asarray(np.linalg.inv(precision), dtype=np.float64)
    projected = root.T @ b
    causes = causes_cov @ projected
    log_det = 2 * float(np.log(np.diagonal(np.linalg.cholesky(precision))).sum())
    log_det += sums.n * np.log(noise) - sums.log_precision
    log_det += float(np.log1p(cell * sums.cell_precision / noise).sum())
    quadratic = yy - float(projected @ causes)
    return Solved(
        root=root,
        causes=causes,
        causes_cov=causes_cov,
        log_likelihood=-0.5 * (log_det + quadratic + sums.n * np.log(2 * np.pi)),
    )


def slopes(rows: Rows, deviations: Deviations, sums: Sums, solved: Solved) -> dict[str, float]:
    """Derivatives of the log likelihood by the logarithms of the deviations; "prompt" scales `edit` too."""
    noise, cell = deviations.noise**2, deviations.cell**2
    surprise = solved.causes**2 + np.diagonal(solved.causes_cov) - 1.0  # of each cause: a priori its square is 1
    first_question, first_reviewer = rows.column("question", 0), rows.column("reviewer", 0)
    mean, cov = solved.mean, solved.cov
    # Expected squares of what the coefficients leave unexplained: of all ratings, and of the sums of each cell.
    squares = sums.yy - 2 * float(sums.xy @ mean) + float(mean @ sums.xx @ mean) + float((sums.xx * cov).sum())
    cell_squares = (sums.cell_y - sums.cell_x @ mean) ** 2 + ((sums.cell_x @ cov) * sums.cell_x).sum(axis=1)
    total = noise + cell * sums.cell_precision  # of each cell
    by_cell = float((cell_squares / total**2).sum() - (sums.cell_precision / total).sum()) / 2
    by_noise = (squares - cell * float((cell_squares / total).sum())) / noise**2
    by_noise -= cell * float((cell_squares / total**2).sum()) / noise
    by_noise -= (sums.n - len(total)) / noise + float((1 / total).sum())
    return {
        "prompt": float(surprise[1:first_question].sum()),
        "question": float(surprise[first_question:first_reviewer].sum()),
        "cell": 2 * cell * by_cell,
        "reviewer": float(surprise[first_reviewer : rows.x.shape[1]].sum()),
        "noise": noise * by_noise,
    }


def prior_root(rows: Rows, deviations: Deviations) -> Array:
    """Return L with L L' the prior covariance of the coefficients, (columns, causes).

    A variant is a sum along its family tree, so every edge of it has a cause of its own; the drift that all edges
    share and mu have one each. Ancestors that run in a circle are cut at the first one met: it counts as a root.
    """
    n_variants, n_columns = len(rows.variants), rows.x.shape[1]
    path = np.zeros((n_variants, n_variants))
    depth = np.full(n_variants, -1.0)  # -1: not met yet
    for place in oldest_first(rows.parents):
        parent = rows.parents[place]
        if parent < 0 or depth[parent] < 0:
            path[place, place], depth[place] = deviations.prompt, 0
        else:
            path[place] = path[parent]
            path[place, place], depth[place] = deviations.edit, depth[parent] + 1
    root = np.zeros((n_columns, n_columns + 1))
    root[0, 0] = MIDDLE_SD
    root[1 : 1 + n_variants, 1 : 1 + n_variants] = path
    root[1 : 1 + n_variants, n_columns] = DRIFT_SD * depth
    first_reviewer = rows.column("reviewer", 0)
    for column in range(1 + n_variants, n_columns):
        root[column, column] = deviations.question if column < first_reviewer else deviations.reviewer
    return root


def oldest_first(parents: Sequence[int]) -> list[int]:
    """Order places so that a parent comes before its children.

    >>> oldest_first([2, -1, 1])
    [1, 2, 0]
    """
    done: dict[int, None] = {}
    for start in range(len(parents)):
        path = []
        place = start
        while place >= 0 and place not in done and place not in path:
            path.append(place)
            place = parents[place]
        done |= dict.fromkeys(reversed(path))
    return list(done)
