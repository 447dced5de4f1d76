"""Cuts a block that is too long for one chunk: code between lines, lists between items, prose between sentences.

A fence that is cut is closed and opened again with its language, a table repeats its head. Sentence ends of Chinese
and Japanese count as those of English do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_FENCE = re.compile(r"^([ \t>]*(?:[-*+] +|\d+[.)] +)?)(`{3,}|~{3,})(.*)$")
_SENTENCE = re.compile(r".+?(?:[。！？；]+[”’」』）]*|[.!?]+[\"')\]]*(?=\s)|$)\s*", re.S)
_TABLE = re.compile(r"\A([^\n]*\|[^\n]*\n[ |:\-]+\|?[ |:\-]*\n)", re.S)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    text: str
    opens: str  # to be put before this line when a chunk begins with it: the fence that it lies in
    closes: str  # to be put after it when a chunk ends with it
    good_start: bool  # a better place than others to begin a chunk


def cut_block(block: str, max_chars: int) -> list[str]:
    r"""Cut one block into pieces of at most `max_chars` characters.

    >>> cut_block("```sh\naaaa\nbbbb\ncccc\n```", 20)
    ['```sh\naaaa\nbbbb\n```', '```sh\ncccc\n```']
    >>> cut_block("一二三。四五六！七八？", 5)
    ['一二三。', '四五六！', '七八？']
    """
    if len(block) <= max_chars:
        return [block]
    table = _TABLE.match(block)
    if table and len(table[1]) < max_chars // 2:
        rows = cut_block(block[table.end() :], max_chars - len(table[1]))
        return [table[1] + row for row in rows]
    pieces: list[str] = []
    current: list[_Line] = []
    for line in _lines(block, max_chars):
        if current and _length([*current, line]) > max_chars:
            keep = _best_break(current)
            pieces.append(_render(current[:keep]))
            current = current[keep:]
            if current and _length([*current, line]) > max_chars:
                pieces.append(_render(current))
                current = []
        current.append(line)
    pieces.append(_render(current))
    return [piece for piece in pieces if piece.strip()]


def _best_break(lines: list[_Line]) -> int:
    """Find how many lines to keep: up to the last good start in the second half, else all."""
    for number in range(len(lines) - 1, len(lines) // 2, -1):
        if lines[number].good_start:
            return number
    return len(lines)


def _length(lines: list[_Line]) -> int:
    return len(_render(lines))


def _render(lines: list[_Line]) -> str:
    body = "\n".join(line.text for line in lines).strip("\n")
    return f"{lines[0].opens}{body}{lines[-1].closes}"


def _lines(block: str, max_chars: int) -> Iterator[_Line]:
    opened = closed = ""
    previous_empty = False
    for text in block.split("\n"):
        fence = _FENCE.match(text)
        ends = bool(opened) and fence is not None and not fence[3].strip() and fence[2].startswith(closed.strip())
        room = max(20, max_chars - len(opened) - len(closed))
        # The line that opens a fence and the one that closes it lie outside: a chunk may begin or end there.
        opens = "" if ends and not opened else opened
        if not opened and fence:
            opened, closed = text[: fence.start(3)] + fence[3].rstrip() + "\n", "\n" + " " * len(fence[1]) + fence[2]
            yield _Line(text=text, opens="", closes=closed, good_start=True)
            continue
        for part in _parts(text, room, code=bool(opened)):
            start = previous_empty or (not opened and re.match(r"[-*+] |\d+[.)] ", part) is not None)
            yield _Line(text=part, opens=opens, closes="" if ends or not opened else closed, good_start=start)
        previous_empty = not text.strip()
        if ends:
            opened = closed = ""


def _parts(line: str, room: int, *, code: bool) -> Iterator[str]:
    if len(line) <= room:
        yield line
        return
    pieces = [line] if code else _SENTENCE.findall(line)
    current = ""
    for piece in pieces:
        if current and len(current) + len(piece.rstrip()) > room:
            yield current.rstrip()
            current = ""
        while len(piece.rstrip()) > room:
            cut = piece.rfind(" ", room // 2, room) + 1 or room
            yield piece[:cut].rstrip() if not code else piece[:cut]
            piece = piece[cut:]
        current += piece
    if current.strip():
        yield current.rstrip()
