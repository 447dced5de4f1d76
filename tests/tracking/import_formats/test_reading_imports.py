"""Files of all kinds become rows, or one clear message."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd
import pytest

from redraft.errors import InputError
from redraft.tracking.import_formats import reading
from redraft.tracking.import_formats.reading import Source, read_source

LINES = "question,answer,score\nHow?,So.,4\nWhy?,Because.,2\n"


def read(tmp_path: Path, content: str | bytes, name: str = "export.csv") -> Source:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_source(path)


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (LINES, "CSV with commas, UTF-8"),
        (LINES.replace(",", ";"), "CSV with semicolons, UTF-8"),
        (LINES.replace(",", "\t"), "CSV with tabs, UTF-8"),
        (LINES.encode("utf-8-sig"), "CSV with commas, UTF-8 with its mark"),
        (LINES.encode("utf-16"), "CSV with commas, UTF-16"),
        (LINES.replace("\n", "\r\n"), "CSV with commas, UTF-8"),
        ('{"question": "How?", "score": 4}\n{"question": "Why?", "score": 2}\n', "JSON Lines, UTF-8"),
        ('[{"question": "How?"}, {"question": "Why?"}]', "JSON, UTF-8"),
        ('{"data": [{"question": "How?"}, {"question": "Why?"}], "meta": {}}', "JSON, UTF-8"),
        ('{\n"question": ["How?", "Why?"],\n"score": [4, 2]\n}', "JSON, UTF-8"),
    ],
)
def test_a_file_is_told_by_its_content(tmp_path: Path, content: str | bytes, kind: str) -> None:
    source = read(tmp_path, content, "export.txt")
    assert (source.kind, [row["question"] for _, row in source.rows]) == (kind, ["How?", "Why?"])


def test_parquet_is_read(tmp_path: Path) -> None:
    path = tmp_path / "export.parquet"
    pd.DataFrame({"question": ["How?"], "tags": [["a", "b"]]}).to_parquet(path)
    assert read_source(path).rows == (("row 1", {"question": "How?", "tags": ["a", "b"]}),)


def test_places_are_the_lines_that_an_editor_shows(tmp_path: Path) -> None:
    source = read(tmp_path, 'question,answer\n"How\nnow?",So.\n\nWhy?,Because.\n')
    assert [place for place, _ in source.rows] == ["line 2", "line 5"]
    assert source.rows[0][1]["question"] == "How\nnow?"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "no row in it"),
        ("question,answer\n", "no row in it"),
        (LINES.encode() + "Wär?,Ja.,1\n".encode("latin-1"), r"line 4 \(byte 50, 0xe4\): not UTF-8; it may be Latin-1"),
        (
            LINES.encode() + "Grün?,Ja.,1\n".encode() + "Wär?,Ja.,1\n".encode("latin-1"),
            r"line 5 .*: not UTF-8, but 1 other line is: the file mixes encodings",
        ),
        (LINES.encode("utf-16-le"), "zero bytes: UTF-16 without its mark"),
        (LINES.encode("utf-16")[:-1], "begins with the mark of UTF-16, but byte"),
        (b"PK\x03\x04abc", "a zip file or Excel workbook"),
        (b"PAR1abc", "not a Parquet file"),
        ("a,b\n1,2,3\n", "line 2: 3 cells, but 2 columns"),
        ("a,a\n1,2\n", "two columns are called 'a'"),
        ('a,b\n"1,2\n', "not a CSV file"),
        ('{"a": 1}\n{"b": \n', "line 2: not JSON"),
        ('{"a": 1}\n[1]\n', "line 2: expected a JSON object, found list"),
        ('[{"a": 1}, 2]', "record 2: expected a JSON object, found int"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_a_file_that_cannot_be_read_is_one_message(tmp_path: Path, content: str | bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read(tmp_path, content)


def test_a_missing_file_and_a_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file"):
        read_source(tmp_path / "none.csv")
    with pytest.raises(InputError, match="a folder"):
        read_source(tmp_path)


def test_a_file_over_the_limit_is_refused_before_it_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "MAX_MB", 0)
    with pytest.raises(InputError, match="at most 0 MB are read"):
        read(tmp_path, LINES)


def test_a_cell_of_a_megabyte_is_read_whole(tmp_path: Path) -> None:
    text = "x" * 1_000_000
    assert read(tmp_path, f"question\n{text}\n").rows[0][1]["question"] == text
    assert read(tmp_path, json.dumps([{"question": text}])).rows[0][1]["question"] == text
