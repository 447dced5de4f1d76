"""A model endpoint that knows what was asked of it: before the stand-in model, slower than it, with a log of calls.

A call is paid for once the model has begun to answer it, whether or not anybody still waits for the answer.
"""

from __future__ import annotations

import hashlib
import http.client
import threading
import time
from collections import Counter
from collections.abc import Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

TIMEOUT_S = 60.0


class Model:
    """The endpoint; a server of its own in this process, on a port that is free.

    Args:
        upstream: Address of the stand-in, `http://127.0.0.1:4711/v1`.
    """

    def __init__(self, upstream: str) -> None:
        parts = urlsplit(upstream)
        self._host, self._port = str(parts.hostname), int(parts.port or 80)
        self.latency_s = 0.0
        self._lock = threading.Lock()
        self._calls: list[str] = []
        self.in_flight = 0
        self.probes: frozenset[str] = frozenset()  # calls by which a launch looks whether the model is there
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def base_url(self) -> str:
        """Where clients find it."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def forget(self) -> None:
        """Begin to count anew."""
        with self._lock:
            self._calls = []

    def calls(self) -> Counter[str]:
        """How often each call was made since, by its content; those that only look are left out."""
        with self._lock:
            return Counter(key for key in self._calls if key not in self.probes)

    def stop(self) -> None:
        """End it."""
        self._server.shutdown()
        self._server.server_close()

    def answer(self, method: str, path: str, body: bytes, headers: Iterable[tuple[str, str]]) -> tuple[int, bytes]:
        """Ask the stand-in; write the call down."""
        asked = method == "POST"
        with self._lock:
            if asked:
                self._calls.append(hashlib.sha256(path.encode() + b"\n" + body).hexdigest()[:16])
            self.in_flight += asked
        try:
            if asked:
                time.sleep(self.latency_s)
            upstream = http.client.HTTPConnection(self._host, self._port, timeout=TIMEOUT_S)
            kept = {name: value for name, value in headers if name.lower() in ("authorization", "content-type")}
            upstream.request(method, path, body, kept)
            reply = upstream.getresponse()
            found = reply.status, reply.read()
            upstream.close()
            return found
        finally:
            with self._lock:
                self.in_flight -= asked

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        model = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                status, said = model.answer(self.command, self.path, body, self.headers.items())
                try:
                    self.send_response(status)
                    self.send_header("Content-Type", "application/json")
                    self.send_header("Content-Length", str(len(said)))
                    self.end_headers()
                    self.wfile.write(said)
                except OSError:  # who asked was killed
                    self.close_connection = True

            do_GET = do_POST = _serve  # noqa: N815 - the names that the class looks for

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        return Handler


def twice(calls: Counter[str], before: Counter[str]) -> int:
    """How many calls were made after a kill although one of that content had been made.

    >>> twice(Counter("aaabbc"), before=Counter("aab")), twice(Counter("aaab"), before=Counter())
    (2, 2)
    """
    return sum(n - max(1, before[key]) for key, n in calls.items())
