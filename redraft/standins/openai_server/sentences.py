"""Cuts a passage of Markdown into sentences, list items and code blocks, each exactly as it stands there."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from redraft.standins.openai_server.language import clean

_FENCE = re.compile(r"\s*(```+|~~~+)")
_HEADING = re.compile(r"#{1,6}\s+(.*)")
_ITEM = re.compile(r"\s*(?:[-*+]|\d+[.)])\s+")
_SKIPPED = re.compile(r"\s*(?:///|:::|!!!|\{\*|\|?[\s:|-]+\|[\s:|-]*$|</?\w[^<>]*>\s*$|<!--)")
_ROW = re.compile(r"\s*\|.*\|\s*$")
_BREAK = re.compile(r"[.!?][\"'”’)\]*_]*\s+(?=[A-Z0-9`\"'“(\[*_])|[。！？][”」』）]*")
_ABBREVIATED = re.compile(r"\b(?:e\.g|i\.e|etc|vs|approx|cf|Mr|Dr|No)\.\s+$")


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence, list item or code block of a passage."""

    kind: str
    """`sentence`, `item` or `code`."""
    text: str
    start: int
    """Where it begins in the passage, in characters."""
    end: int
    heading: str
    """The nearest heading above it, inside the passage."""


@lru_cache(maxsize=512)
def units(passage: str) -> tuple[Unit, ...]:
    """Cut a passage into units; headings, admonition marks and lone HTML tags are left out."""
    cutter = _Cutter(passage)
    position = 0
    for line in passage.splitlines(keepends=True):
        cutter.take(position, position + len(line.rstrip("\r\n")))
        position += len(line)
    return tuple(cutter.finish())


class _Cutter:
    """Reads a passage line by line."""

    def __init__(self, passage: str) -> None:
        self._passage = passage
        self._found: list[Unit] = []
        self._heading = ""
        self._kind = "sentence"
        self._block = (0, 0)
        self._fence = ""
        self._fence_start = 0

    def take(self, start: int, end: int) -> None:
        """Read one line."""
        line = self._passage[start:end]
        mark = _FENCE.match(line)
        if self._fence:
            if mark and line.strip().startswith(self._fence) and set(line.strip()) == {self._fence[0]}:
                self._end_code(end)
        elif mark:
            self._end_block()
            self._fence, self._fence_start = mark[1], start
        else:
            self._take_text(line, start, end)

    def finish(self) -> list[Unit]:
        """Return the units; a fence that never closes gives what there is."""
        self._end_block()
        if self._fence:
            self._end_code(len(self._passage.rstrip()))
        return self._found

    def _take_text(self, line: str, start: int, end: int) -> None:
        if not line.strip() or _SKIPPED.match(line):
            self._end_block()
            if "-" in line and set(line) <= set(" |:-") and self._found and self._found[-1].end == start - 1:
                self._found.pop()  # the head of a table says nothing by itself
        elif title := _HEADING.match(line):
            self._end_block()
            self._heading = clean(title[1])
        elif _ITEM.match(line) or _ROW.match(line):
            self._end_block()
            self._kind, self._block = "item", (start, end)
        elif self._block[1]:
            self._block = (self._block[0], end)
        else:
            self._kind, self._block = "sentence", (start, end)

    def _end_block(self) -> None:
        if self._block[1]:
            self._found.extend(self._sentences())
        self._block = (0, 0)

    def _end_code(self, end: int) -> None:
        self._found.append(Unit("code", self._passage[self._fence_start : end], self._fence_start, end, self._heading))
        self._fence = ""

    def _sentences(self) -> Iterator[Unit]:
        start, end = self._block
        text = self._passage[start:end]
        position = 0
        cuts = [m.end() for m in _BREAK.finditer(text) if not _ABBREVIATED.search(text[max(0, m.end() - 12) : m.end()])]
        for cut in [*cuts, len(text)]:
            piece = text[position:cut]
            stripped = piece.strip()
            if stripped:
                begin = start + position + len(piece) - len(piece.lstrip())
                yield Unit(self._kind, stripped, begin, begin + len(stripped), self._heading)
            position = cut
