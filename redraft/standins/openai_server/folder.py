"""The server's folder: one server at a time, one port for good, and the file by which clients find it.

`port` holds the port chosen at the first start. `server.json` exists only while the server accepts connections:

    {"pid": 4242, "url": "http://127.0.0.1:40123", "base_url": "http://127.0.0.1:40123/v1", "models": ["demo-chat"]}
"""

import fcntl
import json
import os
import socket
from pathlib import Path
from typing import TextIO

from redraft.standins.openai_server.protocol import MODELS


class StartError(Exception):
    """The server cannot start; the message is one line for a person."""

    def __init__(self, message: str, exit_code: int) -> None:
        super().__init__(message)
        self.exit_code = exit_code


class ServerFolder:
    """The folder of one server, locked as long as this object keeps the lock file open."""

    def __init__(self, path: Path) -> None:
        path.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._lock = self._acquire()

    def bind(self, host: str, port: int | None) -> socket.socket:
        """Listen on the given port, else on the folder's own, else on a free one that becomes the folder's own."""
        wanted = port if port is not None else self._kept_port()
        listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, wanted))
            listener.listen(512)
        except OSError as error:
            listener.close()
            reason = error.strerror or error
            raise StartError(
                f"cannot listen on {host}:{wanted} ({reason}); free it, or give another --port", 2
            ) from error
        if port is None:
            _write_whole(self._path / "port", f"{listener.getsockname()[1]}\n")
        return listener

    def announce(self, host: str, port: int) -> str:
        """Write `server.json` and return the server's address."""
        name = f"[{host}]" if ":" in host else host
        url = f"http://{name}:{port}"
        body = {"pid": os.getpid(), "url": url, "base_url": f"{url}/v1", "models": list(MODELS)}
        _write_whole(self._path / "server.json", json.dumps(body, indent=2) + "\n")
        return url

    def close(self) -> None:
        """Take `server.json` away and let another server have the folder."""
        (self._path / "server.json").unlink(missing_ok=True)
        self._lock.close()

    def _acquire(self) -> TextIO:
        lock = (self._path / "server.lock").open("a")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            lock.close()
            raise StartError(
                f"a model stand-in already runs in {self._path}; stop it, or give another --dir", 3
            ) from error
        return lock

    def _kept_port(self) -> int:
        try:
            port = int((self._path / "port").read_text())
        except (FileNotFoundError, ValueError):
            return 0
        return port if 0 < port < 65536 else 0


def _write_whole(path: Path, text: str) -> None:
    """Write a file that a reader sees whole or not at all, and that only its owner may read."""
    scratch = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    scratch.replace(path)
