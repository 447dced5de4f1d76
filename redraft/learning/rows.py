"""Ratings as numbers: what the mixed model of `redraft.learning.equations` is fitted to.

`redraft.learning.design` makes them from records; nothing here knows records.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
Indices = npt.NDArray[np.intp]

MIDDLE = 3.0  # of the scale: ratings and mu are counted from it


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Rows:
    """Ratings as numbers, one row a rating (or an overall score).

    The columns of `x` are the coefficients: mu, then variants, questions, reviewers. `cell` numbers the pairs of
    variant and question from 0; -1: the row has no cell (an overall score is about all questions).
    """

    variants: tuple[str, ...]
    parents: tuple[int, ...]  # of each variant, its parent's place in `variants`; -1: none
    questions: tuple[str, ...]
    reviewers: tuple[str, ...]
    x: Array  # (rows, 1 + variants + questions + reviewers)
    y: Array  # (rows,) ratings, 1 to 5
    precision: Array  # (rows,) 1: an ordinary rating; a quarter: one that counts as a quarter of it
    cell: Indices  # (rows,)
    cells: tuple[tuple[int, int], ...]  # of each cell: place of its variant, place of its question

    def column(self, kind: Literal["variant", "question", "reviewer"], place: int) -> int:
        """Column of `x` of the variant, question or reviewer at a place."""
        first_question = 1 + len(self.variants)
        return {"variant": 1, "question": first_question, "reviewer": first_question + len(self.questions)}[
            kind
        ] + place


def without_overalls(rows: Rows) -> Rows:
    """Leave the rows out that have no cell: overall scores."""
    inside = rows.cell >= 0
    return dataclasses.replace(
        rows, x=rows.x[inside], y=rows.y[inside], precision=rows.precision[inside], cell=rows.cell[inside]
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sums:
    """What the equations need of the rows, whatever the deviations are."""

    xx: Array  # x' D x, with D the rows' precisions, (columns, columns)
    xy: Array  # x' D (y - MIDDLE), (columns,)
    yy: float
    log_precision: float
    n: int
    cell_x: Array  # (cells, columns) precision-weighted sums of x
    cell_y: Array  # (cells,)
    cell_precision: Array  # (cells,)


def sums_of(rows: Rows) -> Sums:
    """Sum the rows up, once for all deviations that are tried."""
    y, weighted = rows.y - MIDDLE, rows.x * rows.precision[:, None]
    cell_x = np.zeros((len(rows.cells), rows.x.shape[1]))
    cell_y, cell_precision = np.zeros(len(rows.cells)), np.zeros(len(rows.cells))
    inside = rows.cell >= 0
    np.add.at(cell_x, rows.cell[inside], weighted[inside])
    np.add.at(cell_y, rows.cell[inside], (rows.precision * y)[inside])
    np.add.at(cell_precision, rows.cell[inside], rows.precision[inside])
    return Sums(
        xx=weighted.T @ rows.x,
        xy=weighted.T @ y,
        yy=float(rows.precision @ (y * y)),
        log_precision=float(np.log(rows.precision).sum()),
        n=len(y),
        cell_x=cell_x,
        cell_y=cell_y,
        cell_precision=cell_precision,
    )
