"""Reads tables of questions and answers: CSV with a head, or JSON Lines; each row becomes one document.

{"question": "How do I ...?", "answer": "Use ...", "url": "https://example.com/faq#1"}
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from redraft.corpus.pages import Page, Unreadable, clean_text, decode_text, escape_headings, shorten
from redraft.records import content_id

_QUESTION = ("question", "q", "prompt", "问题", "提问")
_ANSWER = ("answer", "a", "response", "reply", "答案", "回答")
_URL = ("url", "source_url", "source", "link")


def read_csv(location: Path, problems: list[str]) -> list[Page]:
    """Read a table of questions and answers."""
    text = decode_text(location.read_bytes())
    try:
        dialect: Any = csv.Sniffer().sniff(text[:4096], delimiters=",;\t")
    except csv.Error:
        dialect = csv.excel
    dialect.doublequote = True  # the sniffer turns it off when its sample holds no doubled quote
    reader = csv.DictReader(io.StringIO(text), dialect=dialect)
    try:
        rows = [(reader.line_num, row) for row in reader]
    except csv.Error as error:
        raise Unreadable(f"not CSV: {error} at line {reader.line_num}") from None
    return _question_pages(rows, list(reader.fieldnames or []), problems)


def read_jsonl(location: Path, problems: list[str]) -> list[Page]:
    """Read questions and answers, one JSON object a line; a wrong line is named in `problems`."""
    rows: list[tuple[int, Mapping[str, Any]]] = []
    for number, line in enumerate(decode_text(location.read_bytes()).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            problems.append(f"line {number}: not JSON ({error.msg})")
            continue
        if isinstance(row, dict):
            rows.append((number, row))
        else:
            problems.append(f"line {number}: expected a JSON object, found {type(row).__name__}")
    return _question_pages(rows, list(dict.fromkeys(key for _, row in rows for key in row)), problems)


def _question_pages(
    rows: Sequence[tuple[int, Mapping[str, Any]]], columns: Sequence[str], problems: list[str]
) -> list[Page]:
    question, answer, url = (_column(columns, names) for names in (_QUESTION, _ANSWER, _URL))
    if question is None or answer is None:
        if rows:
            found = ", ".join(map(str, columns)) or "none"
            raise Unreadable(f"no question and answer columns; columns found: {found}")
        return []
    pages: dict[str, Page] = {}
    for number, row in rows:
        texts = [str(row.get(name) or "").strip() for name in (question, answer)]
        if not all(texts):
            problems.append(f"line {number}: no {'question' if not texts[0] else 'answer'}")
            continue
        page = _question_page(texts[0], texts[1], str(row.get(url) or "") if url else "")
        pages.setdefault(page.anchor or "", page)
    return list(pages.values())


def _question_page(question: str, answer: str, url: str) -> Page:
    return Page(
        title=shorten(" ".join(question.split())),
        text=clean_text(f"**Question:** {escape_headings(question)}\n\n**Answer:** {escape_headings(answer)}"),
        anchor=content_id("q", question, answer)[2:10],  # not the line number: a row put in above would move all others
        url=url if url.startswith(("https://", "http://")) else None,
    )


def _column(columns: Sequence[str], names: Sequence[str]) -> str | None:
    by_name = {str(column).strip().lower(): column for column in columns if column is not None}
    return next((by_name[name] for name in names if name in by_name), None)
