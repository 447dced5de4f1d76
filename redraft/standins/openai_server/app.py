"""The routes: OpenAI's four, and three of its own (`/`, `/stats`, `/faults`) for people and tests."""

import asyncio
import dataclasses
import json
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from redraft.standins.openai_server import embeddings, streaming
from redraft.standins.openai_server.arithmetic import TOOL
from redraft.standins.openai_server.faults import FaultSource, faults_from
from redraft.standins.openai_server.protocol import MODELS, ApiError, ChatRequest, Json, parse_chat
from redraft.standins.openai_server.replies import completion
from redraft.standins.openai_server.roles import play

MAX_BODY = 20_000_000
HEADERS = {"x-redraft-stand-in": "true"}
FACE = """This is Redraft's stand-in for a model server. It is not a language model.

demo-chat picks sentences from the passages in a request and obeys the instructions that it recognises;
demo-embed hashes words. It shows the loop and says nothing about a real model.

  GET  /v1/models             POST /v1/chat/completions     POST /v1/embeddings
  GET  /stats  (DELETE: reset)     GET, PUT /faults  (for tests, from this machine only)
"""


@dataclass(slots=True)
class Stats:
    """What was served since the start or the last reset."""

    chat: Counter[str] = field(default_factory=Counter)
    embedding_calls: int = 0
    embedding_texts: int = 0
    in_flight: int = 0
    most_in_flight: int = 0


