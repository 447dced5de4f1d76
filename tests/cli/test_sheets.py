"""A review as a spreadsheet: what people see is inert, what they fill in is taken whole or not at all."""

from __future__ import annotations

import csv
import dataclasses
import sys
from pathlib import Path

import pytest
from clearml_stand_in import RunningServer

from redraft.cli.commands import review_command
from redraft.cli.sheets import COLUMNS, SheetOptions, export_sheet, import_sheet, read_sheet
from redraft.config import ROOT
from redraft.errors import InputError, ReviewClosed
from redraft.records import Answer, PlanItem, Question, content_id
from redraft.review_app.admission import check_name
from redraft.tracking.inbox import Assignment, OpenReview
from redraft.tracking.inert_cells import FORMULA_STARTS

REVIEW = OpenReview(
    task_id="t",
    status="queued",
    created="",
    project="p",
    iteration=1,
    answers_task="a",
    pipeline_id=None,
    review_key="r-1",
)


def assignment(number: int, text: str = "Run it.") -> Assignment:
    question = Question(id=f"q-{number}", text=f"How {number}?")
    answer = Answer(
        id=f"a-{number}",
        run_id="r",
        variant_id="v",
        question_id=question.id,
        dataset_id="d",
        index_id="i",
        sample=0,
        text=text,
    )
    item = PlanItem(review_key="r-1", answer_id=answer.id, letter="A", reviewer_slot=0, position=number, role="new")
    return Assignment(item=item, question=question, answer=answer, passages=())


GIVEN = {f"a-{number}": assignment(number) for number in range(4)}


def sheet(
    folder: Path, *rows: tuple[object, ...], columns: tuple[str, ...] = ("answer_id", "score", "comment")
) -> Path:
    path = folder / "sheet.csv"
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)
    return path


def refused(path: Path) -> str:
    with pytest.raises(InputError) as error:
        read_sheet(path, "Ann", REVIEW, GIVEN)
    return str(error.value)


def test_scores_and_comments_become_ratings(tmp_path: Path) -> None:
    path = sheet(tmp_path, ("a-0", 5, " clear "), ("a-1", 3, ""), ("a-2", "", "no score, no rating"))
    ratings = read_sheet(path, "Ann", REVIEW, GIVEN)
    assert [(each.answer_id, each.score, each.comment) for each in ratings] == [("a-0", 5, "clear"), ("a-1", 3, None)]
    assert {(each.reviewer, each.review_key) for each in ratings} == {("Ann", "r-1")}
    assert len({each.id for each in ratings}) == 2


def test_a_row_that_was_changed_and_imported_again_replaces_itself(tmp_path: Path) -> None:
    """The same id, so that the later row counts."""
    first = read_sheet(sheet(tmp_path, ("a-0", 5, "")), "Ann", REVIEW, GIVEN)
    second = read_sheet(sheet(tmp_path, ("a-0", 4, "")), "Ann", REVIEW, GIVEN)
    assert first[0].id == second[0].id
    assert read_sheet(sheet(tmp_path, ("a-0", 4, "")), "Ben", REVIEW, GIVEN)[0].id != first[0].id


@pytest.mark.parametrize("score", ["0", "6", "-1", "4.5", "five", "5 stars", "५", "1e0"])
def test_a_score_that_is_no_whole_number_from_1_to_5_is_named_with_its_line(tmp_path: Path, score: str) -> None:
    said = refused(sheet(tmp_path, ("a-0", 5, ""), ("a-1", score, "")))
    assert f"sheet.csv line 3: score must be a whole number from 1 to 5, got '{score}'" in said


