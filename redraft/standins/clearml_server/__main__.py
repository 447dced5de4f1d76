"""Run the stand-in: `python -m redraft.standins.clearml_server --dir .redraft/server`.

Exit status: 0 after SIGTERM or SIGINT, 2 if the folder or the port is taken.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import dataclasses
import logging
import os
import signal
import socket
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import uvicorn

from redraft.standins.clearml_server.app import LOGGER, Server, make_app
from redraft.standins.clearml_server.call import Call
from redraft.standins.clearml_server.client_config import client_config
from redraft.standins.clearml_server.files import FileFolder
from redraft.standins.clearml_server.folder import (
    CLIENT_CONFIG,
    FolderError,
    Identity,
    announce,
    load_identity,
    lock,
    save_identity,
    withdraw,
    write_private,
)
from redraft.standins.clearml_server.queue_entries import default_queue
from redraft.standins.clearml_server.store import Store, StoreError
from redraft.standins.clearml_server.watchdog import stop_silent_tasks, watch_parent, watch_tasks


class _PortInUseError(Exception):
    """Somebody else listens there."""


def main(arguments: list[str] | None = None) -> int:
    """Start the server and wait until it is told to stop."""
    options = _parser().parse_args(arguments)
    logging.basicConfig(stream=sys.stderr, level=logging.INFO, format="%(asctime)s clearml stand-in: %(message)s")
    logging.getLogger("python_multipart").setLevel(logging.ERROR)  # what it says is in our refusal
    os.umask(0o077)  # keys, tasks and files are their owner's alone
    folder: Path = options.dir.resolve()
    try:
        with lock(folder):
            withdraw(folder)
            identity = load_identity(folder)
            listener = _listen(options.host, options.port or identity.port or 0)
            port = listener.getsockname()[1]
            if identity.port != port:
                identity = dataclasses.replace(identity, port=port)
                save_identity(folder, identity)
            _serve(folder, identity, listener, options)
    except (FolderError, StoreError, _PortInUseError) as error:
        LOGGER.error("%s", error)
        return 2
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m redraft.standins.clearml_server", description=__doc__)
    parser.add_argument("--dir", type=Path, required=True, help="the server's folder: keys, database, files")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: %(default)s)")
    parser.add_argument("--port", type=int, help="default: the folder's own port, chosen at its first start")
    parser.add_argument("--cache-dir", type=Path, help="what clients write instead of to the home (default: DIR/cache)")
    parser.add_argument("--max-body-mb", type=int, default=512, help="largest upload (default: %(default)s)")
    parser.add_argument("--exit-with-parent", type=int, metavar="PID", help="stop when this process is gone")
    return parser


def _listen(host: str, port: int) -> socket.socket:
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # inherited by every connection: without it each reply waits 40 ms for the client's delayed acknowledgement
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        listener.bind((host, port))
        listener.listen(512)
    except OSError as error:
        listener.close()
        raise _PortInUseError(f"cannot listen on {host}:{port}: {error.strerror}") from error
    return listener


def _serve(folder: Path, identity: Identity, listener: socket.socket, options: argparse.Namespace) -> None:
    url = f"http://{options.host}:{identity.port}"
    write_private(folder / CLIENT_CONFIG, client_config(url, identity, options.cache_dir or folder / "cache"))
    store = Store(folder / "server.sqlite")
    with contextlib.closing(store):
        with store.transaction():
            default_queue(Call(store=store, gate=identity.gate, body={}))
        server = Server(
            store=store,
            files=FileFolder(folder / "files", folder / "incoming"),
            gate=identity.gate,
            max_body_bytes=options.max_body_mb * 1024 * 1024,
        )
        web = _Uvicorn(server, folder, url, identity)
        with asyncio.Runner(loop_factory=web.config.get_loop_factory()) as runner:
            runner.run(_run(web, listener, options.exit_with_parent))
    withdraw(folder)
    LOGGER.info("stopped")


async def _run(server: _Uvicorn, listener: socket.socket, parent: int | None) -> None:
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, server.stop)
    background = [asyncio.create_task(watch_tasks(server.look_for_silent_tasks))]
    if parent is not None:
        background.append(asyncio.create_task(watch_parent(parent, server.stop)))
    await server.serve(sockets=[listener])
    for task in background:
        task.cancel()


class _Uvicorn(uvicorn.Server):
    """Announces the server once it accepts connections, and leaves signals to us."""

    def __init__(self, server: Server, folder: Path, url: str, identity: Identity) -> None:
        super().__init__(
            uvicorn.Config(
                make_app(server),
                log_config=None,
                access_log=False,
                log_level="warning",
                timeout_graceful_shutdown=3,
                timeout_keep_alive=75,
                server_header=False,
                lifespan="off",
                ws="none",
                proxy_headers=False,
            )
        )
        self._parts, self._folder, self._url, self._identity = server, folder, url, identity

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Begin to accept, then say so."""
        await super().startup(sockets)
        announce(self._folder, self._url, self._identity)
        LOGGER.info("listening on %s, folder %s", self._url, self._folder)

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave signals to the loop: a stop that was asked for is not a death by signal."""
        yield

    def stop(self) -> None:
        """Finish what runs, then end."""
        self.should_exit = True

    def look_for_silent_tasks(self) -> None:
        """Stop tasks that nobody hears of any more."""
        for task_id in stop_silent_tasks(self._parts.store, self._parts.gate, datetime.now(UTC)):
            LOGGER.warning("stopped a silent task: %s", task_id)


if __name__ == "__main__":
    sys.exit(main())
