"""A backup as a file: every record of a project as JSON Lines, in one zip with a manifest.

    manifest.json         {"redraft": "backup", "schema": 2, "project": "redraft", "made": "2026-03-02T...", ...}
    ratings.jsonl         a file of records a kind, as everywhere (`redraft.jsonl`); an older schema version is read too

It knows no server.
"""

from __future__ import annotations

import json
import os
import tempfile
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redraft.errors import InputError, RecordError
from redraft.jsonl import dump_jsonl, parse_jsonl
from redraft.migrations import SCHEMA_VERSION, check_version
from redraft.records import IterationResult
from redraft.tracking.history import KINDS
from redraft.tracking.snapshot_covers import KEPT

MANIFEST = "manifest.json"
FILES: Mapping[str, type[Any]] = {**KINDS, KEPT: IterationResult}
MAX_BYTES = 4_000_000_000  # unpacked, of one file


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """All that people said and decided in a project, and what it was about."""

    project: str  # that it was made of
    made: str  # ISO 8601, UTC
    records: Mapping[str, Sequence[Any]]  # by the name of their file

    @property
    def counts(self) -> dict[str, int]:
        """How many rows each file holds."""
        return {name: len(rows) for name, rows in self.records.items()}


def write_backup_file(path: Path, backup: Backup, *, version: str) -> None:
    """Write a backup whole or not at all.

    Args:
        path: Where, a name that ends in .zip; nothing may be there yet.
        backup: What.
        version: Of Redraft.

    Raises:
        InputError: Another ending, there is something already, or it cannot be written.
    """
    if path.suffix.lower() != ".zip":
        raise InputError(
            f"{path}: a backup is a zip file, expected a name that ends in .zip",
            remedy=f"name it {path.with_suffix('.zip').name}",
        )
    if path.exists():
        raise InputError(f"{path} is there already", remedy="name another file: a backup never replaces one")
    manifest = {"redraft": "backup", "schema": SCHEMA_VERSION, "version": version, "project": backup.project,
                "made": backup.made, "counts": backup.counts}  # fmt: skip
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as raw, zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as file:
                file.writestr(MANIFEST, json.dumps(manifest, indent=2, ensure_ascii=False))
                for name, rows in backup.records.items():
                    file.writestr(f"{name}.jsonl", dump_jsonl(FILES[name], rows))
            Path(temporary).replace(path)
        finally:
            Path(temporary).unlink(missing_ok=True)
    except OSError as error:
        raise InputError(f"{path} could not be written: {error.strerror}", remedy="name another place") from None


def read_backup_file(path: Path) -> Backup:
    """Read a backup and check that it is whole.

    Raises:
        InputError: No such file, no backup, or damaged; with what is missing.
        RecordError: A schema version that this Redraft does not read, or a wrong row.
    """
    try:
        with zipfile.ZipFile(path) as file:
            manifest = _manifest(file, path)
            counts = dict(manifest["counts"])
            unknown = sorted(set(counts) - set(FILES))
            if unknown:
                raise InputError(
                    f"{path}: holds {unknown[0]!r}, which this Redraft does not know",
                    remedy="restore it with the version that wrote it, or a newer one",
                )
            records = {
                name: parse_jsonl(FILES[name], _text(file, name, path), name=f"{path}: {name}") for name in counts
            }
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except (zipfile.BadZipFile, OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read as a backup ({error})", remedy="take another copy of it") from None
    for name, rows in records.items():
        if len(rows) != counts[name]:
            raise InputError(f"{path}: is damaged: {name} should hold {counts[name]} rows, holds {len(rows)}")
    return Backup(project=str(manifest.get("project")), made=str(manifest.get("made")), records=records)


def _manifest(file: zipfile.ZipFile, path: Path) -> dict[str, Any]:
    try:
        manifest = json.loads(file.read(MANIFEST))
    except (KeyError, ValueError):
        manifest = None
    if not isinstance(manifest, dict) or manifest.get("redraft") != "backup" or "counts" not in manifest:
        raise InputError(f"{path}: is no backup of Redraft", remedy="give a file that `redraft backup` wrote")
    try:
        check_version(manifest.get("schema"), name=str(path))
    except RecordError as error:
        raise InputError(str(error)) from None
    return manifest


def _text(file: zipfile.ZipFile, name: str, path: Path) -> str:
    try:
        info = file.getinfo(f"{name}.jsonl")
    except KeyError:
        raise InputError(f"{path}: is damaged: {name}.jsonl is missing") from None
    if info.file_size > MAX_BYTES:
        raise InputError(f"{path}: {name}.jsonl has {info.file_size:,} bytes, at most {MAX_BYTES:,} are read")
    return file.read(info).decode("utf-8")
