"""On what the next rating is best spent: which variant, on which question.

Two steps, each in closed form from the posterior:

1. the variant whose further ratings are expected to raise the best posterior mean most (the knowledge gradient with
   correlated beliefs), as if it were rated on `LOOKAHEAD` more questions: looking one rating ahead only, a rating that
   cannot change the choice by itself looks worthless, and the search stalls;
2. the question on which one rating of that variant lowers most the expected loss of choosing wrongly: a question that
   its rivals were rated on, by the same person, tells more of the difference than a new one; one that it was rated on
   already tells less.

Sources: Frazier, Powell, Dayanik, The knowledge-gradient policy for correlated normal beliefs, INFORMS J. Computing 21
(2009); looking several measurements ahead: Frazier, Powell, Paradoxes in learning and the marginal value of
information, Decision Analysis 7 (2010). The choice of the question is ours.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.special import ndtr

from redraft.learning.posterior import Posterior
from redraft.learning.rows import Array

LOOKAHEAD = 30
TINY = 1e-18  # variance of a difference, below which rounding is all there is
NODES, _WEIGHTS = np.polynomial.hermite_e.hermegauss(15)
WEIGHTS = _WEIGHTS / _WEIGHTS.sum()

Cell = tuple[int, int]
"""A variant's and a question's place in the posterior's rows."""


def next_rating(posterior: Posterior, contenders: Sequence[int], reviewer: int, generator: np.random.Generator) -> Cell:
    """Choose the cell that one reviewer should rate next.

    Args:
        posterior: From all ratings so far; call `observe` without a rating to plan several in a row.
        contenders: Places of the variants that may be chosen in the end.
        reviewer: Place of who rates; -1: somebody new.
        generator: Settles ties.
    """
    variant = contenders[_most_promising(posterior, contenders)]
    gains = question_gains(posterior, variant, contenders, reviewer)
    best = np.flatnonzero(gains >= gains.max() * (1 - 1e-9))  # all of them, if there is nothing to choose between
    return variant, int(generator.choice(best))


def next_ratings(
    posterior: Posterior, contenders: Sequence[int], reviewer: int, generator: np.random.Generator, *, n: int = 1
) -> tuple[Cell, ...]:
    """Choose `n` cells that one reviewer should rate in a row, none of whose ratings is known before the last is given.

    The `ChooseRatings` policy of this module; the posterior is not changed.
    """
    planned = posterior.copy() if n > 1 else posterior
    cells: list[Cell] = []
    while True:
        cells.append(next_rating(planned, contenders, reviewer, generator))
        if len(cells) >= n:
            return tuple(cells)
        planned.observe(*cells[-1], reviewer)


def _most_promising(posterior: Posterior, contenders: Sequence[int]) -> int:
    at = 1 + np.asarray(contenders)
    means, cov = posterior.mean[at], posterior.cov[np.ix_(at, at)]
    noise = (posterior.deviations.cell**2 + posterior.deviations.noise**2) / LOOKAHEAD
    change = cov / np.sqrt(np.diagonal(cov) + noise)  # column i: of all means, a standard deviation of news about i
    best = (means[:, None, None] + change[:, :, None] * NODES).max(axis=0)
    return int((best @ WEIGHTS).argmax())


def question_gains(posterior: Posterior, variant: int, contenders: Sequence[int], reviewer: int) -> Array:
    """How much one rating of a variant lowers the expected loss of choosing wrongly, by question, (questions,).

    The loss of choosing `a` when `b` may be better is E[(b - a)+]; its derivative by the variance of the difference is
    phi(z) / (2 sd), so each pair with the variant in it counts by that. Pairs without the leader cannot change the
    choice and are left out.
    """
    mean, cov, own = posterior.mean, posterior.cov, 1 + variant
    leader = max(contenders, key=lambda place: mean[1 + place])
    others = [place for place in contenders if place != leader] if variant == leader else [leader]
    rivals = 1 + np.array(others, dtype=np.intp)
    looks = [posterior.look(variant, question, reviewer) for question in range(len(posterior.rows.questions))]
    designs = np.array([design for design, _ in looks])
    spread = designs @ posterior.cov
    total = np.einsum("qc,qc->q", spread, designs) + np.array([unknown for _, unknown in looks])
    variance = cov[own, own] + cov[rivals, rivals] - 2 * cov[own, rivals]
    sd = np.sqrt(np.maximum(variance, TINY))  # of each difference; of two that are one, nothing is learnt: 0 below
    weights = np.exp(-0.5 * ((mean[own] - mean[rivals]) / sd) ** 2) / (2 * sd)
    return np.asarray((spread[:, own, None] - spread[:, rivals]) ** 2 @ weights / total)


def block_gain(posterior: Posterior, cells: Sequence[Cell], reviewer: int, *, variant: int, other: int) -> float:
    """How much the variance of the difference between two variants falls when one reviewer rates some cells, each once.

    Somebody new (-1) has one severity for all of the cells: within the block it cancels.
    """
    looks = [posterior.look(v, question, reviewer) for v, question in cells]
    designs = np.array([design for design, _ in looks])
    spread = designs @ posterior.cov
    shared = posterior.deviations.reviewer**2 if reviewer < 0 else 0.0
    total = spread @ designs.T + np.diag([unknown - shared for _, unknown in looks]) + shared
    about = spread[:, 1 + variant] - spread[:, 1 + other]
    return float(about @ np.linalg.solve(total, about))


def expected_loss(mean: float, sd: float) -> float:
    """E[d+] of a normal d: what is lost by not having what may be better by d.

    >>> round(expected_loss(0.0, 1.0), 3), expected_loss(-1.0, 0.0)
    (0.399, 0.0)
    """
    if sd <= 0:
        return max(mean, 0.0)
    z = mean / sd
    return sd * math.exp(-0.5 * z * z) / math.sqrt(2 * math.pi) + mean * float(ndtr(z))
