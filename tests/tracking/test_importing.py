"""An import on the stand-in server: shown, written once, exported, and home again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from judged_project import SEED, B, judge

from redraft.errors import InputError
from redraft.learning.history import History
from redraft.records import Rating
from redraft.tracking.exporting import ratings_frame, write_table
from redraft.tracking.history import find_sources, load_history
from redraft.tracking.importing import Order, plan_import, record_import
from redraft.tracking.server import call

LINES = "question,answer,score,comment,reviewer\nHow do I?,So.,4,=short,Ann\nWhy?,Because.,1,,Ben\n"


def history_of(project: str) -> History:
    return load_history(find_sources(project))


def import_file(project: str, path: Path, *, now: float = 1000.0, **fields: Any) -> str | None:
    plan = plan_import(history_of(project), Order(file=path, **fields), now=now)
    return record_import(project, plan, "Ann")


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "scores.csv"
    path.write_text(LINES, encoding="utf-8")
    return path


def test_a_plan_writes_nothing(project: str, table: Path) -> None:
    plan_import(history_of(project), Order(file=table), now=1.0)
    assert find_sources(project) == []


def test_an_import_is_one_event_that_says_what_it_was(project: str, table: Path) -> None:
    task = import_file(project, table)
    assert find_sources(project) == [task]
    history = history_of(project)
    (made,) = history.imports
    assert (made.source, made.file, made.n_ratings, made.author, made.created) == (
        "table", "scores.csv", 2, "Ann", 1000.0
    )  # fmt: skip
    assert ("score", "score") in made.columns
    assert sorted((rating.reviewer, rating.score) for rating, _ in history.rated()) == [("Ann", 4), ("Ben", 1)]
    found = call("tasks.get_by_id", task=task)["task"]
    assert "redraft-import" in found["tags"]
    assert found["status_message"] == "2 ratings from scores.csv (table), imported by Ann"


def test_the_same_file_a_second_time_does_nothing_and_says_who_imported_it(project: str, table: Path) -> None:
    import_file(project, table)
    plan = plan_import(history_of(project), Order(file=table, scale="1..5"), now=2000.0)
    assert plan.earlier is not None
    assert (plan.earlier.author, plan.earlier.created) == ("Ann", 1000.0)
    assert record_import(project, plan, "Ben") is None
    assert len(find_sources(project)) == 1


def test_deleting_its_task_undoes_an_import(project: str, table: Path) -> None:
    task = import_file(project, table)
    call("tasks.delete", task=task, force=True)
    assert history_of(project) == History()
    assert import_file(project, table) is not None


def test_with_a_problem_nothing_is_written_unless_those_rows_are_left_out(project: str, table: Path) -> None:
    table.write_text(f"{LINES}When?,Now.,9,,Cid\n", encoding="utf-8")
    with pytest.raises(InputError, match=r"line 4: score '9' is outside 1\.\.5"):
        import_file(project, table, scale="1..5")
    assert find_sources(project) == []
    import_file(project, table, scale="1..5", skip_problems=True)
    assert len(history_of(project).ratings) == 2


def test_nobody_imports_without_a_name(project: str, table: Path) -> None:
    plan = plan_import(history_of(project), Order(file=table), now=1.0)
    with pytest.raises(InputError, match="must know who imports"):
        record_import(project, plan, " ")


def said(history: History) -> list[tuple[Any, ...]]:
    def texts(rating: Rating) -> tuple[Any, ...]:
        answer = history.answers[rating.answer_id]
        question, of = history.questions[answer.question_id], history.variants[answer.variant_id]
        prompts = history.prompts[of.answer_prompt_id].text, history.prompts[of.extract_prompt_id].text
        return question.text, question.split, answer.text, *prompts, rating.reviewer, rating.score, rating.comment

    return sorted(map(texts, history.ratings), key=str)


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_what_is_exported_is_the_same_in_another_project(
    project: str, table: Path, tmp_path: Path, ending: str
) -> None:
    judge(project, {SEED: 2, B: 4})
    import_file(project, table)  # an export holds imported ratings too
    history, other = history_of(project), f"{project}-other"
    exported = tmp_path / f"ratings.{ending}"
    write_table(ratings_frame(history), exported)

    import_file(other, exported)

    there = history_of(other)
    assert said(there) == said(history)
    assert len({answer.variant_id for answer in there.answers.values()}) == 3  # variants stay apart
    assert there.imports[0].source == "redraft"


def test_an_export_that_comes_home_adds_nothing(project: str, table: Path, tmp_path: Path) -> None:
    judge(project, {SEED: 2, B: 4})
    import_file(project, table)
    exported = tmp_path / "ratings.csv"
    write_table(ratings_frame(history_of(project)), exported)
    plan = plan_import(history_of(project), Order(file=exported), now=2000.0)
    assert (plan.format, plan.empty, plan.problems) == ("redraft", True, ())
    assert plan.imported.counts.known == plan.imported.counts.rows == len(history_of(project).ratings)


def test_a_rating_that_was_added_to_an_export_joins_the_answer_given_here(project: str, tmp_path: Path) -> None:
    judge(project, {SEED: 2, B: 4})
    frame = ratings_frame(history_of(project))
    frame["reviewer"] = "Cid"
    exported = tmp_path / "ratings.csv"
    write_table(frame, exported)
    plan = plan_import(history_of(project), Order(file=exported), now=2000.0)
    assert plan.imported.joined == plan.imported.counts.ratings == 12
    assert (plan.imported.answers, plan.imported.variants) == ((), ())