def test_every_wrong_row_is_named_at_once_and_nothing_is_taken(tmp_path: Path) -> None:
    rows = [("a-0", 5, ""), ("a-9", 5, ""), ("a-1", 7, ""), ("a-0", 5, ""), ("a-2", 4, "x" * 10_001), ("a-3", 1, "")]
    said = refused(sheet(tmp_path, *rows))
    for words in (
        "5 problems",
        "line 3: answer_id 'a-9' is not in the open review",
        "line 4: score must be",
        "line 5: answer a-0 is rated twice",
        "line 6: the comment has 10001 characters, 10000 are kept",
        "line 7: a score of 1 needs a comment",
        "Nothing was imported",
    ):
        assert words in said


def test_the_line_that_is_named_is_in_the_row_also_when_answers_have_several_lines(tmp_path: Path) -> None:
    path = sheet(tmp_path, ("a\nb\nc", "a-0", 5), ("a\nb", "a-1", 9), columns=("answer", "answer_id", "score"))
    lines = path.read_text(encoding="utf-8-sig").splitlines()
    named = int(refused(path).partition("line ")[2].partition(":")[0])
    assert "b" in lines[named - 1]
    assert "a-1" in lines[named - 1]


def test_a_sheet_in_which_nothing_is_filled_in_is_refused(tmp_path: Path) -> None:
    assert "no row has a score" in refused(sheet(tmp_path, ("a-0", "", "")))
    assert "no row has a score" in refused(sheet(tmp_path))


@pytest.mark.parametrize("missing", ["answer_id", "score"])
def test_a_sheet_without_a_column_that_is_needed_is_refused(tmp_path: Path, missing: str) -> None:
    columns = tuple(name for name in ("answer_id", "score") if name != missing)
    assert f"no column '{missing}'" in refused(sheet(tmp_path, ("x",), columns=columns))


def test_what_is_no_csv_file_is_told_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "latin.csv").write_bytes("answer_id,score\nä,5\n".encode("latin-1"))
    (tmp_path / "null.csv").write_bytes(b"answer_id,score\na-0,5\n" + b'"' + b"x" * 200_000 + b'"\n')
    assert "not UTF-8" in refused(tmp_path / "latin.csv")
    assert "not a CSV file" in refused(tmp_path / "null.csv")
    assert "no such file" in refused(tmp_path / "none.csv")
    assert "a folder" in refused(tmp_path)
    (tmp_path / "empty.csv").write_text("")
    assert "no column 'answer_id'" in refused(tmp_path / "empty.csv")


def test_sheets_of_semicolons_say_which_column_is_missing(tmp_path: Path) -> None:
    """What some spreadsheets write in some countries."""
    path = tmp_path / "semicolons.csv"
    path.write_text("answer_id;score\na-0;5\n")
    assert "no column 'answer_id'" in refused(path)


@pytest.mark.parametrize("comment", ["'tis wrong", "'quoted' words", "it's", "-- no", "'=1+1", "🙂\nsecond line", "''"])
def test_a_comment_comes_back_as_it_was_written(tmp_path: Path, comment: str) -> None:
    """Only the mark that makes a formula inert is taken off."""
    ratings = read_sheet(sheet(tmp_path, ("a-0", 5, comment)), "Ann", REVIEW, GIVEN)
    assert ratings[0].comment == (comment[1:] if comment == "'=1+1" else comment)


