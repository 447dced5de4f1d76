"""Sends what people said, in threads of its own: a page never waits for the server."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

AT_ONCE = 8
FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 15.0


class Sendable(Protocol):
    """What can be sent, again and again until it is settled."""

    def send(self) -> bool:
        """Send; whether all is settled."""


class Sender:
    """Sends each thing that was submitted until it is settled; end it with `stop`.

    A thing that is being sent and is submitted again is sent once more afterwards, not twice at once.
    """

    def __init__(self, pause: Callable[[float], None] = time.sleep) -> None:
        self._pool = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="send")
        self._lock = threading.Lock()
        self._again: dict[int, bool] = {}  # id of what is being sent -> was it submitted again
        self._pause, self._stopped = pause, threading.Event()

    def submit(self, thing: Sendable) -> None:
        """Send it soon."""
        with self._lock:
            if self._stopped.is_set():
                return
            if id(thing) in self._again:
                self._again[id(thing)] = True
                return
            self._again[id(thing)] = False
        self._pool.submit(self._send, thing)

    def run(self, work: Callable[[], object]) -> None:
        """Do something else soon, once."""
        with self._lock:
            if not self._stopped.is_set():
                self._pool.submit(work)

    def stop(self) -> None:
        """Finish what is on its way, begin nothing new."""
        with self._lock:
            self._stopped.set()
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _send(self, thing: Sendable) -> None:
        pause = FIRST_PAUSE_S
        while True:
            settled = thing.send()
            with self._lock:
                if settled and not self._again[id(thing)]:
                    del self._again[id(thing)]
                    return
                self._again[id(thing)] = False
                if self._stopped.is_set():
                    del self._again[id(thing)]
                    return
            if not settled:
                self._stopped.wait(pause)
                pause = min(2 * pause, LONGEST_PAUSE_S)
