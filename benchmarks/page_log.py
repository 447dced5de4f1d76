"""What the page processes of `reviewers.py` and `kills.py` write down: who clicked, and what was acknowledged when."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from redraft.tracking.seat import Seat

POLL_S = 0.01


class Log:
    """Lines that several threads append; each is with the operating system when `add` returns."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def add(self, **row: Any) -> None:
        """Append a row."""
        os.write(self._file, (json.dumps(row) + "\n").encode())


def log_acknowledged(seats: Mapping[str, Seat], log: Log) -> None:
    """Write down, from now on and in a thread, when each rating of these people is called saved."""

    def watch() -> None:
        seen: set[str] = set()
        while True:
            for seat in list(seats.values()):
                for rating_id in seat.confirmed - seen:
                    seen.add(rating_id)
                    log.add(what="acknowledged", at=time.time(), id=rating_id)
            time.sleep(POLL_S)

    threading.Thread(target=watch, daemon=True).start()
