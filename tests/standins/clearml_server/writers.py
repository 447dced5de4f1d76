"""Six writers that note what the stand-in acknowledged: run as `writers.py URL KEY SECRET FOLDER ROUND`.

Each appends one line to a file of its own after the reply has arrived, so that the file holds no write that was not
acknowledged. They stop at the first broken connection.
"""

from __future__ import annotations

import base64
import http.client
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Thread
from urllib.parse import urlsplit

BOUNDARY = "----------writers"


class Client:
    """One connection with the key pair."""

    def __init__(self, url: str, key: str, secret: str) -> None:
        address = urlsplit(url)
        self._connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=30)
        self._authorization = "Basic " + base64.b64encode(f"{key}:{secret}".encode()).decode()

    def send(self, path: str, content: bytes, kind: str = "application/json") -> bool:
        """Send a request; say whether it was acknowledged."""
        headers = {"Authorization": self._authorization, "Content-Type": kind}
        self._connection.request("POST", path, content, headers)
        reply = self._connection.getresponse()
        reply.read()
        return reply.status == 200


def edits(client: Client, task: str, label: str) -> Iterator[str]:
    """Edit a task again and again."""
    for number in range(1_000_000):
        body = {"task": task, "force": True, "comment": f"{label}-{number}"}
        if client.send("/v2.23/tasks.edit", json.dumps(body).encode()):
            yield str(number)


def events(client: Client, task: str, label: str) -> Iterator[str]:
    """Send batches of five log lines."""
    for number in range(1_000_000):
        lines = [{"type": "log", "task": task, "msg": f"{label}-{number}-{part}"} for part in range(5)]
        content = "\n".join(json.dumps(line) for line in lines).encode()
        if client.send("/v2.23/events.add_batch", content, "application/json-lines"):
            yield str(number)


def uploads(client: Client, _task: str, label: str) -> Iterator[str]:
    """Upload files of 100 kB."""
    for number in range(1_000_000):
        path, content = f"kills/{label}/{number}.bin", f"{label}-{number}".encode().ljust(100_000, b".")
        disposition = f'Content-Disposition: form-data; name="{path}"; filename="x"'
        head = f"--{BOUNDARY}\r\n{disposition}\r\n\r\n".encode()
        form = head + content + f"\r\n--{BOUNDARY}--\r\n".encode()
        if client.send("/", form, f"multipart/form-data; boundary={BOUNDARY}"):
            yield str(number)


KINDS: dict[str, Callable[[Client, str, str], Iterator[str]]] = {"edits": edits, "events": events, "uploads": uploads}


def write(client: Client, task: str, name: str, folder: Path, round_number: str) -> None:
    """Write until the server is gone, noting what it acknowledged."""
    with (folder / f"{name}.{round_number}").open("w", encoding="utf-8", buffering=1) as stream:
        try:
            for done in KINDS[name.partition("-")[0]](client, task, f"{name}.{round_number}"):
                stream.write(done + "\n")
        except (OSError, http.client.HTTPException):
            return


def main() -> None:
    """Start two writers of each kind and wait until the last one has stopped."""
    url, key, secret, folder, round_number = sys.argv[1:]
    tasks: dict[str, str] = json.loads((Path(folder) / f"tasks.{round_number}.json").read_text(encoding="utf-8"))
    threads = [
        Thread(target=write, args=(Client(url, key, secret), task, name, Path(folder), round_number))
        for name, task in tasks.items()
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


if __name__ == "__main__":
    main()
