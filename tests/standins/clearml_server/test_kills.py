"""The stand-in's life: killed under writers, stopped, started twice, left alone; what was acknowledged stays."""

from __future__ import annotations

import json
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pytest
from clearml_api import Api
from clearml_stand_in import RunningServer, start_server

WRITERS = ("edits-0", "edits-1", "events-0", "events-1", "uploads-0", "uploads-1")
SERVER = [sys.executable, "-m", "redraft.standins.clearml_server", "--dir"]
DEADLINE_S = 60.0


def wait_until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < deadline, f"not in time: {what}"
        time.sleep(0.02)


@contextmanager
def started(folder: Path, *options: str) -> Iterator[RunningServer]:
    server = start_server(folder, *options)
    try:
        yield server
    finally:
        server.stop()


def lines_of(path: Path) -> list[int]:
    """Return the acknowledged numbers; a line that is cut off by the end was not finished."""
    return [int(line) for line in path.read_text().splitlines(keepends=True) if line.endswith("\n")]


# killed under writers


def test_five_kills_lose_no_acknowledged_write_and_no_finished_upload(tmp_path: Path) -> None:
    folder, notes = tmp_path / "server", tmp_path / "notes"
    notes.mkdir()
    identities = set()
    for number in range(5):
        server = start_server(folder)
        identities.add((server.url, server.discovery["access_key"], server.discovery["secret_key"]))
        try:
            write_until_killed(server, notes, str(number))
        finally:
            server.process.kill()
            server.process.wait()
        with started(folder) as again:
            check_round(again, notes, str(number))
    assert len(identities) == 1


def write_until_killed(server: RunningServer, notes: Path, number: str) -> None:
    """Let six writers write, and kill the server when each of them has had a few acknowledgements."""
    with closing(Api(server)) as api:
        tasks = {name: api.ask("tasks.create", name=name, type="custom")["id"] for name in WRITERS}
    (notes / f"tasks.{number}.json").write_text(json.dumps(tasks))
    keys = (server.discovery["access_key"], server.discovery["secret_key"])
    script = str(Path(__file__).with_name("writers.py"))
    writers = subprocess.Popen([sys.executable, script, server.url, *keys, str(notes), number])
    acknowledged = [notes / f"{name}.{number}" for name in WRITERS]
    try:
        wait_until(lambda: all(path.exists() and len(lines_of(path)) >= 5 for path in acknowledged), "acknowledgements")
        server.process.kill()
        assert writers.wait(DEADLINE_S) == 0
    finally:
        writers.kill()
        writers.wait()


def check_round(server: RunningServer, notes: Path, number: str) -> None:
    tasks = json.loads((notes / f"tasks.{number}.json").read_text())
    with closing(Api(server)) as api:
        for name, task in tasks.items():
            done, label = lines_of(notes / f"{name}.{number}"), f"{name}.{number}"
            if name.startswith("edits"):
                comment = api.ask("tasks.get_by_id", task=task)["task"]["comment"]
                assert comment in (f"{label}-{done[-1]}", f"{label}-{done[-1] + 1}")  # the next may have been cut off
            elif name.startswith("events"):
                check_events(messages_of(api, task), done, label)
            else:
                check_files(api, server.folder, done, label)
    assert list((server.folder / "incoming").iterdir()) == []


def messages_of(api: Api, task: str) -> set[str]:
    found: set[str] = set()
    page: dict[str, Any] = {"scroll_id": None, "events": [None]}
    while page["events"]:
        page = api.ask("events.get_task_events", task=task, event_type="log", scroll_id=page["scroll_id"])
        found |= {event["msg"] for event in page["events"]}
    return found


def check_events(found: set[str], done: list[int], label: str) -> None:
    whole = [{f"{label}-{number}-{part}" for part in range(5)} for number in [*done, done[-1] + 1]]
    last = found & whole.pop()
    assert len(last) in (0, 5), "a batch is there as a whole or not at all"
    assert found - last == set().union(*whole)


def check_files(api: Api, folder: Path, done: list[int], label: str) -> None:
    for number in done:
        status, content = api.send_file("GET", f"/kills/{label}/{number}.bin")
        assert (status, content) == (200, f"{label}-{number}".encode().ljust(100_000, b"."))
    sizes = {path.name: path.stat().st_size for path in (folder / "files" / "kills" / label).iterdir()}
    assert set(sizes.values()) == {100_000}
    assert len(sizes) <= len(done) + 1


