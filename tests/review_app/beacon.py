"""A server that nobody is to call: texts on the page name it, and whoever was made to fetch from it is noted."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest


class Beacon(ThreadingHTTPServer):
    """Counts who was made to call it."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Listener)
        self.paths: list[str] = []

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://127.0.0.1:{self.server_port}"


class _Listener(BaseHTTPRequestHandler):
    server: Beacon

    def do_GET(self) -> None:
        self.server.paths.append(self.path)
        self.send_response(204)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Stay silent."""


@pytest.fixture
def beacon() -> Iterator[Beacon]:
    with Beacon() as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()
