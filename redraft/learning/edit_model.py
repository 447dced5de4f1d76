"""What the ratings tell of every edit together: a mixed model, solved once for a whole history.

    rating = mu + question + reviewer + level(variant, question) + variant x question + noise
    level(child, question) = level(parent, question) + the edits that touched it, or else the rest of the rewrite

Everything but mu is normal around 0, with the deviations of `redraft.learning.deviations`. `free_effects` takes the
prior of one rewrite out again. Why so: `redraft.learning.attribution`.

Source: Searle, Casella, McCulloch, Variance Components (1992), 7.6: Henderson's mixed model equations. Gelman et al.,
Bayesian Data Analysis (3rd ed.), 14.2 and 14.7: covariance known up to a scale, hence t intervals, here with a scaled
inverse chi-square prior on the scale as in 3.3; 13.8: a posterior with one factor taken out (cavity distribution).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.linalg import cho_factor, cho_solve

from redraft.learning.deviations import Deviations
from redraft.learning.edits import Rewrite
from redraft.learning.equations import oldest_first
from redraft.learning.history import History
from redraft.learning.rows import MIDDLE, Array

PRIOR_DF = 4  # ratings that the guessed deviations count as; 12 and 40 do worse (benchmarks/README.md)
LARGEST = 4.0  # rating points: the scale's length, and the sd that a free effect keeps so that it is always finite
MIDDLE_SD = 10.0  # of mu around the middle of the scale: the mean rating is free


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """The coefficients: which ratings have them, and their prior standard deviations."""

    sd: tuple[float, ...]
    of_variant: Mapping[str, tuple[int, ...]]  # a variant's own: each group of its edits, then the rest of the rewrite
    of_cell: Mapping[tuple[str, str], tuple[int, ...]]  # (variant, question): its own that apply, and its ancestors'
    common: Mapping[tuple[str, str], int]  # ("question" or "reviewer", its id)


@dataclass(frozen=True, slots=True, kw_only=True)
class EditModel:
    """The posterior of all coefficients."""

    columns: Columns
    mean: Array  # (columns,)
    cov: Array  # (columns, columns)
    squares: float  # residuals, squared and divided by their expected size: about `n` if the deviations are right
    n: int  # ratings


def fit_edits(history: History, rewrites: Mapping[str, Rewrite], deviations: Deviations) -> EditModel:
    """Fit the model to all ratings of a history.

    Args:
        history: With at least one rating.
        rewrites: Of every variant that has a parent, see `rewrites_of`.
        deviations: The prior standard deviations.
    """
    rated = history.rated()
    columns = _columns(history, rewrites, deviations)
    x, y = np.zeros((len(rated), len(columns.sd))), np.zeros((len(rated), 1))
    cells: dict[tuple[str, str], int] = {}
    cell = np.zeros(len(rated), dtype=np.intp)
    for row, (rating, answer) in enumerate(rated):
        key = (answer.variant_id, answer.question_id)
        question, reviewer = columns.common["question", answer.question_id], columns.common["reviewer", rating.reviewer]
        x[row, [0, question, reviewer, *columns.of_cell[key]]] = 1.0
        y[row] = rating.score - MIDDLE
        cell[row] = cells.setdefault(key, len(cells))
    x, y = _whitened(x, cell, deviations), _whitened(y, cell, deviations)[:, 0]
    precision, b = x.T @ x, x.T @ y
    precision[np.diag_indices_from(precision)] += 1 / np.square(columns.sd)
    cov = cho_solve(cho_factor(precision, lower=True), np.eye(len(precision)))
    mean = cov @ b
    return EditModel(columns=columns, mean=mean, cov=cov, squares=float(y @ y - b @ mean), n=len(rated))


def _whitened(values: Array, cell: npt.NDArray[np.intp], deviations: Deviations) -> Array:
    """Make rows independent, with variance 1: those of a cell (a variant on a question) share their interaction.

    The inverse root of noise^2 I + cell^2 J for n rows is (I - s J) / noise with (1 - n s)^-2 = 1 + n cell^2 / noise^2.
    """
    n = np.bincount(cell)
    sums = np.zeros((len(n), values.shape[1]))
    np.add.at(sums, cell, values)
    share = (1 - 1 / np.sqrt(1 + n * (deviations.cell / deviations.noise) ** 2)) / n
    return np.asarray((values - (sums * share[:, None])[cell]) / deviations.noise)


def _columns(history: History, rewrites: Mapping[str, Rewrite], deviations: Deviations) -> Columns:
    sd = [MIDDLE_SD]
    common: dict[tuple[str, str], int] = {}
    for rating, answer in history.rated():
        for kind, name in (("question", answer.question_id), ("reviewer", rating.reviewer)):
            if (kind, name) not in common:
                common[kind, name] = len(sd)
                sd.append(deviations.question if kind == "question" else deviations.reviewer)
    questions = [name for kind, name in common if kind == "question"]
    of_variant: dict[str, tuple[int, ...]] = {}
    of_cell: dict[tuple[str, str], tuple[int, ...]] = {}
    # What an edit does to a few questions varies more than what a rewrite does to all of them on average.
    edit_sd = float(np.hypot(deviations.edit, deviations.cell))
    for variant_id in _lineage(history):
        rewrite = rewrites.get(variant_id)
        groups = rewrite.groups if rewrite else ()
        own = of_variant[variant_id] = tuple(range(len(sd), len(sd) + len(groups) + 1))
        sd += [edit_sd] * len(groups) + [deviations.edit if rewrite else deviations.prompt]
        for question_id in questions:
            touching = tuple(column for column, group in zip(own, groups, strict=False) if question_id in group)
            inherited = of_cell.get((rewrite.parent_id, question_id), ()) if rewrite else ()
            of_cell[variant_id, question_id] = (*inherited, *(touching or own[-1:]))
    return Columns(sd=tuple(sd), of_variant=of_variant, of_cell=of_cell, common=common)


def _lineage(history: History) -> list[str]:
    """Variants that were rated, and their ancestors, parents first."""
    needed = {answer.variant_id for _, answer in history.rated()}
    variants = list(history.variants.values())
    place = {variant.id: number for number, variant in enumerate(variants)}
    order = [variants[number] for number in oldest_first([place.get(v.parent_id or "", -1) for v in variants])]
    for variant in reversed(order):
        if variant.id in needed and variant.parent_id:
            needed.add(variant.parent_id)
    return [*sorted(needed - place.keys()), *(variant.id for variant in order if variant.id in needed)]


@dataclass(frozen=True, slots=True, kw_only=True)
class FreeEffects:
    """What the ratings alone tell of a rewrite's coefficients: t distributed."""

    mean: Array  # (groups + 1,) rating points; the last is the rest of the rewrite
    cov: Array  # (groups + 1, groups + 1)
    df: float
    whole: Array  # (groups + 1,) weights that make the mean change of all questions that were rated on both sides
    estimable: npt.NDArray[np.bool_]  # (groups,) whether the questions tell the group apart from the others together


