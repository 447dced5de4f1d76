"""Who gets in and how: paths, versions, bodies, keys and tokens, and what is refused in ClearML's envelope."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from clearml_api import Api
from clearml_stand_in import START_TIMEOUT_S, RunningServer

LIMIT = 1024 * 1024
BOUNDARY = "b0undary"
FORM = f"multipart/form-data; boundary={BOUNDARY}"


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("doors") / "log"


@pytest.fixture(scope="module")
def server(log: Path) -> Iterator[RunningServer]:
    """A stand-in that takes bodies up to 1 MB, and whose log can be read."""
    folder = log.parent / "server"
    command = [sys.executable, "-m", "redraft.standins.clearml_server", "--dir", str(folder), "--max-body-mb", "1"]
    with log.open("wb") as stream:
        process = subprocess.Popen([*command, "--exit-with-parent", str(os.getpid())], stderr=stream)
    deadline = time.monotonic() + START_TIMEOUT_S
    while not (folder / "server.json").exists():
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, "the stand-in did not start in time"
        time.sleep(0.02)
    running = RunningServer(
        process=process, folder=folder, discovery=json.loads((folder / "server.json").read_text(encoding="utf-8"))
    )
    yield running
    running.stop()


@pytest.fixture
def api(server: RunningServer) -> Iterator[Api]:
    with closing(Api(server)) as client:
        yield client


def form(name: str, content: bytes) -> bytes:
    """Return an upload of one file, as the SDK sends it."""
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"; filename="x"\r\n\r\n'
    return head.encode() + content + f"\r\n--{BOUNDARY}--\r\n".encode()


def meta(raw: bytes) -> dict[str, Any]:
    """Return the envelope's own part."""
    found: dict[str, Any] = json.loads(raw)["meta"]
    return found


@pytest.mark.parametrize("version", ["v2.5", "v2.13", "v2.14", "v2.15", "v2.23", "v2.34", "v999.0", ""])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_every_version_of_a_path_and_both_methods_take_a_json_body(api: Api, version: str, method: str) -> None:
    reply = api.call("queues.get_all", {"name": "^default$"}, version=version, method=method)
    assert reply.code == (200, 0)
    assert [queue["name"] for queue in reply.data["queues"]] == ["default"]
    assert reply.meta["endpoint"]["name"] == "queues.get_all"
    assert reply.meta["endpoint"]["requested_version"] == (version.removeprefix("v") or "2.34")


def test_a_reply_has_the_whole_envelope(api: Api) -> None:
    reply = api.call("debug.ping")
    assert reply.meta.keys() == {
        "id",
        "trx",
        "endpoint",
        "result_code",
        "result_subcode",
        "result_msg",
        "error_stack",
        "error_data",
    }
    assert (reply.http_status, reply.code, reply.message) == (200, (200, 0), "OK")


def test_a_stray_method_and_unknown_fields_are_ignored(api: Api) -> None:
    task = api.ask("tasks.create", name="strayed", type="training", method="get", unheard={"of": 1})["id"]
    assert api.ask("tasks.get_all", id=[task], method="get", unheard=["of"], only_fields=["id"])["tasks"]
    api.ask("tasks.edit", task=task, comment="edited", method="get", unheard=None)
    found = api.ask("tasks.get_by_id", task=task, method="get")["task"]
    assert found["comment"] == "edited"
    assert not {"method", "unheard"} & found.keys()


@pytest.mark.parametrize("version", ["v2.23", ""])
def test_an_unknown_endpoint_is_refused_in_the_envelope_and_logged_once_by_name(
    api: Api, log: Path, version: str
) -> None:
    name = f"workers.unheard_{version.partition('.')[2] or 'of'}"
    for _ in range(3):
        reply = api.call(name, {"worker": "w1"}, version=version)
        assert (reply.http_status, reply.code, reply.data) == (404, (404, 0), {})
        assert reply.message == f"Unable to find endpoint for name {name} and version 2.34"
    assert log.read_text().count(name) == 1


