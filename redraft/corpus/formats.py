"""One reader a file ending: bytes in, pages of Markdown-like text out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redraft.corpus.html_pages import html_page
from redraft.corpus.markdown_pages import markdown_page
from redraft.corpus.pages import Page, Unreadable, clean_text, escape_headings, read_text
from redraft.corpus.question_tables import read_csv, read_jsonl
from redraft.corpus.rst_pages import rst_page


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """How one kind of file is read."""

    kind: str
    read: Callable[[Path, list[str]], list[Page]]  # the list takes what was wrong with parts of the file


def _single(convert: Callable[[Path], Page]) -> Callable[[Path, list[str]], list[Page]]:
    return lambda location, _problems: [convert(location)]


def _read_pdf(location: Path, problems: list[str]) -> list[Page]:
    import pypdf
    from pypdf.errors import DependencyError, PyPdfError

    with _silenced("pypdf"):
        try:
            reader = pypdf.PdfReader(location)
            if reader.is_encrypted and not reader.decrypt(""):
                raise Unreadable("encrypted: it needs a password")
            texts = list(_pdf_pages(reader, problems))
            title = reader.metadata.title if reader.metadata else None
        except DependencyError:
            raise Unreadable("encrypted in a way that cannot be read here") from None
        except PyPdfError as error:
            raise Unreadable(f"not a PDF that can be read: {error}") from None
    if not any(text.strip() for _, text in texts):
        raise Unreadable("no text in this PDF: scanned pages need text recognition first")
    parts = [f"## Page {number}\n\n{text}" for number, text in texts if text.strip()]
    shown = clean_text(str(title)).strip() if title else None
    return [Page(title=shown or None, text="\n\n".join(parts) if len(texts) > 1 else texts[0][1])]


def _pdf_pages(reader: Any, problems: list[str]) -> Iterator[tuple[int, str]]:
    for number, page in enumerate(reader.pages, start=1):
        try:
            text = page.extract_text()
        except Exception as error:  # noqa: BLE001 - one broken page of a PDF; the others are worth reading
            problems.append(f"page {number}: cannot be read: {type(error).__name__}")
            continue
        yield number, escape_headings(clean_text(text))


@contextmanager
def _silenced(package: str) -> Iterator[None]:
    """Keep a library's complaints about a broken file off the console: the file's reason is reported instead."""
    names = [name for name in logging.root.manager.loggerDict if name == package or name.startswith(f"{package}.")]
    states = [(logging.getLogger(name), logging.getLogger(name).disabled) for name in names]
    for logger, _ in states:
        logger.disabled = True
    try:
        yield
    finally:
        for logger, state in states:
            logger.disabled = state


_MARKDOWN = Reader(kind="markdown", read=_single(lambda location: markdown_page(read_text(location))))
_MDX = Reader(kind="markdown", read=_single(lambda location: markdown_page(read_text(location), mdx=True)))
_PLAIN = Reader(kind="text", read=_single(lambda location: Page(title=None, text=read_text(location))))
_RST = Reader(kind="rst", read=_single(lambda location: rst_page(read_text(location))))
_HTML = Reader(kind="html", read=_single(lambda location: html_page(location.read_bytes())))

READERS: Mapping[str, Reader] = {
    ".md": _MARKDOWN,
    ".markdown": _MARKDOWN,
    ".mdx": _MDX,
    ".txt": _PLAIN,
    ".text": _PLAIN,
    ".rst": _RST,
    ".rest": _RST,
    ".html": _HTML,
    ".htm": _HTML,
    ".pdf": Reader(kind="pdf", read=_read_pdf),
    ".csv": Reader(kind="qa", read=read_csv),
    ".jsonl": Reader(kind="qa", read=read_jsonl),
}
"""The reader of each file ending, in lower case."""
