"""The index before this one: what of it can be reused, read without parsing what did not change."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from redraft.corpus.index_folder import (
    CHUNKS,
    IDS,
    IndexMeta,
    chunk_line,
    embedding_text,
    index_id,
    read_meta,
    write_chunks,
)
from redraft.errors import InputError
from redraft.records import Chunk


@dataclass(frozen=True, slots=True, kw_only=True)
class Parent:
    """An index that holds chunks of the same embedder."""

    folder: Path
    meta: IndexMeta
    ids: Sequence[str]  # of its chunks, in their order
    lines: Sequence[str] | None  # its chunks, as they are written; None: exactly those that are wanted
    dropped: Sequence[Chunk]  # those that are no longer wanted

    def write_chunks(self, chunks: Sequence[Chunk], folder: Path) -> None:
        """Write chunks into a folder; those that are as they were are copied."""
        if self.lines is None:
            for name in (CHUNKS, IDS):
                shutil.copyfile(self.folder / name, folder / name)
            return
        known = dict(zip(self.ids, self.lines, strict=True))
        lines = []
        for chunk in chunks:
            line = known.get(chunk.id, "")
            lines.append(line if line.endswith(f'"ordinal":{chunk.ordinal}}}') else chunk_line(chunk))
        write_chunks(folder, [chunk.id for chunk in chunks], lines)

    def sources_of(self, chunks: Sequence[Chunk]) -> dict[str, str]:
        """Say which chunks' texts it has embedded: id -> the id that it knows the text by."""
        held = set(self.ids)
        sources = {chunk.id: chunk.id for chunk in chunks if chunk.id in held}
        if len(sources) < len(chunks):  # the text may have been on another page
            kept = [chunk for chunk in chunks if chunk.id in held]
            by_text = {embedding_text(chunk): chunk.id for chunk in (*self.dropped, *kept)}
            for chunk in chunks:
                if chunk.id not in held and (old := by_text.get(embedding_text(chunk))):
                    sources[chunk.id] = old
        return sources


def load_parent(folder: Path | None, identity: str, chunks: Sequence[Chunk]) -> tuple[Parent | None, str | None]:
    """Read what can be reused for these chunks; None and the reason, if that is nothing."""
    if folder is None:
        return None, None
    try:
        meta = read_meta(folder)
        if meta.embedder != identity:
            return None, f"{folder}: embedded by {meta.embedder}, not by {identity}"
        ids = (folder / IDS).read_text(encoding="utf-8").split("\n")
        content = (folder / CHUNKS).read_bytes()
        if index_id(ids, identity) != meta.id or content.count(b"\n") != len(ids) + 1:
            raise InputError(f"{folder}: its chunks are not those of index {meta.id}")
        if ids == [chunk.id for chunk in chunks]:
            return Parent(folder=folder, meta=meta, ids=ids, lines=None, dropped=()), None
        lines = content.decode().rstrip("\n").split("\n")[1:]
        wanted = {chunk.id for chunk in chunks}
        dropped = [
            Chunk(**json.loads(line)) for chunk_id, line in zip(ids, lines, strict=True) if chunk_id not in wanted
        ]
    except (InputError, OSError, ValueError, TypeError) as error:
        return None, f"the parent index cannot be used: {error}"
    return Parent(folder=folder, meta=meta, ids=ids, lines=lines, dropped=dropped), None
