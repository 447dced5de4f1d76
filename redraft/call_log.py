"""The call log: every call to a model becomes one line of the artifact `calls`.

Knows no model and no file; whoever made the calls writes `calls` with `redraft.jsonl`. Secrets are masked before a call
is taken in, and whoever makes calls asks here first whether the budget allows another (`redraft.llm.budget`).
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from typing import Protocol

from redraft.records import KeptReply, LlmCall


class Limits(Protocol):
    """What may be spent."""

    def refusal(self) -> str | None:
        """Why no further call may be made; None: one may."""

    def add(self, call: LlmCall) -> None:
        """Count what a call took."""

    def join(self, calls: Iterable[LlmCall]) -> None:
        """Know what others took, who had a part of these limits and are done."""


class Replies(Protocol):
    """Replies that outlive the process."""

    def take(self, key: str) -> str | None:
        """A reply to this call that was paid for before, given once; None: there is none."""

    def keep(self, replies: Sequence[tuple[str, str]]) -> Future[None]:
        """Keep replies by the keys of their calls; done when they are safe, or cannot be made so."""

    def add_earlier(self, earlier: Iterable[KeptReply]) -> None:
        """Take in replies that others paid for."""


class CallLog:
    """Collects calls from any number of threads.

    >>> log = CallLog()
    >>> log.add(LlmCall(step="ask", kind="answer", model="m", messages=(), reply="Yes.", tokens_in=9, cost_usd=0.001))
    >>> log.add(LlmCall(step="ask", kind="answer", model="m", messages=(), reply=None, error="timed out"))
    >>> log.n_calls, log.n_failed, log.tokens_in, log.cost_usd
    (2, 1, 9, None)

    Args:
        limits: What may be spent; None: anything.
        mask: Takes out of a text what must not be stored.
        replies: Where replies are kept and found again; None: nowhere.
        wait_s: Says how many seconds the next call has to wait; None: none.
        shares: How many logs share the limits on calls in flight at the same time, this one among them.
    """

    def __init__(
        self,
        *,
        limits: Limits | None = None,
        mask: Callable[[str], str] | None = None,
        replies: Replies | None = None,
        wait_s: Callable[[], float] | None = None,
        shares: int = 1,
    ) -> None:
        self._calls: list[LlmCall] = []
        self._limits = limits
        self._mask = mask
        self._replies = replies
        self._wait_s = wait_s
        self.shares = shares
        self.ended: str | None = None  # why no further call may be made
        self._lock = threading.Lock()

    def refusal(self) -> str | None:
        """Why no further call may be made; None: one may. Whoever makes calls asks before each."""
        if self.ended is not None:
            return self.ended
        return None if self._limits is None else self._limits.refusal()

    def wait_s(self) -> float:
        """Seconds that the next call has to wait, which is then counted."""
        return 0.0 if self._wait_s is None else self._wait_s()

    def end(self, why: str) -> None:
        """Let no further call be made."""
        self.ended = why

    def add_earlier(self, replies: Iterable[KeptReply]) -> None:
        """Take in replies that others paid for."""
        if self._replies is not None:
            self._replies.add_earlier(replies)

    def join(self, calls: Sequence[LlmCall]) -> None:
        """Take in the calls of others who worked in this one's name and are done; they counted them themselves."""
        with self._lock:
            self._calls += calls
        self.shares = 1
        if self._limits is not None:
            self._limits.join(calls)

    @property
    def keeps(self) -> bool:
        """Whether replies are kept and found again at all."""
        return self._replies is not None

    def kept(self, key: str) -> str | None:
        """A reply that was paid for before; None: the call has to be made."""
        return None if self._replies is None else self._replies.take(key)

    def keep(self, replies: Sequence[tuple[str, str]], *, texts: bool = True) -> Future[None] | None:
        """Keep replies by the keys of their calls, but no text in which something would have to be masked."""
        mask = self._mask if self._mask is not None and texts else str
        allowed = [(key, reply) for key, reply in replies if mask(reply) == reply]
        return self._replies.keep(allowed) if self._replies is not None and allowed else None

    def add(self, call: LlmCall) -> None:
        """Append one call that has ended."""
        if self._limits is not None and not call.kept:
            self._limits.add(call)
        with self._lock:
            self._calls.append(call if self._mask is None else _masked(call, self._mask))

    @property
    def calls(self) -> tuple[LlmCall, ...]:
        """All calls, in the order in which they ended."""
        with self._lock:
            return tuple(self._calls)

    @property
    def n_calls(self) -> int:
        """How many calls were made; a call and its retries are one."""
        return len(self.calls)

    @property
    def n_failed(self) -> int:
        """How many of them ended in an error."""
        return self._count(lambda call: call.error is not None)

    @property
    def n_retries(self) -> int:
        """How many attempts were made beyond each call's first."""
        return self._count(lambda call: call.retries)

    @property
    def tokens_in(self) -> int:
        """Tokens sent, as the endpoint counted them."""
        return self._count(lambda call: call.tokens_in)

    @property
    def tokens_out(self) -> int:
        """Tokens received, as the endpoint counted them."""
        return self._count(lambda call: call.tokens_out)

    @property
    def cost_usd(self) -> float | None:
        """What all calls cost; unknown as soon as one call's cost is."""
        costs = [call.cost_usd for call in self.calls]
        known = [cost for cost in costs if cost is not None]
        return sum(known) if len(known) == len(costs) else None

    def _count(self, value: Callable[[LlmCall], int]) -> int:
        return sum(value(call) for call in self.calls)


def _masked(call: LlmCall, mask: Callable[[str], str]) -> LlmCall:
    return replace(
        call,
        messages=tuple((role, mask(text)) for role, text in call.messages),
        reply=None if call.reply is None else mask(call.reply),
        error=None if call.error is None else mask(call.error),
    )
