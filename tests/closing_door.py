"""A way to a server that a test can close: requests are forwarded, or refused with a status."""

from __future__ import annotations

import gzip
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import requests

KEPT = ("content-type", "location")
CUT = 0  # no status: the connection is cut


@dataclass(kw_only=True)
class Door:
    """Refuses what `refuses` gives a status for (method, path, how many before with this path), forwards the rest."""

    target: str
    refuses: Callable[[str, str, int], int | None]
    compresses: bool = False
    url: str = ""
    seen: list[str] = field(default_factory=list)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        """Forward or refuse one request."""
        body = handler.rfile.read(int(handler.headers.get("content-length") or 0))
        status = self.refuses(handler.command, handler.path, self.seen.count(handler.path))
        self.seen.append(handler.path)
        if status == CUT:
            handler.close_connection = True
            handler.connection.shutdown(socket.SHUT_RDWR)
            return
        content, headers = b'{"error": {"message": "closed", "type": "closed", "code": "closed"}}', {}
        if status is None:
            sent = {
                key: value for key, value in handler.headers.items() if key.lower() not in ("host", "content-length")
            }
            reply = requests.request(
                handler.command, self.target + handler.path, data=body, headers=sent, timeout=60, allow_redirects=False
            )
            status, content = reply.status_code, reply.content
            headers = {key: value for key, value in reply.headers.items() if key.lower() in KEPT}
        if self.compresses and handler.command == "GET" and "gzip" in handler.headers.get("accept-encoding", ""):
            content, headers = gzip.compress(content), {**headers, "Content-Encoding": "gzip"}
        handler.send_response(status)
        for key, value in {**headers, "Content-Length": str(len(content))}.items():
            handler.send_header(key, value)
        handler.end_headers()
        handler.wfile.write(content)


@contextmanager
def door_to(
    target: str,
    refuses: Callable[[str, str, int], int | None] = lambda *_: None,
    *,
    certificate: Path | None = None,
    ahead_s: float = 0.0,
    compresses: bool = False,
) -> Iterator[Door]:
    """Open a door to a server; with a certificate and its key in one file, by HTTPS; with a clock that is ahead.

    One that compresses does so with whatever is asked for with GET, as proxies do.
    """
    door = Door(target=target, refuses=refuses, compresses=compresses)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            pass

        def date_time_string(self, timestamp: float | None = None) -> str:
            return super().date_time_string((time.time() if timestamp is None else timestamp) + ahead_s)

        def do_POST(self) -> None:
            door.answer(self)

        do_GET = do_HEAD = do_PUT = do_DELETE = do_POST  # noqa: N815 - the names that the base class looks for

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        door.url = f"{'http' if certificate is None else 'https'}://127.0.0.1:{server.server_address[1]}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield door
        finally:
            server.shutdown()
