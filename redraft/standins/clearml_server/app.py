"""The web application: who may in, which endpoint answers, and ClearML's envelope around every reply.

Nothing here answers with a 5xx or drops a connection: the SDK would retry for minutes.
"""

from __future__ import annotations

import asyncio
import json
import logging
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import ClientDisconnect, Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from redraft.standins.clearml_server.body import Body
from redraft.standins.clearml_server.call import ApiError, Call, Json, StoredText, new_id
from redraft.standins.clearml_server.files import FileFolder
from redraft.standins.clearml_server.services import Endpoint, endpoints
from redraft.standins.clearml_server.store import Store
from redraft.standins.clearml_server.tokens import API_VERSION, Gate

LOGGER = logging.getLogger("redraft.standins.clearml_server")
WELCOME = "This is Redraft's stand-in for a ClearML server: for trying and testing only.\n"
_API_PATH = re.compile(r"/(?:v(?P<version>\d+(?:\.\d+)?)/)?(?P<endpoint>[a-z_]+\.[a-z_0-9]+)/?")
_ENCODER = json.JSONEncoder(separators=(",", ":"))
_API_BODY_BYTES = 64 * 1024 * 1024


@dataclass(kw_only=True)
class Server:
    """What the application works on.

    Attributes:
        store: the documents.
        files: the uploaded files.
        gate: keys and tokens.
        max_body_bytes: the largest upload; API bodies are limited to 64 MB, or to this if it is less.
        unknown: unknown endpoints that were logged already.
        routes: the endpoints by name.
    """

    store: Store
    files: FileFolder
    gate: Gate
    max_body_bytes: int
    unknown: set[str] = field(default_factory=set)
    routes: dict[str, Endpoint] = field(default_factory=endpoints)

    @cached_property
    def services(self) -> frozenset[str]:
        """The first parts of the endpoints' names."""
        return frozenset(name.partition(".")[0] for name in self.routes)

    async def answer(self, request: Request) -> Response:
        """Answer any request."""
        path = request.scope["path"]
        found = _API_PATH.fullmatch(path)
        name = found["endpoint"] if found else ""
        version = (found and found["version"]) or API_VERSION
        is_api = found is not None and (found["version"] is not None or name.partition(".")[0] in self.services)
        body = Body(request, min(self.max_body_bytes, _API_BODY_BYTES) if is_api else self.max_body_bytes)
        try:
            try:
                if is_api:
                    return await self._answer_api(request, body, name, version)
                return await self._answer_files(request, body, path)
            finally:
                await body.drain()
        except ApiError as error:
            return _envelope(name or "files", version, error=error)
        except (ClientDisconnect, asyncio.CancelledError):  # nobody waits for the reply, or the server stops
            return Response(status_code=400)
        except Exception as error:
            LOGGER.exception("%s failed", name or path)
            wrong = ApiError(400, 12, f"Validation error (the stand-in could not answer: {type(error).__name__})")
            return _envelope(name or "files", version, error=wrong)

    async def _answer_api(self, request: Request, body: Body, name: str, version: str) -> Response:
        if name != "debug.ping":
            self.gate.check(request.headers.get("authorization", ""))
        endpoint = self.routes.get(name)
        if endpoint is None:
            self._log_unknown(name)
            raise ApiError(404, 0, f"Unable to find endpoint for name {name} and version {API_VERSION}")
        lines = _decode(await body.whole(), request.headers.get("content-type", ""))
        call = Call(
            store=self.store,
            gate=self.gate,
            body=lines[0] if lines else {},
            lines=lines,
            worker=request.headers.get("x-clearml-worker", ""),
            address=request.client.host if request.client else "",
            query=dict(parse_qsl(request.scope["query_string"].decode("latin-1"))),
        )
        with self.store.transaction():
            data = endpoint(call)
        return _envelope(name, version, data=data)

    async def _answer_files(self, request: Request, body: Body, path: str) -> Response:
        if path == "/" and request.method in ("GET", "HEAD"):
            return PlainTextResponse(WELCOME)
        self.gate.check(request.headers.get("authorization", ""))
        if request.method in ("POST", "PUT"):
            await self.files.receive(request.headers.get("content-type", ""), body.chunks())
            return PlainTextResponse("")
        if request.method == "DELETE":
            if not self.files.delete(path):
                raise ApiError(404, 0, f"File not found: {path}")
            return PlainTextResponse("")
        if request.method not in ("GET", "HEAD"):
            raise ApiError(405, 0, f"Files know no {request.method}")
        found = self.files.find(path)
        if found is None:
            raise ApiError(404, 0, f"File not found: {path}")
        return FileResponse(found, headers={"X-Content-Type-Options": "nosniff"})

    def _log_unknown(self, name: str) -> None:
        if name not in self.unknown and len(self.unknown) < 1000:
            self.unknown.add(name)
            LOGGER.warning("unknown endpoint: %s", name)


def make_app(server: Server) -> ASGIApp:
    """Return the application: without a router, because API and files share one address."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        response = await server.answer(Request(scope, receive))
        await response(scope, receive, send)

    return app


def _envelope(name: str, version: str, *, data: Json | None = None, error: ApiError | None = None) -> Response:
    code, subcode, message = (200, 0, "OK") if error is None else (error.code, error.subcode, error.message)
    call_id = new_id()
    meta = {
        "id": call_id,
        "trx": call_id,
        "endpoint": {"name": name, "requested_version": version, "actual_version": version},
        "result_code": code,
        "result_subcode": subcode,
        "result_msg": message,
        "error_stack": "",
        "error_data": {},
    }
    fields = ",".join(f"{_encode(key)}:{_encode(value)}" for key, value in (data or {}).items())
    return Response(f'{{"meta":{_encode(meta)},"data":{{{fields}}}}}', code, media_type="application/json")


def _encode(value: Any) -> str:
    return value if isinstance(value, StoredText) else _ENCODER.encode(value)


def _decode(body: bytes, content_type: str) -> list[Json]:
    """Return the JSON objects of a body: one, or one a line."""
    try:
        text = body.decode().strip()
        if not text:
            return []
        pieces = text.split("\n") if "json-lines" in content_type else [text]
        values: list[Any] = [json.loads(piece) for piece in pieces if piece.strip()]
    except (ValueError, RecursionError) as error:
        raise ApiError(400, 12, f"Validation error (the body is not JSON: {error})") from error
    if not all(isinstance(value, dict) for value in values):
        raise ApiError(400, 12, "Validation error (the body must be a JSON object)")
    return values
