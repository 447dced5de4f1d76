"""A server that dies in the middle of something: a page's process gives up within seconds, and says so."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from clearml_stand_in import RunningServer, start_server

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