@pytest.mark.parametrize(
    "body", [b"{", b"[]", b'"text"', b"\xff", b'{"task": 5}', b'{"task": null}', b'{"task": ["a"]}', b"[" * 100_000]
)
def test_a_body_that_makes_no_sense_is_refused_and_never_a_5xx(api: Api, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {api.token}", "Content-Type": "application/json"}
    status, raw = api.send("GET", "/v2.23/tasks.get_by_id", body, headers)
    assert (status, meta(raw)["result_code"], meta(raw)["result_subcode"]) == (400, 400, 12)


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Basic",
        "Basic bm9ib2R5Om5vYm9keQ==",
        "Basic !",
        "Bearer",
        "Bearer a.b.c",
        "Bearer {token}x",
        "Token {token}",
    ],
)
@pytest.mark.parametrize("path", ["/v2.23/tasks.get_all", "/auth.login", "/v2.23/no.such", "/some/file.txt"])
def test_a_wrong_key_or_token_is_refused_on_api_and_files(api: Api, path: str, authorization: str) -> None:
    for method in ("GET", "POST", "DELETE"):
        headers = {"Authorization": authorization.replace("{token}", api.token)}
        status, raw = api.send(method, path, b"", headers)
        assert (status, meta(raw)["result_code"]) == (401, 401)
        assert api.token not in raw.decode()


def test_a_token_is_refused_once_it_has_expired(api: Api) -> None:
    token = api.call("auth.login", {"expiration_sec": 1}, authorization=api.basic).data["token"]
    assert api.call("tasks.get_all", authorization=f"Bearer {token}").code == (200, 0)
    deadline = time.monotonic() + 10
    while api.call("tasks.get_all", authorization=f"Bearer {token}").code == (200, 0):
        assert time.monotonic() < deadline, "the token never expires"
        time.sleep(0.05)
    assert api.call("tasks.get_all", authorization=f"Bearer {token}").code[0] == 401


def test_anybody_may_ask_whether_the_server_is_there(api: Api) -> None:
    assert api.call("debug.ping", authorization="").code == (200, 0)


def test_a_file_is_uploaded_read_and_deleted(api: Api) -> None:
    path = "/a%20project/task.1/artifacts/x/x.bin"
    content = bytes(range(256)) * 100
    assert api.send_file("POST", "/", form("a project/task.1/artifacts/x/x.bin", content), FORM)[0] == 200
    assert api.send_file("GET", path) == (200, content)
    assert api.send_file("HEAD", path) == (200, b"")
    assert api.send_file("DELETE", path)[0] == 200
    assert [api.send_file(method, path)[0] for method in ("GET", "HEAD", "DELETE")] == [404] * 3


@pytest.mark.parametrize(
    "path", ["/../server.sqlite", "/%2e%2e/server.sqlite", "/a/..%2f..%2fserver.sqlite", "/a/%2e%2e/%2e%2e/server.json"]
)
def test_a_path_out_of_the_files_folder_is_refused(api: Api, path: str) -> None:
    for method in ("GET", "DELETE"):
        status, raw = api.send_file(method, path)
        assert (status, meta(raw)["result_code"]) == (400, 400)


@pytest.mark.parametrize("name", ["../planted", "a/../../planted", "..", "a\\..\\planted", "link/planted"])
def test_an_upload_out_of_the_files_folder_is_refused(api: Api, server: RunningServer, name: str) -> None:
    link = server.folder / "files" / "link"
    if not link.is_symlink():
        link.symlink_to(server.folder)
    status, raw = api.send_file("POST", "/", form(name, b"planted"), FORM)
    assert (status, meta(raw)["result_code"]) == (400, 400)
    assert not [path for path in server.folder.rglob("planted*") if path.is_file()]


def test_an_absolute_path_stays_within_the_files_folder(api: Api, server: RunningServer, tmp_path: Path) -> None:
    outside = tmp_path / "planted"
    assert api.send_file("POST", "/", form(str(outside), b"planted"), FORM)[0] == 200
    assert not outside.exists()
    assert (server.folder / "files" / outside.relative_to("/")).read_bytes() == b"planted"


def test_a_body_over_the_limit_is_refused_and_the_connection_lives(api: Api, server: RunningServer) -> None:
    status, raw = api.send_file("POST", "/", form("large.bin", b"x" * (LIMIT + 1)), FORM)
    assert (status, meta(raw)["result_code"]) == (413, 413)
    reply = api.call("tasks.create", {"name": "large", "type": "training", "comment": "x" * LIMIT})
    assert (reply.http_status, reply.code[0]) == (413, 413)
    assert api.send_file("GET", "/large.bin")[0] == 404
    assert api.ask("tasks.get_all", name="^large$")["tasks"] == []
    assert list((server.folder / "incoming").iterdir()) == []


def test_the_log_holds_no_key_and_no_token(api: Api, server: RunningServer, log: Path) -> None:
    said = log.read_text()
    assert "Traceback" not in said
    assert not [secret for secret in (api.token, server.discovery["secret_key"]) if secret in said]
