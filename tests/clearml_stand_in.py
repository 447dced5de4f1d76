"""A running ClearML stand-in for the tests: its own process, folder and port, ended by its own process object.

The SDK can be used in a test's own process too (fixture `clearml_sdk`): it reads its configuration once, so that all
tests of a process share one server.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

START_TIMEOUT_S = 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningServer:
    """A started stand-in.

    Attributes:
        process: the server's process.
        folder: its folder.
        discovery: what its `server.json` says.
    """

    process: subprocess.Popen[bytes]
    folder: Path
    discovery: dict[str, Any]

    @property
    def url(self) -> str:
        """Where API and files are."""
        return str(self.discovery["url"])

    def environment(self, base: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return variables under which SDK and agent use this server, whatever the user's own configuration says."""
        return {
            **(os.environ if base is None else base),
            "HOME": str(self.folder / "home"),
            "CLEARML_CACHE_DIR": str(self.folder / "cache"),
            "CLEARML_CONFIG_FILE": self.discovery["config_file"],
            "CLEARML_API_HOST": self.url,
            "CLEARML_WEB_HOST": self.url,
            "CLEARML_FILES_HOST": self.url,
            "CLEARML_API_ACCESS_KEY": self.discovery["access_key"],
            "CLEARML_API_SECRET_KEY": self.discovery["secret_key"],
        }

    def run(self, script: str, *arguments: str, cwd: Path, timeout_s: float = 120) -> str:
        """Run a Python script that uses this server, in a process of its own; return what it printed."""
        done = subprocess.run(
            [sys.executable, "-c", script, *arguments],
            cwd=cwd,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=timeout_s,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def stop(self) -> int:
        """End the server and return its exit status."""
        self.process.terminate()
        try:
            return self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait(10)


def start_server(folder: Path, *options: str) -> RunningServer:
    """Start a stand-in on a folder and wait until it accepts connections."""
    process = subprocess.Popen(
        [
            sys.executable,
            "-m",
            "redraft.standins.clearml_server",
            "--dir",
            str(folder),
            "--exit-with-parent",
            str(os.getpid()),
            *options,
        ],
        stderr=subprocess.DEVNULL,
    )
    discovery, deadline = folder / "server.json", time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        if discovery.exists():
            content = json.loads(discovery.read_text())
            if content["pid"] == process.pid:
                (folder / "home").mkdir(exist_ok=True)
                return RunningServer(process=process, folder=folder, discovery=content)
        assert process.poll() is None, f"the stand-in ended with status {process.returncode}"
        time.sleep(0.02)
    process.kill()
    process.wait()
    raise AssertionError("the stand-in did not start in time")
