"""Rows by chance, and the same model solved the slow way: one dense covariance of all ratings."""

from __future__ import annotations

import numpy as np
from scipy.stats import multivariate_normal

from redraft.learning.deviations import DEFAULTS, Deviations
from redraft.learning.equations import DRIFT_SD, MIDDLE_SD
from redraft.learning.posterior import Posterior
from redraft.learning.rows import MIDDLE, Array, Rows

ODD = Deviations(prompt=0.3, edit=0.5, question=0.2, cell=0.7, reviewer=0.1, noise=0.9)  # far from the defaults


def rows_like(
    ratings: list[tuple[int, int, int, float]],
    *,
    parents: tuple[int, ...] = (-1,),
    n_questions: int = 1,
    n_reviewers: int = 1,
) -> Rows:
    """Make rows of ordinary ratings: variant, question, reviewer, score."""
    first_question = 1 + len(parents)
    x = np.zeros((len(ratings), first_question + n_questions + n_reviewers))
    cells: dict[tuple[int, int], int] = {}
    cell = np.zeros(len(ratings), dtype=np.intp)
    for number, (variant, question, reviewer, _) in enumerate(ratings):
        x[number, [0, 1 + variant, first_question + question, first_question + n_questions + reviewer]] = 1.0
        cell[number] = cells.setdefault((variant, question), len(cells))
    return Rows(
        variants=tuple(f"v{n}" for n in range(len(parents))),
        parents=parents,
        questions=tuple(f"q{n}" for n in range(n_questions)),
        reviewers=tuple(f"r{n}" for n in range(n_reviewers)),
        x=x,
        y=np.array([score for *_, score in ratings]),
        precision=np.ones(len(ratings)),
        cell=cell,
        cells=tuple(cells),
    )


def rows_by_chance(seed: int, n: int = 60) -> Rows:
    """Make ratings of a family tree, a third of them stale, and overall scores among them."""
    draw = np.random.default_rng(seed)
    parents = (-1, *(int(draw.integers(-1, place)) for place in range(1, 6)))
    ratings = [
        (int(draw.integers(6)), int(draw.integers(5)), int(draw.integers(3)), float(draw.integers(1, 6)))
        for _ in range(n)
    ]
    rows = rows_like(ratings, parents=parents, n_questions=5, n_reviewers=3)
    rows.precision[draw.random(n) < 0.3] = 0.25
    overall = draw.random(n) < 0.2
    for number in np.flatnonzero(overall):
        rows.x[number, 7:12] = 0.0
        rows.x[number, 7 + draw.choice(5, 3, replace=False)] = 1 / 3
    rows.cell[overall], rows.precision[overall] = -1, 0.5
    return rows


def dense(rows: Rows, deviations: Deviations = DEFAULTS) -> tuple[Array, Array, float]:
    """Return means, covariance and log likelihood, from the covariance of all ratings."""
    prior = prior_covariance(rows, deviations)
    same_cell = (rows.cell[:, None] == rows.cell) & (rows.cell >= 0)
    ratings = rows.x @ prior @ rows.x.T + deviations.cell**2 * same_cell
    ratings += np.diag(deviations.noise**2 / rows.precision)
    gain = prior @ rows.x.T @ np.linalg.inv(ratings)
    density = multivariate_normal(np.full(len(rows.y), MIDDLE), ratings).logpdf(rows.y) if len(rows.y) else 0.0
    return gain @ (rows.y - MIDDLE), prior - gain @ rows.x @ prior, float(density)


def prior_covariance(rows: Rows, deviations: Deviations = DEFAULTS) -> Array:
    """Covariance of the coefficients: what two variants share is the path from the root that both have."""
    lines = [_line(rows.parents, place) for place in range(len(rows.variants))]
    variants = [
        [
            sum(deviations.prompt**2 if rows.parents[v] < 0 else deviations.edit**2 for v in set(one) & set(other))
            + DRIFT_SD**2 * (len(one) - 1) * (len(other) - 1)
            for other in lines
        ]
        for one in lines
    ]
    n_variants, n_questions = len(rows.variants), len(rows.questions)
    sd = [MIDDLE_SD, *[0.0] * n_variants, *[deviations.question] * n_questions]
    prior = np.diag([*sd, *[deviations.reviewer] * len(rows.reviewers)]) ** 2
    prior[1 : 1 + n_variants, 1 : 1 + n_variants] = variants
    return prior


def _line(parents: tuple[int, ...], place: int) -> list[int]:
    line = []
    while place >= 0:
        line.append(place)
        place = parents[place]
    return line


def same(one: Posterior, other: Posterior) -> bool:
    """Whether two posteriors say the same."""
    return np.allclose(one.mean, other.mean, atol=1e-9) and np.allclose(one.cov, other.cov, atol=1e-9)
