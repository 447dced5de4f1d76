"""What people, documents and models wrote stands in ClearML's tables as text."""

from __future__ import annotations

import pandas as pd

from redraft.tracking.tables import MAX_CELL, MAX_ROWS, shown

LINK = 'See <a href="https://example.com">this</a> & <version>'


def test_mark_up_in_a_cell_is_shown_as_it_was_written() -> None:
    table = shown(pd.DataFrame({"answer": [LINK], "rating": [4.0]}))

    assert table.to_numpy().tolist() == [['See &lt;a href="https://example.com">this&lt;/a> &amp; &lt;version>', 4.0]]


def test_long_texts_are_cut_and_so_are_many_rows() -> None:
    table = shown(pd.DataFrame({"answer": ["x" * 1000] * 300, "rating": range(300)}))

    assert len(table) == MAX_ROWS == 200
    assert set(table["answer"].str.len()) == {MAX_CELL}
    assert table["answer"][0].endswith("x ...")


def test_a_cut_never_leaves_half_an_entity() -> None:
    [[cell]] = shown(pd.DataFrame({"answer": ["<" * 20]}), max_chars=10).to_numpy().tolist()

    assert cell == "&lt;" * 6 + " ..."


def test_the_table_that_is_shown_is_another_one() -> None:
    table = pd.DataFrame({"answer": [LINK]})
    shown(table)

    assert table["answer"].tolist() == [LINK]