@pytest.mark.parametrize("name", ["person-9999", "Redraft", "x" * 81])
def test_a_name_that_the_page_refuses_is_refused_for_a_sheet_before_anything_starts(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A person who calls themselves by a pseudonym would become one with somebody who was forgotten."""
    monkeypatch.setenv("REDRAFT_HOME", str(tmp_path / "state"))
    with pytest.raises(InputError) as refused:
        review_command("", SheetOptions(sheet=sheet(tmp_path, ("a-0", 5, "")), reviewer=name))
    with pytest.raises(InputError) as by_the_page:
        check_name(name)
    assert str(refused.value) == str(by_the_page.value)
    assert not (tmp_path / "state").exists()


# with an open review on a server


@pytest.fixture
def project(clearml_sdk: RunningServer, tmp_path: Path) -> str:
    """Make a project with an open review whose answers look like formulas."""
    assert clearml_sdk.url
    sys.path.insert(0, str(ROOT / "tests" / "tracking"))
    try:
        import review_world
    finally:
        sys.path.pop(0)
    name = content_id("project", str(tmp_path))
    texts = [f"{start}cmd|' /C calc'!A0" for start in FORMULA_STARTS]
    answers = [
        dataclasses.replace(review_world.ANSWERS[0], id=f"a-{number}", text=text) for number, text in enumerate(texts)
    ]
    task = review_world.make_answers(name, answers=answers)
    review_world.make_review(name, answers_task=task)
    return name


def filled_in(path: Path, score: int = 4) -> None:
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows({**row, "score": score, "comment": "why not"} for row in rows)


def test_who_closes_a_review_whose_controller_is_dead_is_told_how_its_run_goes_on(project: str, tmp_path: Path) -> None:
    path, name = tmp_path / "a sheet.csv", f"{project}-dead"
    import review_world  # where `project` has found it

    run = review_world.make_run(name, status="failed")
    review_world.make_review(name, parent=run.id)
    said = export_sheet(name, path)
    assert said.endswith(f"redraft review --project {name} --import '{path}' --reviewer NAME")
    filled_in(path)
    said = import_sheet(name, path, "Ann", keep_open=False)
    assert said.endswith(f"; its run is failed and at no agent: `redraft resume --project {name}` goes on")


def test_an_exported_sheet_holds_each_answer_once_and_no_formula(project: str, tmp_path: Path) -> None:
    path = tmp_path / "sheet.csv"
    said = export_sheet(project, path)
    assert said.startswith(f"{path}: 6 answers of iteration 1.")
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["answer_id"] for row in rows] == [f"a-{number}" for number in range(6)]
    assert not [cell for row in rows for cell in row.values() if cell.startswith(FORMULA_STARTS)]
    assert [row["answer"][1:2] for row in rows] == list(FORMULA_STARTS)


def test_a_filled_in_sheet_closes_the_review_with_its_ratings(project: str, tmp_path: Path) -> None:
    path = tmp_path / "sheet.csv"
    export_sheet(project, path)
    filled_in(path)
    assert import_sheet(project, path, "Ann", keep_open=True).endswith("stays open")
    assert import_sheet(project, path, "Ben", keep_open=False).endswith("closed with 12")
    with pytest.raises(InputError, match="has no open review"):
        import_sheet(project, path, "Cleo", keep_open=False)


@pytest.fixture
def second(project: str) -> OpenReview:
    """Open a second review in the project, of iteration 2, in which answer a-0 is rated again."""
    sys.path.insert(0, str(ROOT / "tests" / "tracking"))
    try:
        import review_world
    finally:
        sys.path.pop(0)
    again = dataclasses.replace(review_world.ANSWERS[0], id="a-0")
    task = review_world.make_answers(project, answers=[again, *review_world.ANSWERS])
    return review_world.make_review(project, answers_task=task, iteration=2, key="r-2")


def test_of_two_open_reviews_none_is_exported_until_one_is_named(
    project: str, second: OpenReview, tmp_path: Path
) -> None:
    path = tmp_path / "sheet.csv"
    with pytest.raises(InputError, match="2 reviews are open") as refused:
        export_sheet(project, path)
    assert "iteration 1 (task " in str(refused.value)
    assert f"iteration 2 (task {second.task_id}, since {second.created[:16]}Z)" in str(refused.value)
    assert str(refused.value).endswith("Name one with --iteration N.")
    assert not path.exists()
    assert export_sheet(project, path, iteration=2).startswith(f"{path}: 4 answers of iteration 2.")
    with pytest.raises(InputError, match="no review of iteration 3 is open, only: iteration 1 "):
        export_sheet(project, path, iteration=3)


def test_a_sheet_goes_to_the_open_review_that_its_answers_are_of(
    project: str, second: OpenReview, tmp_path: Path
) -> None:
    from redraft.tracking.inbox import handed_in, open_reviews

    path = tmp_path / "sheet.csv"
    export_sheet(project, path, iteration=2)
    filled_in(path)
    assert "the review of iteration 2 stays open" in import_sheet(project, path, "Ann", keep_open=True)
    assert [len(handed_in(review.task_id).ratings) for review in open_reviews(project)] == [0, 4]
    assert len(handed_in(second.task_id).ratings) == 4


@pytest.mark.parametrize("answers", [("a-0",), ("a-0", "a-of-none"), ()])
def test_a_sheet_that_may_be_of_several_open_reviews_or_of_none_needs_the_iteration(
    project: str, second: OpenReview, tmp_path: Path, answers: tuple[str, ...]
) -> None:
    from redraft.tracking.inbox import handed_in

    path = sheet(tmp_path, *((answer, 4, "") for answer in answers))
    with pytest.raises(InputError, match=r"2 reviews are open.* Name one with --iteration N"):
        import_sheet(project, path, "Ann", keep_open=True)
    if answers == ("a-0",):
        import_sheet(project, path, "Ann", keep_open=True, iteration=2)
        assert len(handed_in(second.task_id).ratings) == 1


def test_an_iteration_without_a_sheet_is_refused() -> None:
    with pytest.raises(InputError, match=r"--iteration is for a sheet\. Add --export FILE or --import FILE"):
        review_command("", SheetOptions(iteration=2))


def test_one_wrong_row_and_nothing_is_handed_in(project: str, tmp_path: Path) -> None:
    from redraft.tracking.inbox import handed_in, open_reviews

    path = tmp_path / "sheet.csv"
    export_sheet(project, path)
    filled_in(path)
    path.write_text(path.read_text(encoding="utf-8").replace("why not,a-5", "why not,a-6"), encoding="utf-8")
    with pytest.raises(InputError, match="'a-6' is not in the open review"):
        import_sheet(project, path, "Ann", keep_open=False)
    review = open_reviews(project)[0]
    assert (review.status, handed_in(review.task_id).ratings) == ("queued", ())


@pytest.mark.parametrize("step", ["lease", "remove_task", "started", "ratings"])
def test_an_import_that_was_interrupted_while_it_closed_the_review_can_be_repeated(
    project: str, tmp_path: Path, step: str
) -> None:
    """What reached it then is taken and the review finished: its run would wait for ever otherwise."""
    from redraft.tracking.closing import close_review
    from redraft.tracking.inbox import open_reviews

    path = tmp_path / "sheet.csv"
    export_sheet(project, path)
    filled_in(path)
    import_sheet(project, path, "Ann", keep_open=True)

    def interrupt(done: str) -> None:
        if done == step:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        close_review(open_reviews(project)[0], clock=lambda: 0.0, between=interrupt)
    assert import_sheet(project, path, "Ann", keep_open=False).endswith("closed with 6")


def test_a_sheet_that_comes_while_somebody_closes_the_review_is_refused_with_their_name(
    project: str, tmp_path: Path
) -> None:
    from redraft.tracking.closing import close_review
    from redraft.tracking.inbox import open_reviews

    path = tmp_path / "sheet.csv"
    export_sheet(project, path)
    filled_in(path)
    import_sheet(project, path, "Ann", keep_open=True)
    with pytest.raises(ReviewClosed, match="Ben is closing the review"):
        close_review(
            open_reviews(project)[0],
            owner="Ben",
            between=lambda done: import_sheet(project, path, "Cleo", keep_open=False) if done == "started" else None,
        )
    left = open_reviews(project)[0]
    assert left.status == "in_progress"
    close_review(left, clock=lambda: 1e11)


def test_a_sheet_that_cannot_be_written_is_told_in_one_line(project: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        export_sheet(project, tmp_path / "none" / "sheet.csv")
