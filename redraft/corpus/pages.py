"""What every reader gives back, and what it raises."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from pathlib import Path


class Unreadable(Exception):
    """A file cannot be read; the message is the reason that people see."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One document of a file, before it has a path."""

    title: str | None  # None: made from the file's name
    text: str  # Markdown-like
    anchor: str | None = None  # which part of the file, when it holds several documents
    url: str | None = None  # where it can be opened, when the file itself says so


_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))


def read_text(location: Path) -> str:
    """Read a text file: UTF-8, or UTF-16 that says so."""
    return decode_text(location.read_bytes())


def decode_text(data: bytes) -> str:
    r"""Decode a text file's bytes.

    >>> decode_text(b"\xef\xbb\xbfone\r\ntwo")
    'one\ntwo'
    >>> decode_text("é".encode("latin-1"))
    Traceback (most recent call last):
    redraft.corpus.pages.Unreadable: not UTF-8 (byte 0): save it as UTF-8
    """
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), "utf-8")
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        raise Unreadable(f"not UTF-8 (byte {error.start}): save it as UTF-8") from None
    if "\0" in text:
        raise Unreadable("not text: it holds zero bytes")
    return clean_text(text)


def clean_text(text: str) -> str:
    """Make line ends one character and replace what UTF-8 cannot hold (half surrogates, from JSON or PDF)."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")
    return text.encode("utf-8", errors="replace").decode("utf-8")


def escape_headings(text: str) -> str:
    r"""Keep a line that starts with `#` from becoming a heading, outside code fences.

    >>> escape_headings("# not a heading")
    '\\# not a heading'
    """
    fenced = False
    lines = []
    for line in text.split("\n"):
        if line.lstrip().startswith("```"):
            fenced = not fenced
        lines.append(line if fenced else re.sub(r"^( {0,3})(#{1,6}(?:\s|$))", r"\1\\\2", line))
    return "\n".join(lines)


def shorten(text: str, width: int = 80) -> str:
    """Cut a title at a word.

    >>> shorten("How do I stop the server?", 12)
    'How do I…'
    """
    if len(text) <= width:
        return text
    cut = text[:width]
    return (cut.rsplit(" ", 1)[0] if " " in cut else cut).rstrip() + "…"
