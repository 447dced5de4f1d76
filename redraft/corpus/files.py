"""Walks a docs folder: which files are read, by which reader, and why the others are not.

Hidden files and folders are passed over in silence. Links that leave the folder are not followed: a docs folder from
elsewhere must not be able to publish this machine's files.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from redraft.corpus.channels import EXPORT_FILES, is_day_file, is_slack_export, read_slack_channel
from redraft.corpus.formats import READERS
from redraft.corpus.pages import Page


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What is read in one go: a file, or the day files of a Slack channel."""

    path: str  # relative to the docs folder, with forward slashes
    locations: tuple[Path, ...]
    kind: str  # the `source_kind` of its documents

    def read(self, problems: list[str]) -> list[Page]:
        """Read the pages; `problems` takes what was wrong with parts of it."""
        if self.kind == "slack":
            return read_slack_channel(self.locations, problems)
        return READERS[self.locations[0].suffix.lower()].read(self.locations[0], problems)


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """What a docs folder consists of."""

    sources: tuple[Source, ...]  # ordered by path
    files: tuple[tuple[str, Path], ...]  # every file that the sources need: path and location, ordered by path
    refused: tuple[tuple[str, str], ...]  # path and reason, ordered by path


def list_sources(folder: Path, *, max_bytes: int) -> Listing:
    """List what can be read in a folder, and the other files with their reasons."""
    root = folder.resolve()
    found: dict[str, Source] = {}
    files: list[tuple[str, Path]] = []
    refused: list[tuple[str, str]] = []
    for location in _walk(root, refused):
        path = location.relative_to(root).as_posix()
        reason = _refuse(location, root, path, max_bytes)
        if reason is not None:
            refused.append((path.encode(errors="backslashreplace").decode(), reason))
            continue
        if _add_source(found, location, path) or _is_export_file(location):
            files.append((path, location))
        else:
            refused.append((path, f"unknown kind of file ({location.suffix or 'no ending'})"))
    sources = sorted(found.values(), key=lambda source: source.path)
    return Listing(sources=tuple(sources), files=tuple(sorted(files)), refused=tuple(sorted(refused)))


def _walk(root: Path, refused: list[tuple[str, str]]) -> Iterator[Path]:
    def unreadable(error: OSError) -> None:
        refused.append((Path(error.filename).relative_to(root).as_posix(), f"cannot be opened: {error.strerror}"))

    for current, folders, names in os.walk(root, onerror=unreadable):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for link in (Path(current, name) for name in folders):
            if link.is_symlink():  # os.walk does not enter it
                where = _where_link_leads(link, root)
                refused.append((link.relative_to(root).as_posix(), f"symbolic link to a folder {where}"))
        yield from (Path(current, name) for name in sorted(names) if not name.startswith("."))


def _where_link_leads(link: Path, root: Path) -> str:
    inside = Path(os.path.realpath(link)).is_relative_to(root)
    return "that is read at its own place" if inside else "outside the docs folder"


def _refuse(location: Path, root: Path, path: str, max_bytes: int) -> str | None:
    try:
        path.encode()
    except UnicodeEncodeError:
        return "file name is not UTF-8"
    try:
        if location.is_symlink() and not Path(os.path.realpath(location)).is_relative_to(root):
            return "symbolic link to a file outside the docs folder"
        status = location.stat()
    except FileNotFoundError:
        return "broken symbolic link"
    except OSError as error:
        return f"cannot be opened: {error.strerror}"
    if not stat.S_ISREG(status.st_mode):
        return "not a regular file"
    if status.st_size > max_bytes:
        return f"{status.st_size / 1e6:.1f} MB, larger than docs.max_file_mb = {max_bytes / 1e6:g}"
    return None


def _add_source(found: dict[str, Source], location: Path, path: str) -> bool:
    reader = READERS.get(location.suffix.lower())
    if reader is not None:
        found[path] = Source(path=path, locations=(location,), kind=reader.kind)
        return True
    if is_day_file(location) and is_slack_export(location.parent.parent):
        channel = path.rpartition("/")[0]
        days = found[channel].locations if channel in found else ()
        found[channel] = Source(path=channel, locations=(*days, location), kind="slack")
        return True
    return False


def _is_export_file(location: Path) -> bool:
    return location.name in EXPORT_FILES and is_slack_export(location.parent)
