"""Files with a name that is to be forgotten, beside those that tasks refer to: replaced ones, copies, the journal."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from redraft.errors import ServerRefused
from redraft.learning.pseudonyms import PERSON_FIELDS, Pseudonym
from redraft.learning.words import counted
from redraft.tracking.server import find_tasks, project_ids


def delete_files(project: str, urls: Iterable[str], between: Callable[[str], None]) -> None:
    """Delete files that no task refers to any more; one that is gone already is fine.

    Raises:
        ServerRefused: Some are still there.
    """
    from clearml import StorageManager
    from clearml.storage.helper import StorageHelper

    tasks = find_tasks(project=project_ids(project), only_fields=["execution.artifacts"])
    in_use = {item.get("uri") for task in tasks for item in (task.get("execution") or {}).get("artifacts") or []}
    left = []
    for url in urls:
        if url in in_use:
            continue
        StorageHelper.get(url).delete(url, silent=True)
        if StorageManager.exists_file(url):
            left.append(url)
        between("deleted")
    if left:
        raise ServerRefused(
            f"the new files are in place, but {counted(len(left), 'old file')} could not be deleted: {', '.join(left)}",
            remedy="delete them there, then call again to finish",
        )


def clear_cache(change: Pseudonym) -> None:
    """Remove copies of records with the name from this machine's ClearML cache, which may be emptied at any time."""
    from clearml.config import get_cache_dir

    written = re.escape(json.dumps(change.name, ensure_ascii=False)[1:-1])
    person = rf'"(?:{"|".join(PERSON_FIELDS)})": *"\s*{written}\s*"'
    held = re.compile(written.encode() if change.words else person.encode())
    for path in Path(get_cache_dir()).rglob("*.jsonl"):
        if held.search(path.read_bytes()):
            path.unlink(missing_ok=True)


def in_journal(folder: Path, name: str) -> list[Path]:
    """Files of this machine's journal with something of this person that the server has not confirmed.

    Args:
        folder: This machine's state (`redraft.tracking.journal`).
        name: The person's name.
    """
    found = []
    for path in sorted((folder / "journal").glob("*/*.jsonl")):
        lines = path.read_text(encoding="utf-8").split("\n")[:-1]  # a last line may not be whole
        names = [row.get("reviewer") or row.get("row", {}).get("reviewer") for row in map(json.loads, lines)]
        if any(str(written or "").strip() == name.strip() for written in names):
            found.append(path)
    return found
