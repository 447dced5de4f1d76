"""Starts the model stand-in as the process that a person would start, and talks to it over HTTP only."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

KEY = {"Authorization": "Bearer any-key"}


@dataclass
class Server:
    """A running stand-in."""

    process: subprocess.Popen[str]
    folder: Path
    url: str
    client: httpx.Client

    def post(self, path: str, body: Any, **options: Any) -> httpx.Response:
        """Send JSON."""
        return self.client.post(path, json=body, **options)

    def chat(self, system: str, user: str, **more: Any) -> str:
        """Return what the chat model says."""
        messages = [{"role": "system", "content": system}, {"role": "user", "content": user}]
        reply = self.post("/v1/chat/completions", {"model": "demo-chat", "messages": messages, **more})
        assert reply.status_code == 200, reply.text
        return str(reply.json()["choices"][0]["message"]["content"])

    def ask_json(self, name: str, user: str, *, system: str = "", **more: Any) -> Any:
        """Return what the chat model says in the shape of a named JSON schema."""
        shape = {"type": "json_schema", "json_schema": {"name": name, "schema": {"type": "object"}}}
        return json.loads(self.chat(system, user, response_format=shape, **more))

    def stop(self) -> int:
        """End the process and return its exit code."""
        self.process.terminate()
        return self.process.wait(timeout=10)


def start_server(folder: Path, *options: str) -> Server:
    """Start a stand-in; its first line of output comes once it accepts connections."""
    command = [sys.executable, "-m", "redraft.standins.openai_server", "--dir", str(folder), *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    assert process.stdout is not None
    line = process.stdout.readline()
    if "http://" not in line:
        code = process.wait(timeout=10)
        process.stdout.close()
        raise AssertionError(f"exit code {code}: {line}")
    url = line.strip().rpartition(" ")[2]
    return Server(process, folder, url, httpx.Client(base_url=url, headers=KEY, timeout=30, trust_env=False))


def end_server(server: Server) -> None:
    """Leave no process and no socket behind."""
    server.client.close()
    if server.process.poll() is None:
        server.stop()
    assert server.process.stdout is not None
    server.process.stdout.close()


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server without faults, for all tests that leave it as it is."""
    running = start_server(tmp_path_factory.mktemp("model"))
    yield running
    end_server(running)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start servers of a test's own."""
    with ExitStack() as stack:

        def begin(*options: str, folder: str = "model") -> Server:
            running = start_server(tmp_path / folder, *options)
            stack.callback(end_server, running)
            return running

        yield begin
