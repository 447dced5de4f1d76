"""The HTTP client under every model call: enough connections, a deadline for each attempt, a count of attempts.

Imported only when a call is made: `openai` takes most of a second to import.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import functools
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any, TypeVar

import httpx2
import openai

from redraft.llm.endpoints import Endpoint

T = TypeVar("T")

CONNECT_S = 10.0  # longest wait for a connection; an answer may take much longer
NO_KEY = "none"  # the client insists on a key, many endpoints do not


class Attempts:
    """The HTTP attempts of one call."""

    def __init__(self, on_first: Callable[[], None] | None = None) -> None:
        self.count = 0
        self._on_first = on_first

    @property
    def retries(self) -> int:
        """Attempts beyond the first."""
        return max(0, self.count - 1)

    def add(self) -> None:
        """Count one."""
        self.count += 1
        if self.count == 1 and self._on_first is not None:
            self._on_first()


_attempts: contextvars.ContextVar[Attempts | None] = contextvars.ContextVar("attempts", default=None)


class HttpClient(openai.DefaultAioHttpClient):
    """The aiohttp back end of the openai client (2.8 ms CPU a call instead of 7 at 256 in flight).

    The client's own time limit is between two bytes: an endpoint that sends a space now and then (some gateways do,
    to keep connections open) would hold a call for ever. So each attempt has a deadline too.
    """

    def __init__(self, *, timeout_s: float, in_flight: int) -> None:
        self._timeout_s = timeout_s
        super().__init__(
            timeout=httpx2.Timeout(timeout_s, connect=min(timeout_s, CONNECT_S), pool=None),
            limits=httpx2.Limits(max_connections=in_flight, max_keepalive_connections=in_flight),
            verify=_certificates(),
        )

    async def send(self, request: httpx2.Request, **options: Any) -> httpx2.Response:
        """Send one attempt."""
        attempts = _attempts.get()
        if attempts is not None:
            attempts.add()
        try:
            async with asyncio.timeout(self._timeout_s):
                return await super().send(request, **options)
        except TimeoutError as error:
            raise httpx2.ReadTimeout("no complete reply in time", request=request) from error


@functools.cache
def _certificates() -> ssl.SSLContext:
    """Read the certificate authorities once: that takes 50 ms."""
    return httpx2.create_ssl_context()


class Gate:
    """Lets calls be prepared one at a time, until each is sent.

    asyncio would prepare a wave of 32 calls turn about, so that all of them are sent only when the last is ready, and
    their replies come back as a wave again: 30 % above the ideal. One at a time, the wave spreads out and stays spread.
    """

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    @contextlib.asynccontextmanager
    async def passed(self) -> AsyncIterator[Callable[[], None]]:
        """Wait for one's turn; gives what to call when the first attempt is sent."""
        await self._lock.acquire()
        waiting = [self._lock]

        def let_next_in() -> None:
            if waiting:
                waiting.pop().release()

        try:
            yield let_next_in
        finally:  # a call that failed before it was sent
            let_next_in()


def count_attempts(on_first: Callable[[], None] | None = None) -> Attempts:
    """Start counting the HTTP attempts of the current asyncio task; `on_first` is called when the first is sent."""
    attempts = Attempts(on_first)
    _attempts.set(attempts)
    return attempts


def openai_client(endpoint: Endpoint, http: HttpClient, *, max_retries: int) -> openai.AsyncOpenAI:
    """Make the openai client of an endpoint; its `max_retries` is the only retry mechanism there is."""
    return openai.AsyncOpenAI(
        base_url=endpoint.base_url, api_key=endpoint.api_key or NO_KEY, http_client=http, max_retries=max_retries
    )


def run(main: Coroutine[Any, Any, T]) -> T:
    """Run to the end, also from a thread whose own event loop is running (a notebook)."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return asyncio.run(main)
    outcome: list[T] = []
    problem: list[BaseException] = []

    def work() -> None:
        try:
            outcome.append(asyncio.run(main))
        except BaseException as error:  # noqa: BLE001 - it is raised again in the thread that waits
            problem.append(error)

    thread = threading.Thread(target=work, name="redraft-models")
    thread.start()
    thread.join()
    if problem:
        raise problem[0]
    return outcome[0]
