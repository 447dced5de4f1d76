"""A model endpoint in a thread: it replies what a test tells it to, over real HTTP, and remembers what it was asked."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One reply to one HTTP request."""

    text: str | None = "OK"
    status: int = 200
    error: str | dict[str, Any] | None = None  # message of an error body, or the whole error object
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    hold_for: int = 0  # reply only when so many calls were in flight at once
    finish_reason: str = "stop"
    refusal: str | None = None
    raw: str | None = None  # the body as it is, in place of all of the above
    usage: bool = True
    calls: tuple[tuple[str, str], ...] = ()  # tool calls: name and arguments as JSON text, in place of a text
    drip_s: float | None = None  # send a space every so often and never an end


@dataclass
class Flight:
    """How many calls are being served, and were at most."""

    calls: int = 0
    most: int = 0


class CraftedServer:
    """Replies from a queue; when that is empty, from `otherwise`."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget what was asked and what to reply."""
        self.otherwise: Callable[[dict[str, Any]], Reply] = lambda _body: Reply()
        self.embed: Callable[[list[str]], Any] = lambda texts: [[float(len(text)), 1.0] for text in texts]
        self.requests: list[dict[str, Any]] = []
        self.keys: list[str] = []
        self.models = ["model-a", "model-b"]
        self.flight = Flight()
        self._queue: list[Reply] = []

    def enqueue(self, *replies: Reply) -> None:
        """Say what to reply next."""
        self._queue += replies

    @property
    def base_url(self) -> str:
        """Where it is."""
        port = self._server.servers[0].sockets[0].getsockname()[1]
        return f"http://127.0.0.1:{port}/v1"

    def start(self) -> None:
        """Serve in a thread; return when connections are accepted."""
        routes = [
            Route("/v1/chat/completions", self._chat, methods=["POST"]),
            Route("/v1/embeddings", self._embeddings, methods=["POST"]),
            Route("/v1/models", self._models),
        ]
        config = uvicorn.Config(
            Starlette(routes=routes), port=0, log_config=None, lifespan="off", ws="none", timeout_graceful_shutdown=0
        )
        self._server = uvicorn.Server(config)
        self._started = threading.Event()
        self._thread = threading.Thread(target=asyncio.run, args=(self._serve(),))
        self._thread.start()
        self._started.wait(10)

    def stop(self) -> None:
        """Stop, whatever is still being served."""
        self._server.should_exit = True
        self._thread.join(10)

    async def _serve(self) -> None:
        task = asyncio.create_task(self._server.serve())
        while not self._server.started and not task.done():
            await asyncio.sleep(0.005)
        self._started.set()
        await task

    async def _chat(self, request: Request) -> Response:
        body = json.loads(await request.body())
        self.requests.append(body)
        self.keys.append(request.headers.get("authorization", "").removeprefix("Bearer "))
        reply = self._queue.pop(0) if self._queue else self.otherwise(body)
        flight = self.flight  # a call that still hangs from an earlier test counts there
        flight.calls += 1
        flight.most = max(flight.most, flight.calls)
        try:
            await asyncio.sleep(reply.delay_s)
            while flight.most < reply.hold_for:
                await asyncio.sleep(0.01)
            return _response(reply, body)
        finally:
            flight.calls -= 1

    async def _embeddings(self, request: Request) -> Response:
        body = json.loads(await request.body())
        self.requests.append(body)
        if self._queue:
            return _response(self._queue.pop(0), body)
        rows = self.embed(body["input"])
        data = [{"object": "embedding", "index": at, "embedding": row} for at, row in enumerate(rows)]
        usage = {"prompt_tokens": 3, "total_tokens": 3}
        return JSONResponse({"object": "list", "data": data, "model": body["model"], "usage": usage})

    async def _models(self, _request: Request) -> Response:
        data = [{"id": name, "object": "model", "created": 1, "owned_by": "us"} for name in self.models]
        return JSONResponse({"object": "list", "data": data})


def _response(reply: Reply, body: dict[str, Any]) -> Response:
    if reply.drip_s is not None:
        return StreamingResponse(_drip(reply.drip_s), media_type="application/json")
    if reply.raw is not None:
        return Response(reply.raw, reply.status, reply.headers, media_type="text/html")
    if reply.error is not None:
        error = reply.error if isinstance(reply.error, dict) else {"message": reply.error, "type": "error"}
        return JSONResponse({"error": error}, reply.status, reply.headers)
    message = {"role": "assistant", "content": reply.text, "refusal": reply.refusal}
    if reply.calls:
        functions = [{"name": name, "arguments": arguments} for name, arguments in reply.calls]
        calls = [{"id": f"call-{at}", "type": "function", "function": one} for at, one in enumerate(functions)]
        message |= {"content": None, "tool_calls": calls}
    content: dict[str, Any] = {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": body["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": reply.finish_reason, "logprobs": None}],
    }
    if reply.usage:
        content["usage"] = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
    return JSONResponse(content, reply.status, reply.headers)


async def _drip(every_s: float) -> AsyncIterator[bytes]:
    while True:
        yield b" "
        await asyncio.sleep(every_s)
