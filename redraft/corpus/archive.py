"""Packs an index into one file and back."""

from __future__ import annotations

import shutil
import stat
import zipfile
from pathlib import Path, PurePosixPath

from redraft.corpus.publishing import built_beside
from redraft.errors import InputError

MAX_UNPACKED_BYTES = 50 * 10**9


def pack_index(folder: Path, archive: Path) -> Path:
    """Zip a finished index; the archive appears whole or not at all."""
    archive.parent.mkdir(parents=True, exist_ok=True)
    temporary = archive.with_name(f".{archive.name}.part")
    try:
        with zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as bundle:
            for file in sorted(file for file in folder.rglob("*") if file.is_file()):
                bundle.write(file, file.relative_to(folder).as_posix())
        temporary.replace(archive)
    finally:
        temporary.unlink(missing_ok=True)
    return archive


def unpack_index(archive: Path, folder: Path) -> Path:
    """Unzip an index into a folder that does not exist yet.

    Raises:
        InputError: Not a zip file, or one whose entries would land outside the folder.
    """
    try:
        with zipfile.ZipFile(archive) as bundle, built_beside(folder) as beside:
            entries = [entry for entry in bundle.infolist() if not entry.is_dir()]
            for entry in entries:
                _check_entry(entry, archive)
            if sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES:
                raise InputError(f"{archive}: unpacks to more than {MAX_UNPACKED_BYTES / 1e9:g} GB")
            for entry in entries:
                target = beside / entry.filename
                target.parent.mkdir(parents=True, exist_ok=True)
                with bundle.open(entry) as source, target.open("wb") as copy:
                    shutil.copyfileobj(source, copy)
    except (zipfile.BadZipFile, EOFError) as error:
        raise InputError(f"{archive}: not a whole zip file: {error}") from None
    except FileNotFoundError:
        if archive.exists():
            raise
        raise InputError(f"{archive}: no such index archive") from None
    return folder


def _check_entry(entry: zipfile.ZipInfo, archive: Path) -> None:
    name = entry.filename
    path = PurePosixPath(name.replace("\\", "/"))
    if path.is_absolute() or ".." in path.parts or ":" in name or stat.S_ISLNK(entry.external_attr >> 16):
        raise InputError(f"{archive}: entry {name!r} would land outside the folder", remedy="do not use this archive")
