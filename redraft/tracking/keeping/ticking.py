"""Lets a keeper tick until it is told to stop, whatever goes wrong meanwhile."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from threading import Event
from typing import Any

from redraft.errors import RedraftError, ServerError
from redraft.tracking.keeping.keeper import Keeper

log = logging.getLogger("redraft")


def log_to_console() -> None:
    """Show what keepers log: reviews that were closed, notices, problems."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(message)s", "%Y-%m-%d %H:%M:%S"))
    log.addHandler(handler)
    log.setLevel(logging.INFO)
    log.propagate = False


def keep(
    keeper: Keeper,
    stop: Event,
    *,
    clock: Callable[[], float] = time.time,
    say: Callable[[str], Any] = lambda words: log.info("%s", words),
    alive: Callable[[], Any] = lambda: None,
) -> None:
    """Tick until told to stop, whatever goes wrong meanwhile.

    Args:
        keeper: The keeper.
        stop: Ends it.
        clock: The time, Unix seconds.
        say: Takes what a tick came to, when that is another than before.
        alive: Called at each tick, to tell a server that this process lives.
    """
    said = ""
    while not stop.is_set():
        try:
            alive()
            words = keeper.tick(now=clock())
        except ServerError as error:
            words = f"waiting for the server: {error}"
        except Exception as error:  # one that ended would be missed only when a review stays open for weeks
            log.exception("a tick failed; the next one tries again")
            words = f"a tick failed ({type(error).__name__}); the next one tries again"
        if words != said:
            say(words)
        said = words
        stop.wait(keeper.config.keeper.tick_s)
    try:
        keeper.end()
    except RedraftError as error:
        log.warning("%s", error)
