from __future__ import annotations

from typing import Any

from redraft.learning.history import make_history
from redraft.records import EditEffect, Question, Theme
from redraft.tracking.edit_report import COLUMNS, edits_table

QUESTION = Question(id="q-1", text="How do I " + "really " * 20 + "rate answers?")
THEMES = [
    Theme(id="t-1", text="Cite the page.", comment_ids=("rt-1", "rt-2")),
    Theme(id="t-1", text="Cite the page.", comment_ids=("rt-2", "rt-3")),  # of a later iteration
]
HISTORY = make_history([QUESTION, *THEMES])


def effect(sentence: str, **fields: Any) -> EditEffect:
    given = {
        "variant_id": "v-1", "parent_id": "v-0", "theme_id": "t-1", "question_ids": ("q-1",), "difference": 0.6,
        "low": 0.123, "high": 1.0, "n_ratings": 12, **fields,
    }  # fmt: skip
    return EditEffect(sentence=sentence, **given)


def test_a_row_says_what_the_edit_answers_and_what_it_did_in_words_not_ids() -> None:
    [row] = edits_table([effect("Cite.", note="a note")], HISTORY).to_dict("records")

    assert (row["theme"], row["comments"], row["sentence"]) == ("Cite the page.", 3, "Cite.")
    assert (row["change"], row["low"], row["high"], row["ratings"], row["note"]) == (0.6, 0.12, 1.0, 12, "a note")
    assert row["questions"].startswith("How do I really")
    assert len(row["questions"]) <= 60


def test_rows_are_ordered_by_variant_then_change_and_those_without_a_figure_come_last() -> None:
    none = {"difference": None, "low": None, "high": None}
    effects = [
        effect("none", **none), effect("worse", difference=-0.5), effect("better"), effect("other", variant_id="v-0"),
    ]  # fmt: skip

    table = edits_table(effects, HISTORY)

    assert list(table["sentence"]) == ["other", "better", "worse", "none"]
    assert table["change"].isna().tolist() == [False, False, False, True]


def test_an_edit_without_a_theme_or_with_unknown_records_has_a_row() -> None:
    [row] = edits_table([effect("Be kind.", theme_id=None, question_ids=("q-9",))], HISTORY).to_dict("records")

    assert (row["theme"], row["comments"], row["questions"]) == ("", 0, "q-9")


def test_without_edits_the_table_has_its_columns() -> None:
    table = edits_table([], HISTORY)

    assert (list(table.columns), len(table)) == (list(COLUMNS), 0)
