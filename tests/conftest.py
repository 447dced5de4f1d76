"""What tests of several packages share: the model stand-in in a process, and a server with crafted replies."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from crafted_server import CraftedServer


@pytest.fixture(scope="session")
def model_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Start the model stand-in once; its base URL. Whoever sets faults (PUT /faults) resets them."""
    folder = tmp_path_factory.mktemp("model-server")
    command = [sys.executable, "-m", "redraft.standins.openai_server", "--dir", str(folder)]
    process = subprocess.Popen(
        [*command, "--exit-with-parent", str(os.getpid())], stdout=subprocess.PIPE, text=True, cwd=_root()
    )
    try:
        assert process.stdout is not None
        said = process.stdout.readline()  # written when it accepts connections
        assert said, f"the model stand-in ended with code {process.wait()}"
        yield json.loads((folder / "server.json").read_text(encoding="utf-8"))["base_url"]
    finally:
        process.terminate()
        process.wait(timeout=10)
        if process.stdout is not None:
            process.stdout.close()


@pytest.fixture
def crafted_server() -> Iterator[CraftedServer]:
    """Start a server that replies what a test tells it to."""
    server = CraftedServer()
    server.start()
    try:
        yield server
    finally:
        server.stop()


def _root() -> Path:
    return Path(__file__).resolve().parent.parent
