"""Sends what people said, in threads of its own: a page never waits for the server."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from typing import Protocol

log = logging.getLogger("redraft")

AT_ONCE = 8
FIRST_PAUSE_S = 1.0  # before something is tried again
LONGEST_PAUSE_S = 15.0
GROWTH = 2.0  # from one pause to the next


class Sendable(Protocol):
    """What can be sent, again and again until it is settled."""

    def send(self) -> bool:
        """Send; whether all is settled."""


class Sender:
    """Sends each thing that was submitted until it is settled; end it with `stop`.

    A thing that is being sent and is submitted again is sent once more afterwards, not twice at once. Its threads do
    not keep the process alive: what is not sent when it ends is in the journal.
    """

    def __init__(self, threads: int = AT_ONCE) -> None:
        self._work: queue.SimpleQueue[Callable[[], object] | None] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._got_through = threading.Condition(self._lock)
        self._again: dict[int, bool] = {}  # id of what is being sent -> was it submitted again
        self._stopped = threading.Event()
        self._threads = [threading.Thread(target=self._run, name="send", daemon=True) for _ in range(threads)]
        for thread in self._threads:
            thread.start()

    def submit(self, thing: Sendable) -> None:
        """Send it soon."""
        with self._lock:
            if id(thing) in self._again:
                self._again[id(thing)] = True
                return
            self._again[id(thing)] = False
        self.run(lambda: self._send(thing))

    def run(self, work: Callable[[], object]) -> None:
        """Do something soon, once."""
        if not self._stopped.is_set():
            self._work.put(work)

    def stop(self, timeout_s: float = 10.0) -> None:
        """Finish what is on its way, begin nothing new."""
        self._stopped.set()
        with self._got_through:
            self._got_through.notify_all()
        for _ in self._threads:
            self._work.put(None)
        for thread in self._threads:
            thread.join(timeout_s)

    def _run(self) -> None:
        while (work := self._work.get()) is not None:
            try:
                work()
            except Exception:  # one defect must not end the thread that sends everybody's ratings
                log.exception("work in the background failed")

    def _send(self, thing: Sendable) -> None:
        pause, settled = FIRST_PAUSE_S, False
        try:
            while True:
                settled = self._try(thing)
                with self._lock:
                    if settled:
                        self._got_through.notify_all()
                    if (settled and not self._again[id(thing)]) or self._stopped.is_set():
                        return
                    self._again[id(thing)] = False
                if not settled:
                    self._pause(pause)
                    pause = min(GROWTH * pause, LONGEST_PAUSE_S)
        finally:
            with self._lock:
                del self._again[id(thing)]

    def _pause(self, seconds: float) -> None:
        """Wait; not for long once something else got through, for then the server is back."""
        self._stopped.wait(FIRST_PAUSE_S)
        with self._got_through:
            if not self._stopped.is_set() and seconds > FIRST_PAUSE_S:
                self._got_through.wait(seconds - FIRST_PAUSE_S)

    @staticmethod
    def _try(thing: Sendable) -> bool:
        try:
            return thing.send()
        except Exception:  # of which nobody thought: what was said waits, and must not wait for its next word
            log.exception("sending failed; it is tried again")
            return False
