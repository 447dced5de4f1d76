"""One connection to a running stand-in, as the SDK uses it: GET with a JSON body, replies in ClearML's envelope."""

from __future__ import annotations

import base64
import http.client
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from clearml_stand_in import RunningServer

Json = dict[str, Any]
"""A decoded JSON object."""

SDK_VERSION = "v2.23"
"""The version that the SDK puts before an endpoint's name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """What the server answered.

    Attributes:
        http_status: the status of the HTTP reply.
        meta: the envelope's own part.
        data: the part that an endpoint fills.
    """

    http_status: int
    meta: Json
    data: Json

    @property
    def code(self) -> tuple[int, int]:
        """The result code and subcode."""
        return self.meta["result_code"], self.meta["result_subcode"]

    @property
    def message(self) -> str:
        """The result message."""
        return str(self.meta["result_msg"])


class Api:
    """A client with a token.

    Args:
        server: the stand-in that it talks to.
    """

    def __init__(self, server: RunningServer) -> None:
        discovery, address = server.discovery, urlsplit(server.url)
        self._last_ms = 0
        pair = f"{discovery['access_key']}:{discovery['secret_key']}".encode()
        self.basic = "Basic " + base64.b64encode(pair).decode()
        self._connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=30)
        self.token = str(self.call("auth.login", authorization=self.basic).data["token"])

    def close(self) -> None:
        """End the connection."""
        self._connection.close()

    def call(
        self,
        endpoint: str,
        body: Json | list[Json] | None = None,
        *,
        version: str = SDK_VERSION,
        method: str = "GET",
        authorization: str | None = None,
    ) -> Reply:
        """Ask an endpoint; a list is sent as JSON lines."""
        is_lines = isinstance(body, list)
        headers = {
            "Authorization": f"Bearer {self.token}" if authorization is None else authorization,
            "Content-Type": "application/json-lines" if is_lines else "application/json",
            "X-ClearML-Worker": "vm",
        }
        content = "\n".join(json.dumps(line) for line in body) if isinstance(body, list) else json.dumps(body or {})
        path = f"/{version}/{endpoint}" if version else f"/{endpoint}"
        status, raw = self.send(method, path, content.encode(), headers)
        envelope = json.loads(raw)
        return Reply(http_status=status, meta=envelope["meta"], data=envelope["data"])

    def ask(self, endpoint: str, **fields: Any) -> Json:
        """Ask an endpoint that must succeed; return its data."""
        reply = self.call(endpoint, fields)
        assert reply.code == (200, 0), f"{endpoint}: {reply.message}"
        return reply.data

    def refusal(self, endpoint: str, **fields: Any) -> tuple[int, int, str]:
        """Ask an endpoint; return code, subcode and message, `(200, 0, "OK")` if it was not refused."""
        reply = self.call(endpoint, fields)
        assert reply.http_status == reply.code[0]
        return (*reply.code, reply.message)

    def send(self, method: str, path: str, content: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """Send any request, in another millisecond than the one before; return the status and the body of the reply.

        The server's times are in milliseconds: what two requests of one millisecond made has no order in time.
        """
        while time.time_ns() // 1_000_000 == self._last_ms:
            pass
        self._last_ms = time.time_ns() // 1_000_000
        self._connection.request(method, path, content, dict(headers))
        reply = self._connection.getresponse()
        return reply.status, reply.read()

    def send_file(self, method: str, path: str, content: bytes = b"", content_type: str = "") -> tuple[int, bytes]:
        """Send a request to the file server, with the token."""
        return self.send(method, path, content, {"Authorization": f"Bearer {self.token}", "Content-Type": content_type})
