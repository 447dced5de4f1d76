"""The threads that send: whatever happens to one thing, it is tried again, and the others are sent."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from redraft.tracking.sending import Sender


@pytest.fixture
def sender() -> Iterator[Sender]:
    """One thread, so that a thing that ended it would be noticed."""
    made = Sender(threads=1)
    yield made
    made.stop()


class Thing:
    """Is sent as told: a result, or an error to raise, a try."""

    def __init__(self, *results: bool | Exception) -> None:
        self.results, self.settled = list(results), threading.Event()

    def send(self) -> bool:
        """Do the next of what was told."""
        result = self.results.pop(0)
        if isinstance(result, Exception):
            raise result
        if result:
            self.settled.set()
        return result


@pytest.mark.parametrize("first", [False, ValueError("nobody thought of this")])
def test_what_could_not_be_sent_is_tried_again_without_being_submitted_again(
    sender: Sender, first: bool | Exception
) -> None:
    """An error of a kind that was not expected left a person's ratings waiting until they said the next thing."""
    thing = Thing(first, True)
    sender.submit(thing)
    assert thing.settled.wait(20)


def test_a_thing_that_fails_does_not_end_the_thread_of_the_others(sender: Sender) -> None:
    bad, good = Thing(KeyError("x"), True), Thing(True)
    sender.submit(bad)
    sender.submit(good)
    assert good.settled.wait(20)


def test_what_waits_long_is_tried_soon_after_something_else_got_through(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"FIRST_PAUSE_S": 0.01, "GROWTH": 1e5, "LONGEST_PAUSE_S": 1000.0}.items():
        monkeypatch.setattr(f"redraft.tracking.sending.{name}", value)
    sender, waiting, other = Sender(threads=2), Thing(False, False, True), Thing(True)
    sender.submit(waiting)
    deadline = time.monotonic() + 20
    while len(waiting.results) > 1:  # twice it failed: now it waits for a quarter of an hour
        assert time.monotonic() < deadline
        time.sleep(0.01)
    while not waiting.settled.wait(0.1):
        assert time.monotonic() < deadline
        other.results.append(True)
        sender.submit(other)
    sender.stop()
