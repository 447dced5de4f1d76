"""What model calls may still take: asked before each call, told after it.

With n calls in flight a limit is overshot by at most what those n take, because no other one is begun.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from redraft.llm.prices import cost_usd
from redraft.records import LlmCall

NOT_MADE = "not called"  # how the error of a call begins that the budget did not allow
CHARS_PER_TOKEN = 4  # of an endpoint that does not say how many tokens it took
KEEP_EVERY_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One limit, and what others spent of it before."""

    key: str  # budget.run_tokens
    unit: Literal["tokens", "usd"]
    most: float  # tokens, or US dollars
    before: float = 0.0  # spent by others: earlier steps of the run, earlier runs of the project


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What calls took."""

    tokens: int = 0  # in and out
    usd: float | None = 0.0  # None: a price is not known

    def __add__(self, other: Spent) -> Spent:
        """Add up; what is not known stays so.

        >>> Spent(tokens=2, usd=0.5) + Spent(tokens=3, usd=None)
        Spent(tokens=5, usd=None)
        """
        known = self.usd is not None and other.usd is not None
        return Spent(tokens=self.tokens + other.tokens, usd=(self.usd or 0) + (other.usd or 0) if known else None)


class Budget:
    """Counts what one step's calls take, and says when a limit is reached.

    Args:
        limits: None: only counted.
        shares: How many spend at the same time, each of them at most this part of what is left.
        keep: Is told now and then what was spent, so that little of it is forgotten when the process is killed.
    """

    def __init__(
        self, limits: Sequence[Limit] = (), *, shares: int = 1, keep: Callable[[Spent], None] | None = None
    ) -> None:
        self._limits = limits
        self._shares = shares
        self._keep = keep
        self._kept_at = time.monotonic()
        self._lock = threading.Lock()
        self._spent = Spent()
        self.refused = 0  # calls that were not made

    @property
    def spent(self) -> Spent:
        """What the calls took so far."""
        return self._spent

    def reached(self) -> Limit | None:
        """The first limit that is reached."""
        spent = {"tokens": self._spent.tokens, "usd": self._spent.usd or 0.0}
        return next(
            (limit for limit in self._limits if spent[limit.unit] * self._shares >= limit.most - limit.before), None
        )

    def refusal(self) -> str | None:
        """See `redraft.call_log.Limits`."""
        limit = self.reached()
        if limit is None:
            return None
        with self._lock:
            self.refused += 1
        return f"{NOT_MADE}: {limit.key} = {limit.most:g} is reached"

    def add(self, call: LlmCall) -> None:
        """See `redraft.call_log.Limits`; a failed call counts as what the endpoint said that it took."""
        with self._lock:
            self._spent += taken(call)
            due = time.monotonic() - self._kept_at >= KEEP_EVERY_S
            self._kept_at = time.monotonic() if due else self._kept_at
        if due:
            self.keep()

    def join(self, calls: Iterable[LlmCall]) -> None:
        """See `redraft.call_log.Limits`; what is left is then this one's alone."""
        others = sum((taken(call) for call in calls), Spent())
        took = {"tokens": others.tokens, "usd": others.usd or 0.0}
        with self._lock:
            self._limits = [replace(limit, before=limit.before + took[limit.unit]) for limit in self._limits]
            self._shares, self.refused = 1, 0

    def keep(self) -> None:
        """Tell what was spent so far."""
        if self._keep is not None:
            self._keep(self._spent)


def taken(call: LlmCall) -> Spent:
    """What one call took; tokens that the endpoint does not tell are guessed from the texts.

    >>> from redraft.records import LlmCall
    >>> told = {"step": "s", "kind": "answer", "model": "demo-chat", "messages": (("user", "x" * 40),)}
    >>> taken(LlmCall(**told, reply="y" * 8)), taken(LlmCall(**told, reply=None, error="timed out"))
    (Spent(tokens=12, usd=0.0), Spent(tokens=0, usd=0.0))
    """
    if call.kept:
        return Spent()
    tokens = call.tokens_in + call.tokens_out
    if tokens or call.reply is None:
        return Spent(tokens=tokens, usd=call.cost_usd if call.error is None or tokens else call.cost_usd or 0.0)
    sent = sum(len(text) for _, text in call.messages) // CHARS_PER_TOKEN
    received = len(call.reply) // CHARS_PER_TOKEN
    return Spent(tokens=sent + received, usd=cost_usd(call.model, sent, received))
