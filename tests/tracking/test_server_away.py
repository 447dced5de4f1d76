"""A server that dies in the middle of something: a page's process gives up within seconds, and says so."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterator
from pathlib import Path

import pytest
from clearml_stand_in import RunningServer, start_server
from closing_door import CUT, Door, door_to
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

SCRIPT = """
import os, signal, sys, time
from pathlib import Path

from clearml import Task

from redraft.errors import ServerUnavailable
from redraft.tracking.artifacts import get_file, put_file
from redraft.tracking.history import Event, record_event
from redraft.tracking.server import call, fail_soon

fail_soon()
task = Task.create(project_name="dies", task_name="task")
call("tasks.started", task=task.id)

class Deadly(type(Path())):
    armed = False

    def read_bytes(self):  # between the question where files go and the upload
        if Deadly.armed:
            os.kill(int(sys.argv[1]), getattr(signal, sys.argv[2]))
        return super().read_bytes()

path = Deadly(sys.argv[3]) / "ratings.jsonl"
path.write_text("x" * 100)
url = put_file(task.id, "ratings", path)
Deadly.armed = True
event = Event(name="late ratings", tag="late", summary="")
for action in (
    lambda: put_file(task.id, "ratings", path),
    lambda: get_file(url),
    lambda: call("tasks.get_all"),
    lambda: record_event("dies", event, {}),
):
    begun = time.monotonic()
    try:
        action()
    except ServerUnavailable as error:
        print("SAID", round(time.monotonic() - begun), error.message)
"""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    """Start a server that may die: not the one of the other tests."""
    made = start_server(tmp_path / "server")
    yield made
    made.process.kill()
    made.process.wait()


def test_a_server_that_is_killed_during_an_upload_is_given_up_within_seconds(
    server: RunningServer, tmp_path: Path
) -> None:
    printed = server.run(SCRIPT, str(server.process.pid), "SIGKILL", str(tmp_path), cwd=tmp_path).splitlines()
    said = [line.split(" ", 2)[1:] for line in printed if line.startswith("SAID ")]  # the SDK prints, too
    seconds, words = zip(*said, strict=True)
    assert "ratings.jsonl could not be uploaded to" in words[0]
    assert "could not be downloaded" in words[1]
    assert words[2].startswith("tasks.get_all: the ClearML server cannot be reached")
    assert words[3].startswith("projects.get_all: the ClearML server cannot be reached")
    assert max(map(int, seconds)) < 10


ASK = """
import sys, time

from redraft.errors import ServerUnavailable
from redraft.tracking.server import answers, call, check_server, fail_soon

check_server()
if sys.argv[1] == "page":
    fail_soon()
print("DOOR", answers(), flush=True)
begun = time.monotonic()
try:
    print("SAID", len(call("queues.get_all")["queues"]))
except ServerUnavailable as error:
    print("SAID", round(time.monotonic() - begun), error.message)
"""


def asked_through(door: Door, server: RunningServer, who: str, folder: Path) -> str:
    """What somebody who asks for the queues through a door gets to know."""
    through = dataclasses.replace(server, discovery={**server.discovery, "url": door.url})
    printed = through.run(ASK, who, cwd=folder).splitlines()
    assert "DOOR True" in printed
    (said,) = (line.removeprefix("SAID ") for line in printed if line.startswith("SAID "))
    return said


@pytest.mark.parametrize("status", [429, 502, 503, CUT])
def test_a_step_waits_for_a_server_that_is_started_anew(server: RunningServer, tmp_path: Path, status: int) -> None:
    def refuses(_method: str, path: str, before: int) -> int | None:
        return status if path.endswith("/queues.get_all") and before < 2 else None

    with door_to(server.url, refuses) as door:
        assert asked_through(door, server, "step", tmp_path) == "1"
        assert sum(path.endswith("/queues.get_all") for path in door.seen) == 3


@pytest.mark.parametrize("status", [429, 502, 503, CUT])
def test_a_page_gives_a_server_up_that_is_being_started_anew(
    server: RunningServer, tmp_path: Path, status: int
) -> None:
    def refuses(_method: str, path: str, _before: int) -> int | None:
        return status if path.endswith("/queues.get_all") else None

    with door_to(server.url, refuses) as door:
        seconds, words = asked_through(door, server, "page", tmp_path).split(" ", 1)
        assert words.startswith("queues.get_all: the ClearML server cannot be reached")
        assert int(seconds) < 10
        assert sum(path.endswith("/queues.get_all") for path in door.seen) <= 2


def own_certificate(path: Path) -> Path:
    """A certificate that nobody vouches for, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .sign(key, hashes.SHA256())
    )
    plain = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, *plain) + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


def test_a_server_whose_certificate_the_sdk_is_told_to_believe_is_there(
    server: RunningServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CLEARML_API_HOST_VERIFY_CERT", "false")
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):  # requests prefers them to what the SDK says
        monkeypatch.delenv(name, raising=False)
    with door_to(server.url, certificate=own_certificate(tmp_path / "own.pem")) as door:
        assert asked_through(door, server, "page", tmp_path) == "1"


LAUNCH = """
from redraft.config import load_config
from redraft.errors import RedraftError
from redraft.tracking.doctor.before_launch import check_controller, check_queues_first
from redraft.tracking.queues import ensure_queues

ensure_queues()
for check in check_queues_first, check_controller:
    try:
        check(load_config(), "a project")
    except RedraftError as error:
        print("SAID", error)
"""


def test_no_run_is_launched_or_controlled_where_the_clock_is_wrong(server: RunningServer, tmp_path: Path) -> None:
    with door_to(server.url, ahead_s=3600) as door:
        through = dataclasses.replace(server, discovery={**server.discovery, "url": door.url})
        printed = through.run(LAUNCH, cwd=tmp_path).splitlines()
    words = " s behind the server. Let both machines set their clocks by NTP."
    assert [line.endswith(words) for line in printed if line.startswith("SAID ")] == [True, True]
