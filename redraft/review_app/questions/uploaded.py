"""Reads a file of questions that somebody uploaded. Pure."""

from __future__ import annotations

import codecs

from redraft.errors import InputError
from redraft.questions import parse_questions
from redraft.records import Question

MAX_BYTES = 2 * 2**20
_MARKS = {
    codecs.BOM_UTF32_LE: "UTF-32",
    codecs.BOM_UTF32_BE: "UTF-32",
    codecs.BOM_UTF16_LE: "UTF-16",
    codecs.BOM_UTF16_BE: "UTF-16",
}


def read_upload(name: str, data: bytes) -> list[Question]:
    """Read questions from a CSV or JSON Lines file.

    Raises:
        InputError: Too large, not UTF-8, or every wrong line of it.
    """
    if len(data) > MAX_BYTES:
        raise InputError(f"{name}: {len(data) / 2**20:.1f} MB, at most {MAX_BYTES // 2**20} MB are read")
    encoding = next((called for mark, called in _MARKS.items() if data.startswith(mark)), None)
    if encoding:
        raise InputError(f"{name}: {encoding}, expected UTF-8", remedy="save it as UTF-8 (Excel: CSV UTF-8)")
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError(
            f"{name}: not UTF-8 (line {line}), but Windows-1252, GB18030 or another older encoding",
            remedy="save it as UTF-8 (Excel: CSV UTF-8)",
        ) from None
    try:
        return parse_questions(text, name=name, is_csv=name.lower().endswith(".csv"))
    except RecursionError:
        raise InputError(f"{name}: JSON that is nested too deeply") from None
