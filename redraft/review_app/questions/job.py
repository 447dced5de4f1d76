"""Work that takes longer than a run of the page's script: in a thread of its own, looked at while it goes on."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Generic, TypeVar

from redraft.errors import RedraftError

T = TypeVar("T")


class Job(Generic[T]):
    """Runs at once; its result, or the reason why there is none, appears when it has ended.

    Args:
        work: Is given a function to call with the number of things that are done.
        total: How many things there are.
    """

    def __init__(self, work: Callable[[Callable[[int], None]], T], *, total: int) -> None:
        self.total = total
        self.n_done = 0
        self.result: T | None = None
        self.error: str | None = None
        self._work = work
        self._thread = threading.Thread(target=self._run, daemon=True, name="redraft-page-job")
        self._thread.start()

    @property
    def running(self) -> bool:
        """Whether it goes on."""
        return self._thread.is_alive()

    def wait(self, timeout_s: float) -> None:
        """Wait for its end."""
        self._thread.join(timeout_s)

    def _run(self) -> None:
        self.error = "it ended without a result; the log of the page says why"
        try:
            self.result = self._work(self._count)
        except RedraftError as error:
            self.error = str(error)
        else:
            self.error = None

    def _count(self, n_done: int) -> None:
        self.n_done = n_done
