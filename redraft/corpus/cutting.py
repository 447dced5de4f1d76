"""Cuts a block that is too long for one chunk: code between lines, lists between items, prose between sentences.

A fence that is cut is closed and opened again with its language; a table repeats its head. Sentence ends of Chinese
and Japanese count as those of English do.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_FENCE = re.compile(r"^([ \t>]*(?:[-*+] +|\d+[.)] +)?)(`{3,}(?=[^`]*$)|~{3,})(.*)$")
_SENTENCE = re.compile(r".+?(?:[。！？；][”’」』）]*|[.!?]{1,3}[\"')\]]*(?=\s)|$)\s*", re.DOTALL)
_TABLE_HEAD = re.compile(r"\A[^\n]*\|[^\n]*\n[ ]{0,3}\|?[ ]*:?-+:?[ ]*(?:\|[ :-]*)*\n")
_ITEM = re.compile(r"(?:[-*+]|\d+[.)]) ")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Line:
    text: str
    opens: str  # put before this line when a piece begins with it: the fence that it lies in
    closes: str  # put after it when a piece ends with it
    good_start: bool  # a better place than others for a piece to begin


def cut_block(block: str, max_chars: int) -> list[str]:
    r"""Cut one block into pieces of at most `max_chars` characters.

    >>> cut_block("```sh\naaaa\nbbbb\ncccc\n```", 20)
    ['```sh\naaaa\nbbbb\n```', '```sh\ncccc\n```']
    >>> cut_block("一二三。四五六！七八？", 5)
    ['一二三。', '四五六！', '七八？']
    """
    if len(block) <= max_chars:
        return [block]
    head = _TABLE_HEAD.match(block)
    if head and len(head.group()) < max_chars // 2:
        return [head.group() + rows for rows in cut_block(block[head.end() :], max_chars - len(head.group()))]
    pieces: list[str] = []
    current: list[_Line] = []
    for line in _lines(block, max_chars):
        while current and len(_render([*current, line])) > max_chars:
            keep = _best_break(current)
            pieces.append(_render(current[:keep]))
            current = current[keep:]
        current.append(line)
    pieces.append(_render(current))
    return [piece for piece in pieces if piece.strip()]


def _best_break(lines: list[_Line]) -> int:
    """Find how many lines to keep: up to the last good start in the second half, else all."""
    good = (number for number in range(len(lines) - 1, len(lines) // 2, -1) if lines[number].good_start)
    return next(good, len(lines))


def _render(lines: list[_Line]) -> str:
    body = "\n".join(line.text for line in lines).strip("\n")
    return f"{lines[0].opens}{body}{lines[-1].closes}" if body.strip() else ""


def _lines(block: str, max_chars: int) -> Iterator[_Line]:
    """Give the lines of a block, those that are too long in parts, each with the fence that it lies in."""
    opens = closes = ""
    after_empty = False
    for text in block.split("\n"):
        # A fence whose marks alone would fill a piece is treated as prose.
        fence = None if opens or len(text) > max_chars // 4 else _FENCE.match(text)
        if fence:
            indent = " " * len(fence[1]) if fence[1].strip("> \t") else fence[1]
            opens, closes = f"{indent}{fence[2]}{fence[3].rstrip()}\n", f"\n{indent}{fence[2]}"
            yield _Line(text=text, opens="", closes=closes, good_start=True)
        elif opens and _closes(text, closes):
            yield _Line(text=closes[1:], opens=opens, closes="", good_start=False)
            opens = closes = ""
        else:
            for part in _parts(text, max_chars - len(opens) - len(closes), code=bool(opens)):
                good = after_empty or (not opens and _ITEM.match(part) is not None)
                yield _Line(text=part, opens=opens, closes=closes, good_start=good)
        after_empty = not text.strip()


def _closes(text: str, closes: str) -> bool:
    marks, bare = closes.strip("> \t\n"), text.strip("> \t")
    return len(bare) >= len(marks) and set(bare) == set(marks)


def _parts(line: str, room: int, *, code: bool) -> Iterator[str]:
    """Cut a line that is too long: prose after sentences, else at a space, else anywhere."""
    if len(line) <= room:
        yield line
        return
    current = ""
    for sentence in [line] if code else _SENTENCE.findall(line):
        if current and len(current) + len(sentence.rstrip()) > room:
            yield current.rstrip()
            current = ""
        current += sentence
        while len(current.rstrip()) > room:
            cut = current.rfind(" ", room // 2, room) + 1 or room
            yield current[:cut] if code else current[:cut].rstrip()
            current = current[cut:]
    if current.strip():
        yield current.rstrip()
