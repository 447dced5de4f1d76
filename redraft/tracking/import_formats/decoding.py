"""Bytes of a file that somebody exported elsewhere as text: UTF-8, or UTF-16 with its mark; nothing is guessed."""

from __future__ import annotations

import codecs

from redraft.errors import InputError

MARKS = {codecs.BOM_UTF16_LE: "UTF-16", codecs.BOM_UTF16_BE: "UTF-16", codecs.BOM_UTF8: "UTF-8 with its mark"}
BINARY = {b"PK\x03\x04": "a zip file or Excel workbook", b"%PDF": "a PDF", b"\x1f\x8b": "a gzip file"}
SAVE = "save it as UTF-8 (CSV UTF-8 in a spreadsheet) and import it again"


def decode(data: bytes, *, name: str) -> tuple[str, str]:
    """Return a file's text, and what it is encoded in.

    Raises:
        InputError: It is in another encoding, or mixes some; the first byte that is wrong is named by its line.
    """
    for start, kind in BINARY.items():
        if data.startswith(start):
            raise InputError(
                f"{name}: {kind}, expected CSV, JSON Lines or JSON", remedy="export the ratings as a table"
            )
    mark, encoding = next(((m, e) for m, e in MARKS.items() if data.startswith(m)), (b"", "UTF-8"))
    try:
        text = data.decode("utf-16") if encoding == "UTF-16" else data[len(mark) :].decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(_wrong_byte(data, error.start + len(mark), name, encoding), remedy=SAVE) from None
    if "\0" in text:
        raise InputError(f"{name}: has zero bytes: UTF-16 without its mark, or no text at all", remedy=SAVE)
    return text, encoding


def _wrong_byte(data: bytes, place: int, name: str, encoding: str) -> str:
    if encoding == "UTF-16":
        return f"{name}: begins with the mark of UTF-16, but byte {place} is not UTF-16"
    line = data.count(b"\n", 0, place) + 1
    said = f"{name} line {line} (byte {place}, 0x{data[place]:02x}): not UTF-8"
    utf8 = sum(not part.isascii() and _is_utf8(part) for part in data.split(b"\n"))
    if utf8:
        lines = "1 other line is" if utf8 == 1 else f"{utf8} other lines are"
        return f"{said}, but {lines}: the file mixes encodings"
    return f"{said}; it may be Latin-1 or Windows-1252"


def _is_utf8(part: bytes) -> bool:
    try:
        part.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
