"""What people said that the server has not confirmed yet, on this machine's disk.

A line is written and flushed before anything is sent; the file is emptied once the server has everything. Each writer
(person and browser session) has a file of its own, locked while its page lives: a file without a lock was left by a
page that died, and is handed in by whoever finds it. No name is used twice, so nobody empties what another one left.

{"task": "8c1f...", "project": "redraft", "iteration": 3, "writer": "w-19ab...", "reviewer": "Ann", ...}
{"kind": "Rating", "schema": 2, "row": {"id": "rt-...", "answer_id": "a-...", "score": 4, ...}}
"""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import json
import os
import uuid
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from io import FileIO
from pathlib import Path
from typing import Any

from redraft.errors import InputError, RecordError
from redraft.jsonl import from_dict, to_dict
from redraft.migrations import SCHEMA_VERSION, migrate
from redraft.records import Flag, Overall, PlanItem, Presence, Rating
from redraft.tracking.inbox import OpenReview

Said = Rating | Overall | Flag | Presence | PlanItem
"""What a person says in a review."""

KINDS: Mapping[str, type[Any]] = {kind.__name__: kind for kind in (Rating, Overall, Flag, Presence, PlanItem)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What a page that died has left."""

    path: Path
    review: OpenReview
    reviewer: str
    said: tuple[Said, ...]


class Journal:
    """One writer's file; `close` it when its page ends.

    Args:
        folder: This machine's state.
        review: The review.
        writer: From `redraft.tracking.inbox.writer_key`.
        reviewer: The person's name.

    Raises:
        InputError: The disk does not take it.
    """

    def __init__(self, folder: Path, review: OpenReview, writer: str, reviewer: str) -> None:
        self._folder, self._writer = folder / "journal" / review.task_id, writer
        self._header = {**dataclasses.asdict(review), "reviewer": reviewer}
        self.path, self._file = self._opened()
        self._given_up = False

    def add(self, said: Said) -> None:
        """Keep a line; it is on the disk when this returns. After it was given up, there is a file until all is sent.

        Raises:
            InputError: The disk does not take it; nothing was kept.
        """
        row = {"kind": type(said).__name__, "schema": SCHEMA_VERSION, "row": to_dict(said)}
        if self._file.closed:
            self.path, self._file = self._opened()
        size = os.fstat(self._file.fileno()).st_size
        header = [] if size else [json.dumps(self._header)]
        text = ("\n".join([*header, json.dumps(row)]) + "\n").encode()
        try:
            while text:
                text = text[self._file.write(text) :]
            os.fsync(self._file.fileno())
        except OSError as error:
            with contextlib.suppress(OSError):
                self._file.truncate(size)  # half a line would spoil the next one
            raise InputError(f"{self.path}: cannot be written ({error.strerror})", remedy="free the disk") from None

    def confirm(self) -> None:
        """Forget everything: the server has it."""
        if self._file.closed:
            return
        self._file.truncate(0)
        if self._given_up:
            self.close()

    def close(self) -> None:
        """Give the file up; without a line it is removed."""
        self._given_up = True
        if self._file.closed:
            return
        if not os.fstat(self._file.fileno()).st_size:
            self.path.unlink()
        self._file.close()

    def _opened(self) -> tuple[Path, FileIO]:
        """Make a file that nobody has had before; it has its name once it is locked."""
        path = self._folder / f"{self._writer}-{uuid.uuid4().hex[:8]}.jsonl"
        unlocked = path.with_suffix(".new")
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            file = FileIO(unlocked, "a")
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            unlocked.rename(path)
        except OSError as error:
            raise InputError(f"{path}: cannot be written ({error.strerror})", remedy="free the disk") from None
        return path, file


def abandoned(folder: Path) -> Iterator[Left]:
    """What pages that died have left, oldest review first; each is locked until the next one is asked for."""
    for path in sorted((folder / "journal").glob("*/*.jsonl")):
        try:
            with path.open("r+", encoding="utf-8") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if not os.fstat(file.fileno()).st_nlink:
                    continue  # it was handed in between the opening and the lock
                left = _parse(path, file.read())
                if left is None:
                    path.unlink()
                else:
                    yield left
        except (BlockingIOError, FileNotFoundError):
            continue  # its page lives, or somebody else was faster


def _parse(path: Path, text: str) -> Left | None:
    """Read a file; a last line that was not written whole was never said to be kept."""
    lines = text.split("\n")[:-1]
    if not lines:
        return None
    header = json.loads(lines[0])
    reviewer = header.pop("reviewer")
    said = [row for row in map(_said, lines[1:]) if row is not None]
    return Left(path=path, review=OpenReview(**header), reviewer=reviewer, said=tuple(said)) if said else None


def _said(line: str) -> Said | None:
    try:
        row = json.loads(line)
        record: Said = from_dict(KINDS[row["kind"]], migrate(row["kind"], row["row"], row["schema"]))
    except (ValueError, KeyError, RecordError):
        return None
    return record
