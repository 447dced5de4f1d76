"""Makes a folder appear whole or not at all."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from redraft.errors import InputError


@contextmanager
def built_beside(folder: Path) -> Iterator[Path]:
    """Give a fresh folder to fill; when all went well, rename it to `folder`, else remove it.

    Raises:
        InputError: `folder` exists and is not empty: an index is never written into another.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder}: expected a folder that does not exist yet, found one with files in it")
    folder.parent.mkdir(parents=True, exist_ok=True)
    beside = Path(tempfile.mkdtemp(dir=folder.parent, prefix=f".{folder.name}."))
    try:
        yield beside
        beside.chmod(0o755)
        beside.replace(folder)  # replaces an empty folder, fails on any other
    except BaseException:
        shutil.rmtree(beside, ignore_errors=True)
        raise
