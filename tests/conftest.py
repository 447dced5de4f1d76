"""What tests of several packages share: the stand-ins in processes of their own, and a server with crafted replies."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest
from clearml_stand_in import RunningServer, start_server
from crafted_server import CraftedServer
from finished_demo import finished_demo

__all__ = ["finished_demo"]  # a fixture

_UNTIL_THE_END: list[RunningServer] = []  # servers that end when this process is gone


def pytest_configure() -> None:
    """Let the processes the tests start hear Ctrl-C also where the tests run in the background of a shell script."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real corpora and recorded exchanges beside the repository; CI must have it."""
    folder = _root().parent / "shared"
    if not folder.is_dir():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{folder} is missing: CI must run the tests that read it")
        pytest.skip(f"{folder} does not exist here")
    return folder


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


@pytest.fixture(scope="session")
def _crafted_server() -> Iterator[CraftedServer]:
    server = CraftedServer()
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def crafted_server(_crafted_server: CraftedServer) -> CraftedServer:
    """A server that replies what a test tells it to, as if new; its address stays."""
    _crafted_server.reset()
    return _crafted_server


@pytest.fixture(scope="session")
def clearml_server(tmp_path_factory: pytest.TempPathFactory) -> RunningServer:
    """One ClearML stand-in for all tests of a process.

    It ends with this process, not before: what the SDK still has to report at its exit it would retry for minutes.
    """
    server = start_server(tmp_path_factory.mktemp("clearml") / "server")
    _UNTIL_THE_END.append(server)
    return server


@pytest.fixture(scope="session")
def _sdk_configured(clearml_server: RunningServer) -> RunningServer:
    """Let the SDK in this process read its configuration: it does so once."""
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its parser of configuration files is called by deprecated names
        _use(patch, clearml_server)
        from clearml import Task

        Task._get_default_session()
    return clearml_server


@pytest.fixture
def clearml_sdk(_sdk_configured: RunningServer, monkeypatch: pytest.MonkeyPatch) -> RunningServer:
    """Use ClearML in the test's own process, and in those that it starts."""
    _use(monkeypatch, _sdk_configured)
    return _sdk_configured


def _use(patch: pytest.MonkeyPatch, server: RunningServer) -> None:
    for name, value in server.environment({}).items():
        patch.setenv(name, value)


def _root() -> Path:
    return Path(__file__).resolve().parent.parent
