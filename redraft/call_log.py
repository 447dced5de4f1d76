"""The call log: every call to a model becomes one line of the artifact `calls`.

Knows no model and no file; whoever made the calls writes `calls` with `redraft.jsonl`.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

from redraft.records import LlmCall


class CallLog:
    """Collects calls from any number of threads.

    >>> log = CallLog()
    >>> log.add(LlmCall(step="ask", kind="answer", model="m", messages=(), reply="Yes.", tokens_in=9, cost_usd=0.001))
    >>> log.add(LlmCall(step="ask", kind="answer", model="m", messages=(), reply=None, error="timed out"))
    >>> log.n_calls, log.n_failed, log.tokens_in, log.cost_usd
    (2, 1, 9, None)
    """

    def __init__(self) -> None:
        self._calls: list[LlmCall] = []
        self._lock = threading.Lock()

    def add(self, call: LlmCall) -> None:
        """Append one call that has ended."""
        with self._lock:
            self._calls.append(call)

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
