"""The tables hold everything, in three formats, and nothing in them runs."""

from __future__ import annotations

import csv
import dataclasses
import json
from pathlib import Path
from typing import Any

import judged_project as made
import pandas as pd
import pytest

from redraft.errors import InputError
from redraft.learning.history import History
from redraft.records import Feedback, Flag, IterationResult, Overall, PlanItem, Question, QuestionEdit, Rating
from redraft.tracking.exporting import flags_frame, overalls_frame, ratings_frame, write_table
from redraft.tracking.exporting_events import decisions_frame, feedback_frame, question_edits_frame
from redraft.tracking.exports import TABLES
from redraft.tracking.table_files import FORMATS, frame_rows


def result(run_id: str, iteration: int) -> IterationResult:
    return IterationResult(
        iteration=iteration, variant_id="v", mean=None, low=None, high=None, n_ratings=0, citations_valid=None,
        refusals_right=None, tokens=0, seconds=0.0, task_id=run_id, decision="", published_id=None, prompt="",
    )  # fmt: skip


def judged(**fields: Any) -> History:
    """A history whose first rating, of the seed variant's answer to "How?", says more."""
    history = made.history_of({made.SEED: 3, made.B: 4})
    first = made.answers_of(made.SEED)[0]
    rating = next(r for r in history.ratings if r.answer_id == first.id and r.reviewer == "Ann")
    place = {"review_key": "r-1", "answer_id": first.id, "letter": "B"}
    plan = [
        PlanItem(**place, reviewer_slot=0, position=2, role="current"),
        PlanItem(**place, reviewer_slot=1, position=5, role="second"),
    ]
    answer = dataclasses.replace(first, sources=("a.md", "b.md"))
    said = dataclasses.replace(rating, **{"tags": ("too long", "no source"), "position": 5, "created": 1e9, **fields})
    others = [record for record in history.records() if getattr(record, "id", "") not in (first.id, rating.id)]
    return History().add([*others, answer, said, *plan])


def test_a_rating_is_exported_with_all_that_it_is_about() -> None:
    rows = frame_rows(ratings_frame(judged(comment="Too long.", seconds=12.5), [result("run", 3)]))

    row = next(row for row in rows if row["comment"] == "Too long.")
    assert (row["reviewer"], row["score"], row["seconds"]) == ("Ann", 4, 12.5)
    assert row["tags"] == ["too long", "no source"]
    assert row["created"] == "2001-09-09T01:46:40Z"
    assert (row["question"], row["split"], row["answer"]) == ("How?", "dev", "Answer to How?")
    assert row["sources"] == ["a.md", "b.md"]
    assert (row["letter"], row["role"]) == ("B", "second")
    assert (row["variant_id"], row["answer_prompt"]) == (made.SEED.id, "Please explain.")
    assert row["extract_prompt"] == "Copy out what helps."
    assert (row["iteration"], row["docs_version"], row["index_id"], row["run_id"]) == (3, "dataset-1", "i-1", "run")
    assert {row["split"] for row in rows} == {"dev", "val"}
    assert {row["blind"] for row in rows} == {True}


def test_whether_a_rating_was_given_blind_is_exported_if_it_is_known() -> None:
    history = judged()
    ann = next(rating for rating in history.ratings if rating.created == 1e9)
    shown = Overall(review_key=ann.review_key, letter="B", reviewer="Ann", score=4, created=ann.created - 1)
    imported = dataclasses.replace(ann, id="rt-elsewhere", review_key="import:a-tool")

    rows = frame_rows(ratings_frame(history.add([shown, imported])))

    blind = {row["rating_id"]: row["blind"] for row in rows}
    assert (blind[ann.id], blind["rt-elsewhere"]) == (False, None)
    assert {blind[rating.id] for rating in history.ratings if rating.reviewer != "Ann"} == {True}


def test_an_anchor_is_of_the_iteration_that_rated_it_not_of_the_one_that_made_its_answer() -> None:
    history = made.history_of({made.SEED: 3, made.B: 4})
    old, new = made.answers_of(made.SEED)[0], dataclasses.replace(made.answers_of(made.C)[0], run_id="run-2")
    again = Rating(id="rt-again", review_key="r-2", answer_id=old.id, reviewer="Ann", score=2, created=9.0)
    plan = [
        PlanItem(review_key="r-2", answer_id=old.id, letter="A", reviewer_slot=0, position=0, role="anchor"),
        PlanItem(review_key="r-2", answer_id=new.id, letter="B", reviewer_slot=0, position=1, role="new"),
    ]

    rows = frame_rows(ratings_frame(history.add([new, again, *plan]), [result("run", 1), result("run-2", 2)]))

    assert [row["iteration"] for row in rows if row["rating_id"] == "rt-again"] == [2]
    assert {row["iteration"] for row in rows if row["rating_id"] != "rt-again"} == {1}


