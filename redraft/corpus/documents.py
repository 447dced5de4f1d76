"""Reads a folder of docs: every readable file becomes documents, every other one a reason.

One bad file never stops the rest. What stops everything: no folder, or nothing readable in it.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from redraft.corpus.files import Listing, Source, list_sources
from redraft.corpus.formats import READERS
from redraft.corpus.pages import Page, Unreadable
from redraft.errors import DocumentsError
from redraft.records import Document
from redraft.settings import DocsSettings

READER_VERSION = 1  # raise it when the same bytes begin to give another text


@dataclass(frozen=True, slots=True, kw_only=True)
class SkippedFile:
    """A file that was not read, or not wholly."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Corpus:
    """What a docs folder holds."""

    documents: tuple[Document, ...]  # ordered by path
    skipped: tuple[SkippedFile, ...]


def read_documents(folder: Path, settings: DocsSettings) -> Corpus:
    """Read every file of a docs folder.

    Raises:
        DocumentsError: The folder is missing or empty, or holds no readable text.
    """
    listing = _list(folder, settings)
    documents: dict[str, Document] = {}
    skipped = [SkippedFile(path=path, reason=reason) for path, reason in listing.refused]
    for source in listing.sources:
        for document in _read(source, settings, skipped):
            if document.path in documents:
                skipped.append(SkippedFile(path=document.path, reason="a second document with the same path"))
            else:
                documents[document.path] = document
    if not documents:
        raise DocumentsError(f"{folder}: no readable text in {_counted(skipped)}", remedy=_KINDS_REMEDY)
    ordered = sorted(documents.values(), key=lambda document: document.path)
    return Corpus(documents=tuple(ordered), skipped=tuple(sorted(skipped, key=lambda skip: skip.path)))


def fingerprint(folder: Path, settings: DocsSettings) -> str:
    """Name the content of a docs folder: the files that would be read, and how they would be read.

    Raises:
        DocumentsError: As `read_documents`, but without reading the formats.
    """
    listing = _list(folder, settings)
    if not listing.sources:
        raise DocumentsError(f"{folder}: no file of a readable kind", remedy=_KINDS_REMEDY)
    parts = [(path, _hash_file(location)) for path, location in listing.files]
    how = [READER_VERSION, settings.source_url_prefix, settings.max_file_mb]
    return hashlib.sha256(json.dumps([how, parts], ensure_ascii=False).encode()).hexdigest()


def staged_files(folder: Path, settings: DocsSettings) -> tuple[Path, ...]:
    """List the source files to put into a dataset, as paths relative to the folder."""
    return tuple(Path(path) for path, _ in _list(folder, settings).files)


_KINDS_REMEDY = f"files ending in {', '.join(sorted(READERS))} are read, and Slack exports"


def _list(folder: Path, settings: DocsSettings) -> Listing:
    if not folder.exists():
        raise DocumentsError(f"{folder}: no such docs folder")
    if not folder.is_dir():
        raise DocumentsError(f"{folder}: expected a folder of docs, found a file")
    listing = list_sources(folder, max_bytes=int(settings.max_file_mb * 1_000_000))
    if not listing.sources and not listing.refused:
        raise DocumentsError(f"{folder}: the docs folder is empty", remedy=_KINDS_REMEDY)
    return listing


def _read(source: Source, settings: DocsSettings, skipped: list[SkippedFile]) -> list[Document]:
    pages: list[Page] = []
    problems: list[str] = []
    try:
        pages = [page for page in source.read(problems) if page.text.strip()]
        if not pages and not problems:
            problems.append("holds no text")
    except Unreadable as error:
        problems.append(str(error))
    except OSError as error:
        problems.append(f"cannot be opened: {error.strerror or error}")
    except RecursionError:
        problems.append("nested too deeply to be read")
    except Exception as error:  # noqa: BLE001 - a parser may raise anything at a broken file; the file is reported
        problems.append(f"cannot be read: {type(error).__name__}: {' '.join(str(error).split())[:200]}")
    skipped += [SkippedFile(path=source.path, reason=reason) for reason in problems]
    return [_document(page, source, settings) for page in pages]


def _document(page: Page, source: Source, settings: DocsSettings) -> Document:
    alone = page.anchor is None  # else the file's hash would change with every other document in it
    return Document(
        path=source.path if alone else f"{source.path}#{page.anchor}",
        sha256=_hash_file(source.locations[0]) if alone else hashlib.sha256(page.text.encode()).hexdigest(),
        title=page.title or title_from_path(source.path),
        text=page.text,
        source_kind=source.kind,
        source_url=page.url or source_url(settings.source_url_prefix, source.path),
    )


def source_url(prefix: str, path: str) -> str | None:
    """Make the link that a person can open.

    The prefix is put before the file's path. Where pages are served under other names than their files have, the
    prefix holds `{page}` instead, which becomes the path without its ending (and without a last `index`).

    >>> source_url("https://github.com/acme/docs/blob/main/", "guide/first steps.md")
    'https://github.com/acme/docs/blob/main/guide/first%20steps.md'
    >>> source_url("https://docs.acme.com/{page}/", "guide/index.md")
    'https://docs.acme.com/guide/'
    """
    if not prefix:
        return None
    if "{page}" not in prefix:
        return prefix.rstrip("/") + "/" + quote(path) if not prefix.endswith(("=", "#")) else prefix + quote(path)
    page = re.sub(r"(^|/)(index|README)$", "", re.sub(r"\.\w+$", "", path))
    url = prefix.replace("{page}", quote(page))
    return url if page else re.sub(r"(?<!:)//+$", "/", url)


def title_from_path(path: str) -> str:
    """Make a title of a file's name.

    >>> title_from_path("guide/first-steps.md"), title_from_path("deployment/index.md")
    ('First steps', 'Deployment')
    """
    parts = re.sub(r"\.\w+$", "", path).split("/")
    name = parts[-2] if parts[-1].lower() in {"index", "readme"} and len(parts) > 1 else parts[-1]
    words = re.sub(r"[-_\s]+", " ", name).strip()
    return words[:1].upper() + words[1:] if words else path


def _hash_file(location: Path) -> str:
    with location.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _counted(skipped: list[SkippedFile]) -> str:
    first = f"; the first: {skipped[0].path}: {skipped[0].reason}" if skipped else ""
    return f"{len(skipped)} file{'s' if len(skipped) != 1 else ''}{first}"
