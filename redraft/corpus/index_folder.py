"""What an index is made of: the names in its folder, its description, the text of a chunk that is searched."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from redraft.errors import InputError
from redraft.jsonl import dump_jsonl, parse_jsonl
from redraft.records import Chunk, Document, content_id

SCHEMA_VERSION = 1

META = "index.json"
CHUNKS = "chunks.jsonl"
IDS = "ids.txt"
CHROMA = "chroma"
SERVED = "served.txt"  # in place of chroma/: the vectors are in a Chroma server, in the collection that it names
BM25 = "bm25"

Sources = Mapping[str, tuple[str, str | None]]
"""Document path -> title, and the address that a person can open."""


class EmbedTexts(Protocol):
    """What turns texts into vectors: `redraft.llm.Embedder`, or a test's own."""

    identity: str

    def embed(self, texts: Sequence[str], *, progress: str | None = None) -> npt.NDArray[np.float32]:
        """Embed texts: one row a text."""


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexMeta:
    """The description of an index."""

    id: str
    embedder: str
    dimension: int  # length of a vector
    deleted_rows: int  # since Chroma's graph was last built from nothing: too many make it worse
    sources: Sources


def embedding_text(chunk: Chunk) -> str:
    """Give the text of a chunk that is searched: title and headings first, so that a page is found by its subject."""
    return f"{chunk.heading_path}\n\n{chunk.text}"


def index_id(chunk_ids: Sequence[str], embedder_identity: str) -> str:
    """Name an index by its chunks and its embedder; how the texts were split is in the chunks' ids."""
    return content_id("i", sorted(chunk_ids), embedder_identity)


def document_sources(documents: Sequence[Document]) -> dict[str, tuple[str, str | None]]:
    """Collect what an index keeps of the documents."""
    return {document.path: (document.title, document.source_url) for document in documents}


def chunk_line(chunk: Chunk) -> str:
    """Write a chunk as `redraft.jsonl.dump_jsonl` does, in a tenth of its time."""
    quote = json.encoder.encode_basestring
    return (
        f'{{"id":{quote(chunk.id)},"document_path":{quote(chunk.document_path)},'
        f'"heading_path":{quote(chunk.heading_path)},"text":{quote(chunk.text)},"ordinal":{chunk.ordinal}}}'
    )


def write_chunks(folder: Path, ids: Sequence[str], lines: Sequence[str]) -> None:
    """Write the chunks, as a file of records, and their ids, which can be compared without parsing."""
    header = dump_jsonl(Chunk, []).rstrip("\n")
    (folder / CHUNKS).write_text("\n".join([header, *lines, ""]), encoding="utf-8")
    (folder / IDS).write_text("\n".join(ids), encoding="utf-8")


def parse_chunks(text: str, *, name: str) -> list[Chunk]:
    """Read chunks back, in a tenth of the time of `redraft.jsonl.parse_jsonl`, which sees to what is wrong.

    Raises:
        RecordError: As `parse_jsonl`.
    """
    header, *lines = text.split("\n")
    try:
        if header == dump_jsonl(Chunk, []).rstrip("\n"):
            return [Chunk(**json.loads(line)) for line in lines if line]
    except (ValueError, TypeError):
        pass
    return parse_jsonl(Chunk, text, name=name)


def write_meta(folder: Path, meta: IndexMeta) -> None:
    """Write the description; the last file of an index."""
    text = json.dumps({"schema": SCHEMA_VERSION, **asdict(meta)}, ensure_ascii=False, indent=1)
    (folder / META).write_text(text, encoding="utf-8")


def read_meta(folder: Path) -> IndexMeta:
    """Read the description of an index.

    Raises:
        InputError: The folder is not an index, or one of another version.
    """
    file = folder / META
    try:
        found: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        if found.pop("schema", None) != SCHEMA_VERSION:
            raise InputError(f"{file}: made by another version of Redraft", remedy="build the index again")
        sources = {str(path): (str(title), url) for path, (title, url) in found.pop("sources").items()}
        return IndexMeta(**found, sources=sources)
    except (FileNotFoundError, NotADirectoryError):
        raise InputError(f"{folder}: not an index (no {META})") from None
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise InputError(f"{file}: broken: {error}", remedy="build the index again") from None
