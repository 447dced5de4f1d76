"""How often model calls may begin."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Pace:
    """Spreads calls evenly, so that no minute sees more of them than are allowed.

    >>> pace = Pace(120, clock=iter([10.0, 10.1, 12.0]).__next__)
    >>> [round(pace.wait_s(), 2) for _ in range(3)]
    [0.0, 0.4, 0.0]

    Args:
        per_minute: Calls; a call and its retries are one. 0: any number.
        clock: Seconds.
    """

    def __init__(self, per_minute: float, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._gap_s = 60 / per_minute if per_minute else 0.0
        self._clock = clock
        self._lock = threading.Lock()
        self._next = 0.0

    def wait_s(self) -> float:
        """How long the next call has to wait; it is counted."""
        with self._lock:
            now = self._clock()
            begins = max(now, self._next)
            self._next = begins + self._gap_s
        return begins - now
