"""An answer taken apart as its reader sees it: prose, code, sources."""

from __future__ import annotations

import re
from collections.abc import Sequence

from redraft.cli.reviewer_eyes import Reading, SeenPassage, sentences_of, words_of

_SOURCE_NOTE = re.compile(
    r"(?<![a-z])(?:sources?|source pages?|see also|reference)[\s*_]*+:[^\n]*|(?:来源|出处|参考)[\s*]*+[:：][^\n]*",
    re.IGNORECASE,
)
_PATH = re.compile(r"[\w./-]++")
_FILE_ENDINGS = (".md", ".markdown", ".mdx", ".rst", ".html", ".htm", ".txt", ".pdf", ".json", ".jsonl", ".csv")
_INLINE_CODE = re.compile(r"`([^`\n]+)`")


class Page:
    """An answer taken apart: its prose, its code, its source lines."""

    def __init__(self, reading: Reading, answer: str, cited: Sequence[str], passages: Sequence[SeenPassage]) -> None:
        self.reading = reading
        self.text = answer
        self.passages = passages
        self.passage_text = " ".join(passage.text for passage in passages).lower()
        pages = {passage.source.lower() for passage in passages}
        source_notes = " ".join(_SOURCE_NOTE.findall(answer))
        self.body = _without_pages(_SOURCE_NOTE.sub("", answer), pages).strip()
        self.prose, self.code = prose_and_code(self.body)
        self.sentences = sentences_of(self.prose)
        self.words = frozenset(words_of(self.body))
        named = {name.lower() for name in (*files_in(answer), *cited)}
        self.cited_right = {
            page for page in pages if any(page == name or page.endswith("/" + name.lstrip("./")) for name in named)
        }
        in_notes = {name.lower() for name in files_in(source_notes)}
        self.cited_wrong = {
            name
            for name in in_notes | {c.lower() for c in cited}
            if not any(p.endswith(name.lstrip("./")) for p in pages)
        }


def prose_and_code(text: str) -> tuple[str, list[str]]:
    """Take the fences out of a text, and list the code in it: of fences without the line that opens them."""
    pieces = text.split("```")
    prose = "\n".join(pieces[::2])
    fenced = [piece.partition("\n")[2].strip() for piece in pieces[1::2]]
    return prose, [code for code in fenced if code] + _INLINE_CODE.findall(prose)


def files_in(text: str) -> list[str]:
    """List the file names in a text."""
    names = [name.rstrip(".") for name in _PATH.findall(text)]
    return [name for name in names if name.lower().endswith(_FILE_ENDINGS)]


def _without_pages(text: str, pages: set[str]) -> str:
    """Take the names of the shown pages out, with their brackets: they are citations, not prose."""
    for page in pages:
        text = re.sub(rf"[\[(]?{re.escape(page)}(?:#[\w-]*)?[\])]*", " ", text, flags=re.IGNORECASE)
    return text
