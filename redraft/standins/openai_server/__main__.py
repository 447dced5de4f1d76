"""Start the stand-in: `python -m redraft.standins.openai_server --dir .redraft/model`.

Exit codes: 0 stopped, 2 the port cannot be had, 3 another server runs in the folder.
"""

import argparse
import logging
import os
import signal
import socket
import sys
from pathlib import Path
from types import FrameType

import uvicorn

from redraft.standins.openai_server.app import StandIn
from redraft.standins.openai_server.faults import Faults, FaultSource
from redraft.standins.openai_server.folder import ServerFolder, StartError


class _Server(uvicorn.Server):
    """A server that announces itself once it accepts connections."""

    def __init__(self, config: uvicorn.Config, folder: ServerFolder) -> None:
        super().__init__(config)
        self._folder = folder

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then write the discovery file and say where we are."""
        await super().startup(sockets)
        if self.started and sockets:
            host, port = sockets[0].getsockname()[:2]
            url = self._folder.announce(host, port)
            sys.stdout.write(f"model stand-in (no real model) at {url}\n")
            sys.stdout.flush()


def main(arguments: list[str] | None = None) -> int:
    """Serve until told to stop; return the exit code."""
    options = _parser().parse_args(arguments)
    try:
        faults = _faults(options)
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 2
    try:
        folder = ServerFolder(options.dir)
        try:
            _serve(options, faults, folder)
        finally:
            folder.close()
    except StartError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    return 0


def _serve(options: argparse.Namespace, faults: Faults, folder: ServerFolder) -> None:
    listener = folder.bind(options.host, options.port)
    standin = StandIn(api_key=options.api_key, latency_s=options.latency_ms / 1000, faults=FaultSource(faults))

    async def follow_parent() -> None:
        if options.exit_with_parent is not None and not _alive(options.exit_with_parent):
            server.should_exit = True

    config = uvicorn.Config(
        standin.app(),
        log_config=None,
        access_log=False,
        lifespan="off",
        ws="none",
        loop="asyncio",
        timeout_graceful_shutdown=1,
        timeout_notify=1,
        callback_notify=follow_parent,
    )
    logging.getLogger("uvicorn.error").addFilter(_is_news)
    server = _Server(config, folder)

    def stop(_number: int, _frame: FrameType | None) -> None:
        server.should_exit = True

    # uvicorn raises the signal again after its own clean end; with this handler that means nothing more.
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    server.run([listener])


def _is_news(record: logging.LogRecord) -> bool:
    """A cut stream, or a stop in the middle of a reply, is meant: no error to log."""
    return not record.getMessage().startswith(("ASGI callable returned without completing", "Cancel "))


def _alive(pid: int) -> bool:
    """Whether the process runs; one that ended and was not waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except OSError:
        pass
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _faults(options: argparse.Namespace) -> Faults:
    return Faults(
        rate_429=options.fault_429,
        rate_500=options.fault_500,
        rate_timeout=options.fault_timeout,
        rate_cut_stream=options.fault_cut_stream,
        rate_non_json=options.fault_non_json,
        timeout_s=options.timeout_s,
        seed=options.fault_seed,
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m redraft.standins.openai_server",
        description="A stand-in for a model server: OpenAI's protocol, no model. It shows the loop, nothing else.",
    )
    parser.add_argument("--dir", type=Path, required=True, help="folder for the port, the lock and server.json")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (default: this machine only)")
    parser.add_argument("--port", type=int, help="port (default: a free one, chosen once for the folder and kept)")
    parser.add_argument("--exit-with-parent", type=int, metavar="PID", help="stop when this process is gone")
    parser.add_argument(
        "--latency-ms", type=float, default=0, help="wait this long before each reply, without blocking"
    )
    parser.add_argument("--api-key", help="refuse every other key (default: any key will do)")
    for name, what in (
        ("429", "are refused with Retry-After"),
        ("500", "fail"),
        ("timeout", "are kept waiting for --timeout-s"),
        ("cut-stream", "break off in the middle (streamed replies only)"),
        ("non-json", "are prose where JSON was asked"),
    ):
        parser.add_argument(
            f"--fault-{name}", type=float, default=0, metavar="RATE", help=f"share of calls that {what}"
        )
    parser.add_argument("--timeout-s", type=float, default=120, help="how long a call that times out waits")
    parser.add_argument("--fault-seed", type=int, default=0, help="seed of the faults")
    return parser


if __name__ == "__main__":
    sys.exit(main())
