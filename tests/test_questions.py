"""Questions that people wrote: read as they meant them, or every problem told at once with its line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from redraft.errors import InputError
from redraft.jsonl import write_jsonl
from redraft.questions import parse_questions, question_warnings, read_questions
from redraft.records import Question, content_id


def write(folder: Path, text: str, name: str = "questions.jsonl", encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def refused(text: str, **options: bool) -> str:
    with pytest.raises(InputError) as error:
        parse_questions(text, name="q", **options)
    return str(error.value)


def test_only_the_text_is_needed() -> None:
    assert parse_questions('{"text": " How? "}\n', name="q") == [Question(id=content_id("q", "How?"), text="How?")]


def test_all_fields_are_read_and_a_given_id_is_not_trusted() -> None:
    row = {"text": "How?", "split": "val", "answerable": False, "note": "n", "replaces": "q-0", "id": "q-wrong"}
    (found,) = parse_questions(json.dumps(row), name="q")
    assert found == Question(
        id=content_id("q", "How?"), text="How?", split="val", answerable=False, note="n", replaces="q-0"
    )


def test_every_problem_is_told_at_once_with_its_line() -> None:
    lines = [
        '{"text": "How?"}',
        "How do I?",
        '{"text": "  "}',
        "",
        '{"text": "How?"}',
        '{"text": "Why?", "split": "test"}',
        '{"text": "When?", "answer": "now"}',
        '{"text": 5}',
        "[1]",
        '"text"',
        "null",
        '{"text": "Who?", "answerable": "perhaps"}',
        '{"text": "Where?", "answerable": 3}',
        "{}",
    ]
    said = refused("\n".join(lines))
    for words in (
        "12 problems",
        "q line 2: not JSON",
        "q line 3: `text` is missing or empty",
        "q line 5: the same question as in line 1",
        "q line 6: Question.split: expected one of dev, val, got 'test'",
        "q line 7: unknown field 'answer'; known fields: text, split, answerable, note, replaces",
        "q line 8: `text` is missing",
        'q line 9: expected {"text": "..."}, got list',
        'q line 10: expected {"text": "..."}, got str',
        'q line 11: expected {"text": "..."}, got NoneType',
        "q line 12: `answerable` must be true, false or empty, got 'perhaps'",
        "q line 13: Question.answerable",
        "q line 14: `text` is missing",
    ):
        assert words in said


def test_questions_that_differ_in_space_at_their_ends_are_the_same() -> None:
    assert "line 2: the same question as in line 1" in refused('{"text": "How?"}\n{"text": "How? "}\n')


@pytest.mark.parametrize("text", ["", "\n\n", '{"redraft": "Question", "schema": 1}\n'])
def test_a_file_without_a_question_is_refused(text: str) -> None:
    assert "q: no question in it" in refused(text)


@pytest.mark.parametrize("version", [1, 2])
def test_a_file_with_a_header_of_a_version_that_is_read_is_taken(version: int) -> None:
    text = f'{{"redraft": "Question", "schema": {version}}}\n{{"text": "How?"}}\n'
    assert [question.text for question in parse_questions(text, name="q")] == ["How?"]


@pytest.mark.parametrize("version", ["3", '"1"', "null", "true"])
def test_a_file_with_a_header_of_another_version_is_refused_by_name(version: str) -> None:
    said = refused(f'{{"redraft": "Question", "schema": {version}}}\n{{"text": "How?"}}\n')
    assert said.startswith("q: ")
    assert "schema version" in said
    assert "this Redraft reads 1 and 2" in said


def test_a_file_of_other_records_is_refused() -> None:
    assert "q: holds Answer records, expected Question" in refused('{"redraft": "Answer", "schema": 2}\n{"id": "a"}\n')


def test_without_a_val_question_a_person_is_told_that_nothing_can_be_promoted() -> None:
    found = parse_questions('{"text": "How?"}\n{"text": "Why?"}\n', name="q")
    (warning,) = question_warnings(found, name="q.jsonl")
    assert warning.startswith("q.jsonl: no question has split val: no prompt can be promoted, because")
    assert "Remedy: mark about a third of them as val" in warning


def test_without_a_dev_question_a_person_is_told_that_the_writer_sees_nothing() -> None:
    found = parse_questions('{"text": "How?", "split": "val"}\n', name="q")
    (warning,) = question_warnings(found, name="q.jsonl")
    assert warning.startswith("q.jsonl: no question has split dev: the prompt writer sees no rated answer")


def test_with_both_splits_there_is_no_warning() -> None:
    found = parse_questions('{"text": "How?"}\n{"text": "Why?", "split": "val"}\n', name="q")
    assert question_warnings(found, name="q.jsonl") == ()


def test_what_a_step_wrote_can_be_read_back(tmp_path: Path) -> None:
    question = Question(id=content_id("q", "How?"), text="How?", split="val", answerable=True)
    assert read_questions(write_jsonl(tmp_path / "q.jsonl", Question, [question])) == [question]


def test_a_line_separator_in_a_text_is_no_end_of_line() -> None:
    (found,) = parse_questions('{"text": "one\u2028two\u0085three"}', name="q")
    assert found.text == "one\u2028two\u0085three"


@pytest.mark.parametrize("name", ["q.jsonl", "q.csv"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_byte_order_mark_and_any_ends_of_lines_are_accepted(tmp_path: Path, name: str, end: str) -> None:
    lines = ["text", "How?", "Why?"] if name.endswith("csv") else ['{"text": "How?"}', '{"text": "Why?"}']
    path = write(tmp_path, end.join(lines) + end, name, "utf-8-sig")
    assert [question.text for question in read_questions(path)] == ["How?", "Why?"]


def test_a_csv_file_with_a_text_column_is_read() -> None:
    text = 'Text , split,answerable,note\n"How, and ""why""?",val,yes,\n"two\nlines",,NO,n\nWhen?,,unknown,\n'.replace(
        "Text", "text"
    )
    found = parse_questions(text, name="q", is_csv=True)
    assert [(question.text, question.split, question.answerable, question.note) for question in found] == [
        ('How, and "why"?', "val", True, None),
        ("two\nlines", "dev", False, "n"),
        ("When?", "dev", None, None),
    ]


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_a_csv_file_is_read_whatever_the_spreadsheet_writes_between_columns(mark: str) -> None:
    text = f'text{mark}split\n"Where, when; how?"{mark}val\n'
    (found,) = parse_questions(text, name="q", is_csv=True)
    assert (found.text, found.split) == ("Where, when; how?", "val")


def test_every_problem_of_a_csv_file_is_told_at_once_with_its_line() -> None:
    said = refused("text,split\nHow?,dev\nHow?,dev\n,dev\nWhy?,dev,more\nWhen?,test\n", is_csv=True)
    for words in (
        "4 problems",
        "line 3: the same question as in line 2",
        "line 4: `text` is missing",
        "line 5: more cells than the header has columns",
        "line 6: Question.split",
    ):
        assert words in said


def test_a_csv_file_without_a_text_column_is_refused() -> None:
    assert "unknown field 'question'" in refused("question\nHow?\n", is_csv=True)


def test_files_that_cannot_be_read_are_told_in_one_line(tmp_path: Path) -> None:
    cases = {
        tmp_path / "none.jsonl": "no such questions file",
        tmp_path: "a folder, expected a questions file",
        write(tmp_path, '{"text": "Größe?"}', "latin.jsonl", "latin-1"): "not UTF-8 (byte 12)",
        write(tmp_path, '{"text": "How?"}', "wide.jsonl", "utf-16"): "not UTF-8",
    }
    for path, words in cases.items():
        with pytest.raises(InputError) as error:
            read_questions(path)
        assert words in str(error.value)


def test_hostile_csv_is_refused_in_our_words() -> None:
    assert "q" in refused('text\n"' + "x" * 200_000 + '"\n', is_csv=True)


@given(st.lists(st.text(min_size=1).filter(str.strip), min_size=1, unique_by=str.strip))
def test_any_texts_come_back(texts: list[str]) -> None:
    lines = "\n".join(json.dumps({"text": text}, ensure_ascii=bool(len(text) % 2)) for text in texts)
    assert [question.text for question in parse_questions(lines, name="q")] == [text.strip() for text in texts]


@given(st.text(), st.booleans())
def test_any_file_is_read_or_refused_in_our_words(text: str, is_csv: bool) -> None:
    try:
        found = parse_questions(text, name="q", is_csv=is_csv)
    except InputError:
        return
    assert found
