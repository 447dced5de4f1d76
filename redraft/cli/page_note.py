"""Where a folder's review page is, for other commands and for its next start: `.redraft/review/page.json`.

{"url": "http://127.0.0.1:8501", "port": 8501, "project": "redraft", "pid": 4711, "started": 1764080000.25}
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from redraft.cli.holding import Process, read_json


@dataclass(frozen=True, slots=True, kw_only=True)
class PageNote:
    """A page that runs or ran in a folder."""

    url: str  # that people open
    port: int
    project: str  # whose reviews it shows
    process: Process  # `redraft review`


def write_page_note(folder: Path, note: PageNote) -> None:
    """Keep it for other commands."""
    path = folder / "review" / "page.json"
    process = note.process
    row = {"url": note.url, "port": note.port, "project": note.project, "pid": process.pid, "started": process.started}
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(row) + "\n", encoding="utf-8")
    partial.replace(path)


def last_page(folder: Path) -> PageNote | None:
    """The page that ran last in a folder, or runs."""
    row = read_json(folder / "review" / "page.json")
    try:
        process = Process(pid=int(row["pid"]), started=float(row["started"]))
        return PageNote(url=str(row["url"]), port=int(row["port"]), project=str(row["project"]), process=process)
    except (KeyError, TypeError, ValueError):
        return None


def running_page(folder: Path) -> PageNote | None:
    """The page that runs in a folder now."""
    note = last_page(folder)
    return note if note is not None and note.process.lives() else None


def page_words(folder: Path) -> str:
    """What to call a folder's page in a message; empty when none runs."""
    note = running_page(folder)
    return f"the review page at {note.url} (process {note.process.pid})" if note else ""
