"""Splits a document into chunks along its headings.

A section is a chunk, under the path of its headings. Tiny sections are merged with their siblings, long ones are cut
between blocks (a code block counts as one), and only a block that is too long by itself is cut inside
(`redraft.corpus.cutting`). No chunk is longer than `max_chars`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from markdown_it import MarkdownIt

from redraft.corpus.cutting import cut_block
from redraft.corpus.markdown_pages import heading_name
from redraft.records import Chunk, Document, content_id
from redraft.settings import IndexSettings

SEPARATOR = " > "
_HEADED_KINDS = {"markdown", "rst", "html", "pdf"}  # in the others, a line that starts with # is not a heading


@dataclass(frozen=True, slots=True, kw_only=True)
class _Section:
    path: tuple[str, ...]  # the page's title, then the headings
    blocks: tuple[str, ...]

    @property
    def text(self) -> str:
        return "\n\n".join(self.blocks)


def split_document(document: Document, settings: IndexSettings) -> list[Chunk]:
    """Split one document.

    Returns:
        Chunks in reading order. A text that repeats under the same headings is one chunk.
    """
    chunks: dict[str, Chunk] = {}
    for section in _merge_tiny(_sections(document), settings):
        path = SEPARATOR.join(section.path)
        for text in _pack(section.blocks, settings):
            chunk_id = content_id("c", document.path, path, text)
            if chunk_id not in chunks:
                chunks[chunk_id] = Chunk(
                    id=chunk_id, document_path=document.path, heading_path=path, text=text, ordinal=len(chunks)
                )
    return list(chunks.values())


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    # Block structure is all that is needed; inline parsing would take most of the time.
    return MarkdownIt("commonmark").enable("table").disable(["inline"])


def _sections(document: Document) -> list[_Section]:
    lines = document.text.split("\n")
    title = document.title
    if document.source_kind not in _HEADED_KINDS:
        blocks = [block.rstrip().lstrip("\n") for block in re.split(r"\n\s*\n", document.text)]
        if document.source_kind != "text":
            blocks = _blocks_between(lines, 0, len(lines), _parsed_starts(document.text))
        return [_Section(path=(title,), blocks=tuple(block for block in blocks if block.strip()))]
    return _headed_sections(document.text, lines, title)


def _parsed_starts(text: str) -> list[int]:
    return [token.map[0] for token in _parser().parse(text) if token.level == 0 and token.map and token.nesting >= 0]


def _headed_sections(text: str, lines: list[str], title: str) -> list[_Section]:
    tokens = _parser().parse(text)
    starts = [token.map[0] for token in tokens if token.level == 0 and token.map and token.nesting >= 0]
    open_: list[tuple[int, str]] = []  # level and name of the headings that we are under
    sections: list[_Section] = []
    begin = 0
    marks = [
        (token.map[0], token.map[1], int(token.tag[1]), heading_name(tokens[number + 1].content))
        for number, token in enumerate(tokens)
        if token.type == "heading_open" and token.level == 0 and token.map
    ]
    for start, end, mark_level, name in [*marks, (len(lines), len(lines), 0, "")]:
        path = (title, *(heading for _, heading in open_))
        blocks = _blocks_between(lines, begin, start, starts)
        if blocks or open_:
            sections.append(_Section(path=path, blocks=tuple(blocks)))
        open_ = [entry for entry in open_ if entry[0] < mark_level]
        if name and not (name == title and mark_level == 1):
            open_.append((mark_level, name))
        begin = end
    return [section for number, section in enumerate(sections) if section.blocks or _is_leaf(sections, number)]


def _is_leaf(sections: Sequence[_Section], number: int) -> bool:
    """Whether nothing lies under a heading: then the heading itself is all that is said."""
    path = sections[number].path
    following = sections[number + 1].path if number + 1 < len(sections) else ()
    return len(path) > 1 and following[: len(path)] != path


def _blocks_between(lines: list[str], begin: int, end: int, starts: Sequence[int]) -> list[str]:
    edges = sorted({begin, end, *(start for start in starts if begin < start < end)})
    blocks = ["\n".join(lines[a:b]).rstrip().lstrip("\n") for a, b in pairwise(edges)]
    return [block for block in blocks if block.strip()]


def _merge_tiny(sections: Sequence[_Section], settings: IndexSettings) -> list[_Section]:
    merged: list[_Section] = []
    for section in sections:
        if merged and (together := _merge(merged[-1], section, settings)) is not None:
            merged[-1] = together
        else:
            merged.append(section)
    return [section if section.blocks else _spoken(section) for section in merged]


def _merge(first: _Section, second: _Section, settings: IndexSettings) -> _Section | None:
    """Merge neighbours when one is tiny and they are siblings, or a heading and its first subsection."""
    if min(len(first.text), len(second.text)) >= settings.min_chars:
        return None
    shared = _shared_path(first.path, second.path)
    if len(shared) < max(len(first.path), len(second.path)) - 1:
        return None
    blocks = (*_under(first, shared), *_under(second, shared))
    if len("\n\n".join(blocks)) > settings.max_chars:
        return None
    return _Section(path=shared, blocks=blocks)


def _shared_path(first: tuple[str, ...], second: tuple[str, ...]) -> tuple[str, ...]:
    length = next(
        (n for n, (a, b) in enumerate(zip(first, second, strict=False)) if a != b), min(len(first), len(second))
    )
    return first[:length]


def _under(section: _Section, path: tuple[str, ...]) -> tuple[str, ...]:
    """Give the blocks of a section with the headings that a shorter path no longer says."""
    lost = section.path[len(path) :]
    return (
        *(f"{'#' * min(6, len(path) + number)} {name}" for number, name in enumerate(lost, start=1)),
        *section.blocks,
    )


def _spoken(section: _Section) -> _Section:
    return _Section(path=section.path[:-1], blocks=_under(section, section.path[:-1]))


def _pack(blocks: Sequence[str], settings: IndexSettings) -> list[str]:
    """Fill chunks with whole blocks; cut only the blocks that are too long by themselves."""
    pieces = [piece for block in blocks for piece in cut_block(block, settings.max_chars)]
    texts: list[str] = []
    for piece in pieces:
        if texts and len(texts[-1]) + 2 + len(piece) <= settings.max_chars:
            texts[-1] += "\n\n" + piece
        else:
            texts.append(piece)
    return texts
