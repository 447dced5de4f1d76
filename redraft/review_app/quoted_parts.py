r"""Where quoted parts stand in parsed Markdown, whatever marks it has around and between the words.

A quote is a piece of the same source, cut anywhere: half a table's row, a list's item with its number, a block of code
that is not closed. It is parsed too, and found by its letters and digits alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from markdown_it.tree import SyntaxTreeNode

Part = tuple[int, int]
"""First character, and the one after the last."""

Marks = Mapping[int, list[Part]]
"""By `id` of a node that holds text: the parts of its content that are quoted."""

TEXTS = ("text", "code_inline", "fence", "code_block")
_WITHIN_WORDS = ("inline", "strong", "em", "s", "link")


def quoted_parts(root: SyntaxTreeNode, quotes: Iterable[SyntaxTreeNode]) -> Marks | None:
    """Find every quote; `None`: one of them is not there."""
    leaves, text = _read(root)
    found = [_place(text, _read(quote)[1].strip()) for quote in quotes]
    marks: dict[int, list[Part]] = {}
    for start, stop in merged(part for part in found if part):
        for node, at in leaves:
            part = max(start - at, 0), min(stop - at, len(node.content))
            if part[0] < part[1]:
                marks.setdefault(id(node), []).append(part)
    return marks if all(found) else None


def merged(parts: Iterable[Part]) -> list[Part]:
    """Sort parts, and make one of those that overlap or touch.

    >>> merged([(5, 7), (0, 2), (1, 5), (9, 10)])
    [(0, 7), (9, 10)]
    """
    joined: list[Part] = []
    for start, stop in sorted(parts):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(stop, joined[-1][1]))
        else:
            joined.append((start, stop))
    return joined


def split_at(text: str, parts: Iterable[Part]) -> list[tuple[str, bool]]:
    """Cut a text into what is quoted and what is not.

    >>> split_at("abcde", [(1, 3)])
    [('a', False), ('bc', True), ('de', False)]
    """
    pieces, end = [], 0
    for start, stop in parts:
        pieces += [(text[end:start], False), (text[start:stop], True)]
        end = stop
    return [(piece, quoted) for piece, quoted in [*pieces, (text[end:], False)] if piece]


def _read(root: SyntaxTreeNode) -> tuple[list[tuple[SyntaxTreeNode, int]], str]:
    """The nodes that hold text with the place of each, and the text of all of them."""
    leaves, text = [], ""
    for node in root.walk():
        if node.type in TEXTS:
            leaves.append((node, len(text)))
            text += node.content
        elif node.type not in _WITHIN_WORDS:
            text += "\n"
    return leaves, text


def _place(text: str, quote: str) -> Part | None:
    """Find a quote by its letters and digits, first as whole words, with the signs that it begins and ends with."""
    places = [place for place, sign in enumerate(text) if sign.isalnum()]
    flat, wanted = "".join(text[place] for place in places), "".join(filter(str.isalnum, quote))
    found, at = [], flat.find(wanted) if wanted else -1
    while at >= 0:
        found.append((places[at], places[at + len(wanted) - 1] + 1))
        at = flat.find(wanted, at + 1)
    whole = (part for part in found if not _cuts_a_word(text, part))
    part = next(whole, None) or next(iter(found), None)
    return _with_ends(text, quote, *part) if part else None


def _cuts_a_word(text: str, part: Part) -> bool:
    return text[part[0] - 1 : part[0]].isalnum() or text[part[1] : part[1] + 1].isalnum()


def _with_ends(text: str, quote: str, start: int, stop: int) -> Part:
    inner = [place for place, sign in enumerate(quote) if sign.isalnum()]
    before, after = quote[: inner[0]], quote[inner[-1] + 1 :]
    while before and start and text[start - 1] == before[-1]:
        start, before = start - 1, before[:-1]
    while after and text[stop : stop + 1] == after[0]:
        stop, after = stop + 1, after[1:]
    return start, stop
