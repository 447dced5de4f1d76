"""Prompts as points: distances in the plane are the true ones as far as a plane can show them."""

from __future__ import annotations

import numpy as np
import pytest

from redraft.learning.prompt_map import plane_map


def test_points_that_lie_in_a_plane_keep_their_distances_and_nothing_is_left_out() -> None:
    flat = np.random.default_rng(1).normal(size=(7, 2))
    turned = flat @ np.linalg.qr(np.random.default_rng(2).normal(size=(9, 2)))[0].T + 3.0
    drawn = plane_map(turned)
    true, shown = (np.linalg.norm(rows[:, None] - rows[None], axis=2) for rows in (turned, drawn.points))
    assert shown == pytest.approx(true)
    assert drawn.shown == pytest.approx(1.0)


def test_what_a_plane_leaves_out_is_said() -> None:
    """Four corners of a box of sides 4, 2, 2: a third of the variance beyond the first axis is not shown."""
    drawn = plane_map(np.array([[2.0, 1, 1], [2, -1, -1], [-2, 1, -1], [-2, -1, 1]]))
    assert drawn.shown == pytest.approx((4 + 1) / (4 + 1 + 1))


def test_the_same_rows_give_the_same_picture_whatever_signs_the_machine_finds() -> None:
    rows = np.random.default_rng(3).normal(size=(5, 8))
    points = plane_map(rows).points
    assert plane_map(rows.copy()).points == pytest.approx(points)
    assert points[np.abs(points).argmax(axis=0), [0, 1]].min() > 0


@pytest.mark.parametrize("rows", [1, 2, 4])
def test_rows_that_are_all_the_same_are_one_point_with_nothing_to_show(rows: int) -> None:
    drawn = plane_map(np.full((rows, 3), 0.7))
    assert drawn.points == pytest.approx(np.zeros((rows, 2)))
    assert drawn.shown is None
