"""Reads example questions that people wrote: JSON Lines, or CSV (also with semicolons or tabs) with a `text` column.

    {"text": "How do I start a review?", "split": "dev", "answerable": true}

Only `text` is needed; `split` is `dev` unless said otherwise, `answerable` is unknown. A file that a step wrote has a
header line with its schema version (`redraft.jsonl`); a file of a person needs none.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from redraft.errors import InputError, RecordError, all_problems
from redraft.jsonl import check_header, from_dict
from redraft.migrations import SCHEMA_VERSION, migrate
from redraft.records import Question, content_id

FIELDS = ("text", "split", "answerable", "note", "replaces")
TRUTHS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False, "": None, "unknown": None}


def read_questions(path: Path) -> list[Question]:
    """Read a file of example questions.

    Raises:
        InputError: Every problem of the file at once, with line numbers.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError(f"{path}: no such questions file") from None
    except IsADirectoryError:
        raise InputError(f"{path}: a folder, expected a questions file (.jsonl or .csv)") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 (byte {error.start})", remedy="save it as UTF-8") from None
    return parse_questions(text, name=str(path), is_csv=path.suffix.lower() == ".csv")


def parse_questions(text: str, *, name: str, is_csv: bool = False) -> list[Question]:
    """Parse example questions; see `read_questions`."""
    questions: dict[str, tuple[int, Question]] = {}
    problems: list[str] = []
    for number, row in _csv_rows(text, name) if is_csv else _json_rows(text, name):
        try:
            question = _question(row)
        except RecordError as error:
            problems.append(f"{name} line {number}: {error.message}")
            continue
        if question.id in questions:
            problems.append(f"{name} line {number}: the same question as in line {questions[question.id][0]}")
        questions.setdefault(question.id, (number, question))
    if problems:
        raise InputError(all_problems(problems))
    if not questions:
        raise InputError(f"{name}: no question in it", remedy='write one a line: {"text": "How do I ...?"}')
    return [question for _, question in questions.values()]


def question_warnings(questions: Sequence[Question], *, name: str) -> tuple[str, ...]:
    """Say what a set of example questions cannot be used for; the iteration runs all the same.

    >>> question_warnings([Question(id="q-1", text="How?"), Question(id="q-2", text="Why?", split="val")], name="q")
    ()
    """
    splits = {question.split for question in questions}
    found = []
    if "val" not in splits:
        found.append(
            f"{name}: no question has split val: no prompt can be promoted, because a promotion needs ratings of "
            "questions that the prompt writer has never seen. Remedy: mark about a third of them as val"
        )
    if "dev" not in splits:
        found.append(
            f"{name}: no question has split dev: the prompt writer sees no rated answer and no comment, because "
            "those of val questions are hidden from it. Remedy: mark about two thirds of them as dev"
        )
    return tuple(found)


def _json_rows(text: str, name: str) -> Iterator[tuple[int, Any]]:
    version = SCHEMA_VERSION
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            yield number, RecordError(f"not JSON ({error.msg} at column {error.colno})")
            continue
        if isinstance(row, dict) and "redraft" in row and number == 1:
            version = check_header(row, kind="Question", name=name)
            continue
        yield number, migrate("Question", row, version) if isinstance(row, dict) else row


def _csv_rows(text: str, name: str) -> Iterator[tuple[int, Any]]:
    reader = csv.DictReader(io.StringIO(text), delimiter=_delimiter(text))
    try:
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise InputError(f"{name}: not a CSV file ({error})") from None
    for number, row in rows:
        if None in row:
            yield number, RecordError("more cells than the header has columns")
            continue
        cells = {key.strip(): (value or "").strip() for key, value in row.items() if key}
        yield number, {key: value for key, value in cells.items() if value or key == "text"}


def _delimiter(text: str) -> str:
    r"""A comma, or what a spreadsheet writes where the comma stands in numbers: what parts the header's names.

    >>> _delimiter("text"), _delimiter("text;split\nWhere, when, how?;dev")
    (',', ';')
    """
    header = text.lstrip().partition("\n")[0]
    return max(",;\t", key=header.count)


def _question(row: Any) -> Question:
    if isinstance(row, RecordError):
        raise row
    if not isinstance(row, dict):
        raise RecordError(f'expected {{"text": "..."}}, got {type(row).__name__}')
    row = {key: value for key, value in row.items() if key != "id"}
    unknown = sorted(set(row) - set(FIELDS))
    if unknown:
        raise RecordError(f"unknown field {unknown[0]!r}; known fields: {', '.join(FIELDS)}")
    text = row.get("text")
    if not isinstance(text, str) or not text.strip():
        raise RecordError("`text` is missing or empty")
    answerable = row.get("answerable")
    if isinstance(answerable, str):
        if answerable.lower() not in TRUTHS:
            raise RecordError(f"`answerable` must be true, false or empty, got {answerable!r}")
        row["answerable"] = TRUTHS[answerable.lower()]
    return from_dict(Question, {**row, "text": text.strip(), "id": content_id("q", text.strip())})
