"""`redraft doctor` on servers that cannot be used: it says so within seconds, and ends with exit code 1."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from clearml_stand_in import RunningServer
from web_host import without_web_host

from redraft.config import ROOT

DEAD = "http://127.0.0.1:9"


def doctor(server: RunningServer, folder: Path, *options: str, **changed: str) -> subprocess.CompletedProcess[str]:
    base = {"PATH": os.environ["PATH"], "REDRAFT_HOME": str(folder), "PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, "-m", "redraft.cli", "doctor", *options],
        cwd=folder,
        env={**server.environment(base), "REDRAFT_WORKING_COPY": "1", **changed},
        capture_output=True,
        text=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
    )


@pytest.mark.parametrize(
    ("changed", "check", "words"),
    [
        ({"CLEARML_API_HOST": DEAD}, "server", f"no ClearML server answers at {DEAD}"),
        ({"CLEARML_API_SECRET_KEY": "not-the-secret-key"}, "server", "does not accept the configured credentials"),
        ({"CLEARML_FILES_HOST": DEAD}, "files", f"doctor.txt could not be uploaded to {DEAD}"),
    ],
    ids=["no server", "wrong key", "no files server"],
)
def test_a_server_that_cannot_be_used_is_told_within_seconds(
    clearml_server: RunningServer, tmp_path: Path, changed: dict[str, str], check: str, words: str
) -> None:
    started = time.monotonic()
    done = doctor(
        clearml_server, tmp_path, "--only", "client", "--only", "server", "--only", "files", "--json", **changed
    )
    assert time.monotonic() - started < 60
    assert done.returncode == 1, done.stderr
    found = json.loads(done.stdout)
    assert found["healthy"] is False
    failed = [finding for finding in found["findings"] if finding["verdict"] == "fail"]
    assert [finding["check"] for finding in failed] == [check]
    assert words in failed[0]["words"]
    assert failed[0]["remedy"]
    assert "not-the-secret-key" not in done.stdout + done.stderr


def test_a_web_interface_that_nobody_named_fails_the_client_check(
    clearml_server: RunningServer, tmp_path: Path
) -> None:
    changed = {**without_web_host(tmp_path), "CLEARML_API_HOST": "https://clearml.example.com:8443"}
    done = doctor(clearml_server, tmp_path, "--only", "client", "--json", **changed)
    (found,) = json.loads(done.stdout)["findings"]
    assert (done.returncode, found["verdict"]) == (1, "fail")
    assert found["words"].endswith("does not follow from the API's, https://clearml.example.com:8443")
    assert "CLEARML_WEB_HOST" in found["remedy"]


def test_what_passes_is_one_line_a_check(clearml_server: RunningServer, tmp_path: Path) -> None:
    done = doctor(
        clearml_server, tmp_path, "--only", "client", "--only", "server", "--only", "clock", "--only", "files"
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert [line.split()[:2] for line in done.stdout.splitlines()] == [
        ["pass", "client"], ["pass", "server"], ["pass", "clock"], ["pass", "files"], ["healthy"],
    ]  # fmt: skip


def test_a_check_that_there_is_not_is_told_with_those_that_there_are(
    clearml_server: RunningServer, tmp_path: Path
) -> None:
    done = doctor(clearml_server, tmp_path, "--only", "queue")
    assert done.returncode == 2
    assert "there is no check 'queue'; there are: client, server, clock, files, queues" in done.stderr