def free_effects(rewrite: Rewrite, model: EditModel) -> FreeEffects:
    """Return what the ratings tell of a rewrite, whatever was thought of its edits before."""
    at = list(model.columns.of_variant[rewrite.variant_id])
    prior = np.diag(1 / np.square(np.asarray(model.columns.sd)[at]))
    with_prior = np.linalg.inv(model.cov[np.ix_(at, at)])
    weight = with_prior @ model.mean[at]
    told = with_prior - prior
    cov = np.linalg.inv(told + np.eye(len(at)) / LARGEST**2)
    mean = cov @ weight
    # The residuals with these coefficients free; each of them uses up to one rating, and so does the mean rating.
    squares = model.squares + float(weight @ (model.mean[at] - mean))
    df = PRIOR_DF + model.n - 1 - float(np.trace(cov @ told))
    scale = (PRIOR_DF + squares) / df
    groups = rewrite.groups
    touched = [[question in group for group in groups] for question in rewrite.ratings]
    table = np.array(touched, dtype=float).reshape(len(touched), len(groups))  # also without groups
    estimable = np.isclose(np.diagonal(np.linalg.pinv(table) @ table), 1.0)
    whole = np.array([[*row, not any(row)] for row in touched], dtype=float).mean(axis=0)
    return FreeEffects(mean=mean, cov=np.asarray(scale * cov), df=df, whole=whole, estimable=estimable)
