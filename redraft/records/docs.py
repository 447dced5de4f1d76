"""The docs and the questions asked about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Split = Literal["dev", "val"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One page of the docs, as text."""

    path: str  # relative to the docs folder, with forward slashes: its identity
    sha256: str  # of the source file's bytes
    title: str  # first heading, else made from the file's name
    text: str  # converted to Markdown-like text
    source_kind: str  # markdown, text, rst, html, pdf, slack, qa
    source_url: str | None  # where a person can open it


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentSize:
    """How long a document's text is, for who need not read it."""

    path: str
    sha256: str  # as of the document
    chars: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A piece of a document that is searched and shown to the model."""

    id: str  # content_id("c", document path, heading path, text)
    document_path: str
    heading_path: str  # "Page title > Section > Subsection"
    text: str
    ordinal: int  # position within the document, from 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """An example question."""

    id: str  # content_id("q", text)
    text: str
    split: Split = "dev"  # `val` questions are never shown to the prompt writer
    answerable: bool | None = None  # do the docs hold the answer? None: not known
    note: str | None = None
    replaces: str | None = None  # id of the question that this one is an edit of
