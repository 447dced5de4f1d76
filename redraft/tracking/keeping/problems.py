"""What goes wrong again and again is said once, and once more when it is over."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TypeVar

from redraft.errors import RedraftError, ServerUnavailable

log = logging.getLogger("redraft")

ResultT = TypeVar("ResultT")


class Problems:
    """The problems of now, by what was tried."""

    def __init__(self) -> None:
        self.now: dict[str, str] = {}

    def attempt(self, what: str, action: Callable[[], ResultT], otherwise: ResultT) -> ResultT:
        """Do one of several things, and go on without its result if it cannot be done.

        Raises:
            ServerUnavailable: The ClearML server is away: the others cannot be done either.
        """
        try:
            result = action()
        except ServerUnavailable:
            raise
        except RedraftError as error:
            self.note(what, str(error))
            return otherwise
        self.note(what, "")
        return result

    def note(self, what: str, problem: str) -> None:
        """Keep a problem, empty: it is over; warn when it is another than before."""
        before = self.now.pop(what, "")
        if problem:
            self.now[what] = problem
        if problem and problem != before:
            log.warning("%s: %s", what, problem)
        elif before and not problem:
            log.info("%s: well again", what)