def test_half_an_upload_leaves_no_file(tmp_path: Path) -> None:
    with started(tmp_path / "server") as server:
        incoming = server.folder / "incoming"
        with closing(Api(server)) as api:
            head = (
                "POST / HTTP/1.1\r\nHost: x\r\n"
                f"Authorization: Bearer {api.token}\r\nContent-Length: 1000000\r\n"
                "Content-Type: multipart/form-data; boundary=b\r\n\r\n"
                '--b\r\nContent-Disposition: form-data; name="half/file.bin"\r\n\r\n'
            )
            address = ("127.0.0.1", int(server.url.rpartition(":")[2]))
            with socket.create_connection(address) as connection:
                connection.sendall(head.encode() + b"x" * 400_000)
                wait_until(lambda: any(incoming.iterdir()), "the upload has begun")
            wait_until(lambda: not any(incoming.iterdir()), "the upload is given up")
            assert api.send_file("GET", "/half/file.bin")[0] == 404
        assert not (server.folder / "files" / "half").exists()


# started and stopped


def run_to_the_end(folder: Path, *options: str) -> tuple[int, list[str]]:
    done = subprocess.run([*SERVER, str(folder), *options], capture_output=True, text=True, timeout=DEADLINE_S)
    return done.returncode, done.stderr.splitlines()


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with started(tmp_path_factory.mktemp("life") / "server") as server:
        yield server


def test_a_second_server_on_the_folder_says_so_in_one_line(server: RunningServer) -> None:
    before = (server.folder / "server.json").read_text()
    status, said = run_to_the_end(server.folder)
    assert status == 2
    assert len(said) == 1
    assert f"another ClearML stand-in already uses the folder {server.folder}" in said[0]
    assert (server.folder / "server.json").read_text() == before


def test_a_port_in_use_is_said_in_one_line(server: RunningServer, tmp_path: Path) -> None:
    port = server.url.rpartition(":")[2]
    status, said = run_to_the_end(tmp_path / "other", "--port", port)
    assert status == 2
    assert len(said) == 1
    assert f"127.0.0.1:{port}" in said[0]


def test_a_file_in_the_place_of_the_folder_is_said_in_one_line(tmp_path: Path) -> None:
    (tmp_path / "server").write_text("not a folder")
    status, said = run_to_the_end(tmp_path / "server")
    assert (status, len(said)) == (2, 1)


@pytest.mark.parametrize("kind", ["of another version", "no database"])
def test_a_database_that_cannot_be_used_is_said_in_one_line(tmp_path: Path, kind: str) -> None:
    path = tmp_path / "server.sqlite"
    if kind == "no database":
        path.write_text("something else, and long enough to be looked at" * 100)
    else:
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("CREATE TABLE documents (id)")
    status, said = run_to_the_end(tmp_path)
    assert (status, len(said)) == (2, 1)
    assert str(path) in said[0]
    assert not (tmp_path / "server.json").exists()


def test_everything_in_the_folder_is_the_owners_alone(server: RunningServer) -> None:
    with closing(Api(server)) as api:
        form = b'--b\r\nContent-Disposition: form-data; name="open/file"\r\n\r\nx\r\n--b--\r\n'
        assert api.send_file("POST", "/", form, "multipart/form-data; boundary=b")[0] == 200
    made = [path for path in server.folder.rglob("*") if path.is_file()]
    assert {"server.json", "clearml.conf", "identity.json", "server.sqlite", "file"} <= {path.name for path in made}
    assert [path.name for path in made if path.stat().st_mode & 0o077] == []


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_with_status_0_and_no_traceback(tmp_path: Path, number: signal.Signals) -> None:
    with (tmp_path / "said").open("w") as said:
        process = subprocess.Popen([*SERVER, str(tmp_path / "server")], stderr=said)
    try:
        discovery = tmp_path / "server" / "server.json"
        wait_until(discovery.exists, "the server accepts connections")
        port = int(json.loads(discovery.read_text())["url"].rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as idle:
            idle.sendall(b"POST /v2.23/tasks.edit HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
            process.send_signal(number)
            assert process.wait(DEADLINE_S) == 0
    finally:
        process.kill()
        process.wait()
    assert "Traceback" not in (tmp_path / "said").read_text()
    assert not discovery.exists()


def test_it_ends_when_its_parent_has_gone(tmp_path: Path) -> None:
    parent = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    server = subprocess.Popen([*SERVER, str(tmp_path / "server"), "--exit-with-parent", str(parent.pid)])
    try:
        wait_until((tmp_path / "server" / "server.json").exists, "the server accepts connections")
        assert server.poll() is None
        parent.communicate()
        assert server.wait(DEADLINE_S) == 0
    finally:
        for process in (parent, server):
            process.kill()
            process.wait()


def test_a_discovery_file_of_a_dead_server_is_no_obstacle(tmp_path: Path) -> None:
    folder = tmp_path / "server"
    folder.mkdir()
    (folder / "server.json").write_text(json.dumps({"pid": 2**22 + 1, "url": "http://127.0.0.1:1"}))
    with started(folder) as server, closing(Api(server)) as api:
        assert server.discovery["pid"] == server.process.pid
        assert api.call("debug.ping").code == (200, 0)
