"""What ratings say of variants, questions and reviewers together, and what one more rating would add.

The posterior of the mixed model in `redraft.learning.equations` is normal: means and covariances of all coefficients.
One more rating is taken in without solving anew (Sherman and Morrison's formula), so that planning is cheap.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from redraft.learning.deviations import Deviations
from redraft.learning.equations import solve
from redraft.learning.rows import MIDDLE, Array, Rows, Sums, sums_of

DRAWS = 4000  # for the probability of being best: its standard error is at most .008


@dataclass(slots=True, kw_only=True, eq=False)
class Posterior:
    """Means and covariances of all coefficients, given the ratings.

    `observe` changes it; everything else only reads.
    """

    rows: Rows
    deviations: Deviations
    mean: Array  # (columns,) mu is counted from MIDDLE
    cov: Array  # (columns, columns)
    cell_x: Array
    cell_y: Array
    cell_precision: Array
    _cells: dict[tuple[int, int], int]

    def expected(self, variant: int) -> tuple[float, float]:
        """Mean and sd of a variant's expected rating on a question not asked yet, by an average reviewer."""
        at = [0, 1 + variant]
        return MIDDLE + float(self.mean[at].sum()), float(np.sqrt(self.cov[np.ix_(at, at)].sum()))

    def difference(self, variant: int, other: int) -> tuple[float, float]:
        """Mean and standard deviation of how much better one variant is than another."""
        a, b = 1 + variant, 1 + other
        variance = self.cov[a, a] + self.cov[b, b] - 2 * self.cov[a, b]
        return float(self.mean[a] - self.mean[b]), float(np.sqrt(max(variance, 0.0)))

    def effects(self) -> Array:
        """Means of the variants' effects, (variants,)."""
        return self.mean[1 : 1 + len(self.rows.variants)]

    def draw(self, variants: Sequence[int], n: int, generator: np.random.Generator) -> Array:
        """Draw effects of some variants from the posterior, (n, variants)."""
        at = 1 + np.asarray(variants)
        root = np.linalg.cholesky(self.cov[np.ix_(at, at)] + 1e-9 * np.eye(len(at)))
        return np.asarray(self.mean[at] + generator.standard_normal((n, len(at))) @ root.T)

    def p_best(self, variants: Sequence[int], seed: int = 0) -> Array:
        """Probability of each of some variants that it is the best of them, (variants,)."""
        drawn = self.draw(variants, DRAWS, np.random.default_rng(seed))
        return np.bincount(drawn.argmax(axis=1), minlength=len(variants)) / len(drawn)

    def look(self, variant: int, question: int, reviewer: int) -> tuple[Array, float]:
        """How one more rating would depend on the coefficients: its design, and its variance given them.

        Earlier ratings of the same cell tell a part of the rating that is no coefficient's: the design has that part
        taken out. `reviewer` -1: somebody new, nobody who rates twice.
        """
        x = self._x(variant, question, reviewer)
        cell = self._cells.get((variant, question))
        told, left = self._cell_share(0.0 if cell is None else float(self.cell_precision[cell]))
        return (x if cell is None else x - told * self.cell_x[cell]), left + self._own_variance(reviewer)

    def _x(self, variant: int, question: int, reviewer: int) -> Array:
        x = np.zeros(len(self.mean))
        x[[0, 1 + variant, self.rows.column("question", question)]] = 1.0
        if reviewer >= 0:
            x[self.rows.column("reviewer", reviewer)] = 1.0
        return x

    def _own_variance(self, reviewer: int) -> float:
        """Variance of a rating that it shares with no other: the severity of somebody new is part of it."""
        return self.deviations.noise**2 + (0.0 if reviewer >= 0 else self.deviations.reviewer**2)

    def _cell_share(self, precision: float) -> tuple[float, float]:
        """Share of a cell's ratings in the estimate of its interaction, and the interaction's variance then."""
        cell, noise = self.deviations.cell**2, self.deviations.noise**2
        return cell / (noise + cell * precision), cell * noise / (noise + cell * precision)

    def observe(self, variant: int, question: int, reviewer: int, y: float | None = None) -> None:
        """Take in one more rating; without `y` only the certainty changes, which is what planning needs.

        Args:
            variant: Place in `rows.variants`.
            question: Place in `rows.questions`.
            reviewer: Place in `rows.reviewers`; -1: somebody new, whose severity is not learnt.
            y: The rating, 1 to 5; `None`: it is as expected.
        """
        design, unknown = self.look(variant, question, reviewer)
        spread = self.cov @ design
        total = float(design @ spread) + unknown
        cell = self._cells.get((variant, question))
        told = 0.0 if cell is None else self._cell_share(float(self.cell_precision[cell]))[0] * self.cell_y[cell]
        expected = told + float(design @ self.mean)
        seen = expected if y is None else y - MIDDLE
        self.mean = self.mean + spread * ((seen - expected) / total)
        self.cov = self.cov - np.outer(spread, spread / total)
        self._count(variant, question, reviewer, seen)

    def _count(self, variant: int, question: int, reviewer: int, y: float) -> None:
        cell = self._cells.get((variant, question))
        if cell is None:
            cell = self._cells[variant, question] = len(self.cell_y)
            self.cell_x = np.vstack([self.cell_x, np.zeros(len(self.mean))])
            self.cell_y, self.cell_precision = np.append(self.cell_y, 0.0), np.append(self.cell_precision, 0.0)
        precision = self.deviations.noise**2 / self._own_variance(reviewer)
        self.cell_x[cell] += precision * self._x(variant, question, reviewer)
        self.cell_y[cell] += precision * y
        self.cell_precision[cell] += precision

    def copy(self) -> Posterior:
        """Return a posterior that can be changed apart from this one."""
        return Posterior(
            rows=self.rows,
            deviations=self.deviations,
            mean=self.mean.copy(),
            cov=self.cov.copy(),
            cell_x=self.cell_x.copy(),
            cell_y=self.cell_y.copy(),
            cell_precision=self.cell_precision.copy(),
            _cells=dict(self._cells),
        )


def fit(rows: Rows, deviations: Deviations, sums: Sums | None = None) -> Posterior:
    """Compute the posterior; without ratings it is the prior."""
    sums = sums or sums_of(rows)
    solved = solve(rows, deviations, sums)
    return Posterior(
        rows=rows,
        deviations=deviations,
        mean=solved.mean,
        cov=solved.cov,
        cell_x=sums.cell_x.copy(),
        cell_y=sums.cell_y.copy(),
        cell_precision=sums.cell_precision.copy(),
        _cells={cell: number for number, cell in enumerate(rows.cells)},
    )
