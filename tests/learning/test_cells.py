"""The cells of the heat map, and how two variants compare that are not the current one."""

from __future__ import annotations

import pytest
from made_records import question, rated_history, variant

from redraft.learning.cells import cells_of, hardest_first
from redraft.learning.choices import evidence_between, evidence_for
from redraft.learning.history import make_history
from redraft.learning.score import score_variants
from redraft.records import make_prompt

EASY, HARD = question("Easy?"), question("Hard?", split="val")
SEED, NEW, NEWER = (variant(make_prompt("answer", text)) for text in ("Old.", "New.", "Newer."))


def test_a_cell_is_the_mean_of_one_variants_ratings_on_one_question() -> None:
    cells = cells_of(rated_history({SEED: {EASY: (4, 5), HARD: (1,)}, NEW: {HARD: (2, 3, 4)}}))
    assert {(c.question_id, c.variant_id): (c.mean, c.n_ratings) for c in cells} == {
        (EASY.id, SEED.id): (4.5, 2),
        (HARD.id, SEED.id): (1.0, 1),
        (HARD.id, NEW.id): (3.0, 3),
    }


def test_the_hardest_question_has_the_lowest_mean_of_all_its_ratings() -> None:
    """By ratings, not by cells: HARD has (1 + 5 + 5 + 5) / 4 = 4, though the mean of its cells' means is 3."""
    cells = cells_of(rated_history({SEED: {EASY: (4,), HARD: (1,)}, NEW: {EASY: (3,), HARD: (5, 5, 5)}}))
    assert hardest_first(cells) == [EASY.id, HARD.id]


def test_without_ratings_there_are_no_cells() -> None:
    assert cells_of(make_history([SEED, EASY])) == ()
    assert hardest_first(()) == []


def test_two_variants_compare_as_each_would_with_the_other_as_current_one() -> None:
    history = rated_history({SEED: {EASY: (3, 3)}, NEW: {EASY: (4, 4)}, NEWER: {EASY: (2, 2), HARD: (1, 2)}})
    board = score_variants(history, current_id=SEED.id, interval=0.9)
    other = score_variants(history, current_id=NEW.id, interval=0.9)

    between, wanted = evidence_between(board, NEWER.id, NEW.id), evidence_for(other, NEWER.id)

    assert between.difference == pytest.approx(wanted.difference)
    assert (between.low, between.high) == (pytest.approx(wanted.low), pytest.approx(wanted.high))
    assert between.p_better == pytest.approx(wanted.p_better)
    assert between.n_ratings == 4


def test_of_a_variant_without_ratings_or_itself_nothing_is_said() -> None:
    history = rated_history({SEED: {EASY: (3, 3)}}).add([NEW])
    board = score_variants(history, current_id=SEED.id, interval=0.9)
    for other in (NEW.id, SEED.id):
        evidence = evidence_between(board, SEED.id, other)
        assert (evidence.difference, evidence.p_better) == (None, None)
