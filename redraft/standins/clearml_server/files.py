"""The file server: uploads are written beside, flushed to disk and renamed, so that a file is whole or absent.

An upload is `multipart/form-data` in which each part's name is the path that the file will have.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import BinaryIO

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header

from redraft.standins.clearml_server.call import ApiError


class FileFolder:
    """The uploaded files of one server.

    Args:
        root: where they live, under the paths that clients gave them.
        incoming: where they are written first; on the same disk, emptied at the start.
    """

    def __init__(self, root: Path, incoming: Path) -> None:
        self._root, self._incoming = root.resolve(), incoming
        self._root.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(incoming, ignore_errors=True)
        incoming.mkdir(parents=True)

    def find(self, path: str) -> Path | None:
        """Return the stored file of a path, or None.

        Raises:
            ApiError: 400 if the path leaves the folder.
        """
        target = self._locate(path)
        return target if target.is_file() else None

    def delete(self, path: str) -> bool:
        """Remove a file; say whether it was there."""
        found = self.find(path)
        if found is not None:
            found.unlink()
        return found is not None

    async def receive(self, content_type: str, chunks: AsyncIterator[bytes]) -> list[str]:
        """Store every part of an upload; return their paths.

        Raises:
            ApiError: 400 if the body is not a readable multipart form, or a path leaves the folder.
        """
        kind, options = parse_options_header(content_type)
        boundary = options.get(b"boundary")
        if kind != b"multipart/form-data" or not boundary:
            raise ApiError(400, 0, f"An upload must be multipart/form-data, got {content_type!r}")
        parts = _Parts(self._incoming)
        parser = MultipartParser(boundary, parts.callbacks())  # type: ignore[arg-type]
        try:
            async for chunk in chunks:
                parser.write(chunk)
            parser.finalize()
            if not parts.complete:
                raise ApiError(400, 0, "The upload is incomplete: it has no parts, or the last one does not end")
            return [await self._keep(name, part) for name, part in parts.finished]
        except (MultipartParseError, UnicodeDecodeError) as error:
            raise ApiError(400, 0, f"The upload could not be read: {error}") from error
        finally:
            parts.discard()

    async def _keep(self, name: str, part: Path) -> str:
        target = self._locate(name)
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            await asyncio.to_thread(_flush, part)
            part.replace(target)
        except OSError as error:
            raise ApiError(400, 0, f"Cannot store {name!r}: {error.strerror}") from error
        return name

    def _locate(self, path: str) -> Path:
        relative = path.strip("/")
        if not relative or "\0" in relative or "\\" in relative or ".." in relative.split("/"):
            raise ApiError(400, 0, f"Not a path inside the files folder: {path!r}")
        try:
            target = (self._root / relative).resolve()
        except (OSError, RuntimeError, ValueError) as error:
            raise ApiError(400, 0, f"Not a path inside the files folder: {path!r}") from error
        if not target.is_relative_to(self._root) or target == self._root:
            raise ApiError(400, 0, f"Not a path inside the files folder: {path!r}")
        return target


class _Parts:
    """Receives the parser's callbacks and writes each part to a file of its own."""

    def __init__(self, folder: Path) -> None:
        self.finished: list[tuple[str, Path]] = []
        self._folder = folder
        self._field, self._value = b"", b""
        self._headers: dict[bytes, bytes] = {}
        self._path: Path | None = None
        self._file: BinaryIO | None = None

    @property
    def complete(self) -> bool:
        """Whether there was a part, and every part has ended."""
        return bool(self.finished) and self._file is None

    def callbacks(self) -> dict[str, object]:
        """Return the methods by the parser's names for them."""
        names = (
            "part_begin",
            "header_field",
            "header_value",
            "header_end",
            "headers_finished",
            "part_data",
            "part_end",
        )
        return {f"on_{name}": getattr(self, name) for name in names}

    def part_begin(self) -> None:
        """Begin a part."""
        self._headers = {}
        self._path = self._folder / uuid.uuid4().hex
        self._file = self._path.open("xb")

    def header_field(self, data: bytes, start: int, end: int) -> None:
        """Collect a header's name."""
        self._field += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        """Collect a header's value."""
        self._value += data[start:end]

    def header_end(self) -> None:
        """Keep a header."""
        self._headers[self._field.lower()] = self._value
        self._field = self._value = b""

    def headers_finished(self) -> None:
        """Note that the content follows."""

    def part_data(self, data: bytes, start: int, end: int) -> None:
        """Write a piece of the content."""
        if self._file is not None:
            self._file.write(data[start:end])

    def part_end(self) -> None:
        """Close a part and remember it under its name."""
        if self._file is None or self._path is None:
            return
        self._file.close()
        _, options = parse_options_header(self._headers.get(b"content-disposition", b""))
        name = options.get(b"name") or options.get(b"filename") or b""
        self.finished.append((name.decode("utf-8"), self._path))
        self._file = self._path = None

    def discard(self) -> None:
        """Remove whatever was not renamed to its place."""
        if self._file is not None:
            self._file.close()
        leftovers = [path for _, path in self.finished] + ([self._path] if self._path else [])
        for path in leftovers:
            path.unlink(missing_ok=True)


def _flush(path: Path) -> None:
    with path.open("rb") as stream:
        os.fsync(stream.fileno())