def test_a_rating_of_an_answer_that_is_lost_is_exported_all_the_same() -> None:
    orphan = Rating(id="rt-1", review_key="r-1", answer_id="a-lost", reviewer="Ann", score=2)
    (row,) = frame_rows(ratings_frame(History().add([orphan])))
    assert (row["answer_id"], row["score"]) == ("a-lost", 2)
    assert row["question"] is None
    assert row["iteration"] is None


@pytest.mark.parametrize("comment", ['=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", "\tx", "\r=1"])
def test_a_cell_that_a_spreadsheet_would_run_is_inert_in_csv_and_as_written_elsewhere(
    tmp_path: Path, comment: str
) -> None:
    frame = ratings_frame(judged(comment=comment))
    write_table(frame, tmp_path / "ratings.csv")
    write_table(frame, tmp_path / "ratings.jsonl")

    with (tmp_path / "ratings.csv").open(encoding="utf-8-sig", newline="") as file:
        cells = {row["comment"] for row in csv.DictReader(file)}
    lines = (tmp_path / "ratings.jsonl").read_text().splitlines()
    assert cells == {"", f"'{comment}"}
    assert {json.loads(line)["comment"] for line in lines} == {None, comment}


def test_the_three_formats_hold_the_same(tmp_path: Path) -> None:
    frame = ratings_frame(judged(comment='Zeilen\nund "Zeichen", 答案 \u2028 🙂'), [result("run", 3)])
    for suffix in FORMATS:
        write_table(frame, tmp_path / f"ratings{suffix}")

    table = pd.read_parquet(tmp_path / "ratings.parquet", dtype_backend="pyarrow")
    rows = frame_rows(frame)
    assert frame_rows(table) == rows
    assert [json.loads(line) for line in (tmp_path / "ratings.jsonl").read_text().split("\n")[:-1]] == rows
    with (tmp_path / "ratings.csv").open(encoding="utf-8-sig", newline="") as file:
        written = list(csv.DictReader(file))
    assert [row["comment"] for row in written] == [row["comment"] or "" for row in rows]
    assert [row["score"] for row in written] == [str(row["score"]) for row in rows]
    assert written[-1]["tags"] == "too long; no source"


@pytest.mark.parametrize("suffix", FORMATS)
def test_without_ratings_the_columns_are_written(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"ratings{suffix}"
    write_table(ratings_frame(History()), path)
    if suffix == ".jsonl":
        assert path.read_text() == ""
    else:
        table = pd.read_csv(path) if suffix == ".csv" else pd.read_parquet(path)
        assert list(table.columns) == list(ratings_frame(judged()).columns)
        assert table.empty


def test_an_unknown_ending_is_refused_with_the_known_ones(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"ends in \.csv, \.jsonl, \.parquet, got \.xlsx"):
        write_table(ratings_frame(History()), tmp_path / "ratings.xlsx")
    assert list(tmp_path.iterdir()) == []


def test_a_table_that_cannot_be_written_leaves_the_older_one(tmp_path: Path) -> None:
    path = tmp_path / "ratings.csv"
    path.mkdir()
    with pytest.raises(InputError, match=r"ratings\.csv cannot be written"):
        write_table(ratings_frame(History()), path)
    assert list(tmp_path.iterdir()) == [path]


def test_an_overall_score_is_exported_with_what_its_letter_stood_for() -> None:
    said = Overall(review_key="r-1", letter="B", reviewer="Ann", score=2, comment="Too chatty.", created=1e9)

    (row,) = frame_rows(overalls_frame(judged().add([said]), [result("run", 3)]))

    assert (row["reviewer"], row["score"], row["comment"], row["letter"]) == ("Ann", 2, "Too chatty.", "B")
    assert (row["variant_id"], row["answer_prompt"]) == (made.SEED.id, "Please explain.")
    assert row["extract_prompt"] == "Copy out what helps."
    assert (row["iteration"], row["docs_versions"], row["review_key"]) == (3, ["dataset-1"], "r-1")
    assert row["created"] == "2001-09-09T01:46:40Z"


def test_an_overall_score_whose_plan_is_lost_is_exported_all_the_same() -> None:
    orphan = Overall(review_key="r-9", letter="A", reviewer="Ann", score=2)
    (row,) = frame_rows(overalls_frame(judged().add([orphan])))
    assert (row["score"], row["letter"]) == (2, "A")
    assert (row["variant_id"], row["answer_prompt"], row["iteration"], row["docs_versions"]) == (None, None, None, [])


def test_a_flag_is_exported_with_its_question_also_when_it_was_taken_back() -> None:
    question = made.QUESTIONS[0]
    flags = [
        Flag(review_key="r-1", question_id=question.id, reviewer="Ann", comment="Of what?", created=1e9),
        Flag(review_key="r-1", question_id="q-lost", reviewer="Ben", withdrawn=True, created=2e9),
    ]

    first, second = frame_rows(flags_frame(judged().add(flags), [result("run", 3)]))

    assert (first["reviewer"], first["question"], first["split"]) == ("Ann", "How?", "dev")
    assert (first["comment"], first["withdrawn"]) == ("Of what?", False)
    assert (first["iteration"], first["docs_versions"]) == (3, ["dataset-1"])
    assert (second["question_id"], second["question"], second["withdrawn"]) == ("q-lost", None, True)


def test_an_edit_of_a_question_is_exported_with_the_question_before_and_after() -> None:
    before = made.QUESTIONS[0]
    after = Question(id="q-2", text="How so?", split="val", answerable=True, replaces=before.id)
    edit = QuestionEdit(id="qe-1", kind="edit", question=after, author="Lea", reason="Clearer.", created=1e9)

    (row,) = frame_rows(question_edits_frame(judged().add([edit])))

    assert (row["kind"], row["author"], row["reason"]) == ("edit", "Lea", "Clearer.")
    assert (row["question"], row["replaced"], row["split"], row["answerable"]) == ("How so?", "How?", "val", True)
    assert (row["question_id"], row["replaced_id"]) == ("q-2", before.id)


@pytest.mark.parametrize("suffix", FORMATS)
@pytest.mark.parametrize("name", TABLES)
def test_every_table_is_written_in_every_format_with_and_without_rows(tmp_path: Path, name: str, suffix: str) -> None:
    question = made.QUESTIONS[0]
    history = judged().add(
        [
            Overall(review_key="r-1", letter="B", reviewer="Ann", score=2),
            Flag(review_key="r-1", question_id=question.id, reviewer="Ann"),
            QuestionEdit(id="qe-1", kind="retire", question=question, author="Lea"),
            Feedback(id="f-1", question="How?", answer="So.", variant_id=made.B.id, reviewer="Cat", thumb="up"),
            made.decision("promote", made.B, 2e9),
        ]
    )
    for given in (History(), history):
        write_table(TABLES[name].frame(given, []), tmp_path / f"table{suffix}")
        assert (tmp_path / f"table{suffix}").exists()
        assert len(TABLES[name].frame(given, [])) == len(TABLES[name].records(given))
    assert len(TABLES[name].records(history)) >= 1


def test_feedback_and_decisions_have_tables_of_their_own() -> None:
    said = Feedback(
        id="f-1", question="How?", answer="So.", variant_id=made.B.id, reviewer="Cat", thumb="down", sources=("a.md",),
        preferred_to="v-2", dataset_id="dataset-1", created=1e9,
    )  # fmt: skip
    history = judged().add([said, made.decision("promote", made.B, 2e9, current=made.SEED, run_id="run")])

    (feedback,), (decision,) = frame_rows(feedback_frame(history)), frame_rows(decisions_frame(history))

    assert (feedback["thumb"], feedback["preferred_to"], feedback["sources"]) == ("down", "v-2", ["a.md"])
    assert feedback["answer_prompt"] == "Please explain. Answer in two sentences."
    assert feedback["extract_prompt"] == "Copy out what helps."
    assert (decision["decision"], decision["variant_id"], decision["current_id"]) == (
        "promote",
        made.B.id,
        made.SEED.id,
    )
    assert (decision["created"], decision["iteration"], decision["run_id"]) == ("2033-05-18T03:33:20Z", 1, "run")
