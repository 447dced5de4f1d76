"""Reading a request's body within a limit."""

from __future__ import annotations

from collections.abc import AsyncIterator

from starlette.requests import ClientDisconnect, Request

from redraft.standins.clearml_server.call import ApiError


class Body:
    """The body of one request.

    Args:
        request: whose body it is.
        limit: the largest size in bytes.
    """

    def __init__(self, request: Request, limit: int) -> None:
        self._receive, self._limit, self._ended = request.receive, limit, False
        declared = request.headers.get("content-length", "")
        self._declared = int(declared) if declared.isdecimal() else 0

    async def chunks(self) -> AsyncIterator[bytes]:
        """Return the body piece by piece.

        Raises:
            ApiError: 413 as soon as it is known to be larger than the limit.
        """
        total = 0
        while not self._ended:
            if max(total, self._declared) > self._limit:
                raise ApiError(413, 0, f"The body is larger than the limit of {self._limit} bytes")
            chunk = await self._next()
            total += len(chunk)
            yield chunk

    async def whole(self) -> bytes:
        """Return the whole body."""
        return b"".join([chunk async for chunk in self.chunks()])

    async def drain(self) -> None:
        """Read the rest of a refused body, so that the client hears the refusal and no broken connection."""
        while not self._ended:
            await self._next()

    async def _next(self) -> bytes:
        message = await self._receive()
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        self._ended = not message.get("more_body", False)
        chunk: bytes = message.get("body", b"")
        return chunk