class StandIn:
    """The server's state and its endpoints."""

    def __init__(self, *, api_key: str | None, latency_s: float, faults: FaultSource) -> None:
        self._api_key = api_key
        self._latency_s = latency_s
        self._faults = faults
        self._stats = Stats()

    def app(self) -> Starlette:
        """Return the ASGI application."""
        routes = [
            Route("/", self.face),
            Route("/stats", self.stats, methods=["GET", "DELETE"]),
            Route("/faults", self.faults, methods=["GET", "PUT"]),
            Route("/v1/models", self.models),
            Route("/v1/models/{name}", self.model),
            Route("/v1/chat/completions", self._modelled(self.chat), methods=["POST"]),
            Route("/v1/embeddings", self._modelled(self.embed), methods=["POST"]),
        ]
        handlers: dict[Any, Any] = {ApiError: _refusal, HTTPException: _wrong_address, Exception: _own_bug}
        return Starlette(routes=routes, exception_handlers=handlers)

    async def face(self, _request: Request) -> Response:
        """Say what this is."""
        return PlainTextResponse(FACE, headers=HEADERS)

    async def stats(self, request: Request) -> Response:
        """Count the calls; DELETE starts again at nothing."""
        if request.method == "DELETE":
            self._stats = Stats(in_flight=self._stats.in_flight)
            self._faults.struck.clear()
        stats = self._stats
        body = {
            "chat": dict(stats.chat),
            "embedding_calls": stats.embedding_calls,
            "embedding_texts": stats.embedding_texts,
            "in_flight": stats.in_flight,
            "most_in_flight": stats.most_in_flight,
            "faults": dict(self._faults.struck),
        }
        return JSONResponse(body, headers=HEADERS)

    async def faults(self, request: Request) -> Response:
        """Show the fault settings; PUT replaces them. A hook for tests: refused to other machines."""
        if request.client is None or not request.client.host.startswith(("127.", "::1")):
            raise ApiError(403, "/faults answers this machine only")
        if request.method == "PUT":
            self._faults.set(faults_from(await _json_body(request)))
        return JSONResponse(dataclasses.asdict(self._faults.faults), headers=HEADERS)

    async def models(self, request: Request) -> Response:
        """List the models."""
        self._authorize(request)
        return JSONResponse({"object": "list", "data": [_model(n) for n in MODELS]}, headers=HEADERS)

    async def model(self, request: Request) -> Response:
        """Describe one model."""
        self._authorize(request)
        name = request.path_params["name"]
        if name not in MODELS:
            raise ApiError(404, f"The model '{name}' does not exist", code="model_not_found", param="model")
        return JSONResponse(_model(name), headers=HEADERS)

    async def chat(self, body: Json) -> Response:
        """Answer a chat call in the role that the request asks for."""
        request = parse_chat(body)
        await self._faults.before_reply()
        role, text = play(request)
        self._stats.chat[role] += 1
        if role == "calculator":  # the model calls a tool in place of answering
            request = dataclasses.replace(request, tool_name=TOOL)
        if request.wants_json:
            text = self._faults.spoil(text)
        created = int(time.time())
        if request.stream:
            return self._stream(request, text, created)
        return JSONResponse(completion(request, text, created=created), headers=HEADERS)

    async def embed(self, body: Json) -> Response:
        """Embed texts, making way for other requests after every few."""
        texts, dimension, as_base64 = embeddings.parse_inputs(body)
        await self._faults.before_reply()
        rows: list[Json] = []
        for index, text in enumerate(texts):
            rows.append(embeddings.embedding_row(index, embeddings.embed(text, dimension), as_base64=as_base64))
            if index % 16 == 15:
                await asyncio.sleep(0)
        self._stats.embedding_calls += 1
        self._stats.embedding_texts += len(texts)
        return JSONResponse(embeddings.embedding_reply(rows, texts), headers=HEADERS)

    def _stream(self, request: ChatRequest, text: str, created: int) -> Response:
        parts = list(streaming.events(request, text, created=created))
        if self._faults.cuts_stream():
            return streaming.CutStream(parts, HEADERS)
        return StreamingResponse(iter(parts), media_type="text/event-stream", headers=HEADERS)

    def _modelled(self, answer: Callable[[Json], Awaitable[Response]]) -> Callable[[Request], Awaitable[Response]]:
        """Wrap what all model calls share: the key, the body, the latency, the count of calls in flight."""

        async def endpoint(request: Request) -> Response:
            self._authorize(request)
            body = await _json_body(request)
            stats = self._stats
            stats.in_flight += 1
            stats.most_in_flight = max(stats.most_in_flight, stats.in_flight)
            try:
                if self._latency_s:
                    await asyncio.sleep(self._latency_s)
                return await answer(body)
            finally:
                self._stats.in_flight -= 1

        return endpoint

    def _authorize(self, request: Request) -> None:
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not key.strip():
            raise ApiError(401, "You didn't provide an API key (header 'Authorization: Bearer KEY').")
        if self._api_key is not None and key.strip() != self._api_key:
            raise ApiError(401, "Incorrect API key provided.", code="invalid_api_key")


def _model(name: str) -> Json:
    return {"id": name, "object": "model", "created": 1_700_000_000, "owned_by": "redraft-stand-in"}


async def _json_body(request: Request) -> Json:
    raw = await request.body()
    if len(raw) > MAX_BODY:
        raise ApiError(413, f"The request is larger than {MAX_BODY} bytes.")
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise ApiError(400, f"We could not parse the JSON body of your request: {error}") from error
    if not isinstance(body, dict):
        raise ApiError(400, "The body of the request must be a JSON object.")
    return body


async def _refusal(_request: Request, error: Exception) -> Response:
    if not isinstance(error, ApiError):
        raise error
    return JSONResponse(error.body, status_code=error.status, headers=HEADERS | error.headers)


async def _wrong_address(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    message = f"Invalid URL ({request.method} {request.url.path})" if error.status_code == 404 else error.detail
    body = ApiError(error.status_code, message).body
    return JSONResponse(body, status_code=error.status_code, headers=HEADERS)


async def _own_bug(_request: Request, error: Exception) -> Response:
    """Answer in OpenAI's shape; the server logs the traceback."""
    body = ApiError(500, f"The stand-in has a bug: {type(error).__name__}: {error}").body
    return JSONResponse(body, status_code=500, headers=HEADERS)
