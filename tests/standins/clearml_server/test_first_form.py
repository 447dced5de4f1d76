"""The stand-in, used by the unmodified SDK in a process of its own."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conftest import RunningServer

TASK = """
import json, sys
from clearml import Task

task = Task.init(project_name="smoke/flows", task_name="first form", auto_connect_frameworks=False)
task.connect({"top_k": 5}, name="Args")
task.get_logger().report_scalar("score", "mean", 0.5, 1)
assert task.upload_artifact("scores", {"mean": 0.5}, wait_on_upload=True)
task.flush(wait_for_uploads=True)
task.close()
read = Task.get_task(task.id)
found = {
    "status": read.status,
    "parameters": read.get_parameters(),
    "artifact": read.artifacts["scores"].get(force_download=True),
    "url": read.artifacts["scores"].url,
    "scalars": read.get_reported_scalars(),
}
open("found.json", "w").write(json.dumps(found))
"""


def test_a_task_reads_back_what_it_wrote(clearml_server: RunningServer, tmp_path: Path) -> None:
    clearml_server.run(TASK, cwd=tmp_path)
    found = json.loads((tmp_path / "found.json").read_text())
    assert found["status"] == "completed"
    assert found["parameters"] == {"Args/top_k": "5"}
    assert found["artifact"] == {"mean": 0.5}
    assert found["url"].startswith(clearml_server.url)
    assert found["scalars"]["score"]["mean"]["y"] == [0.5]


def test_the_discovery_file_and_the_client_configuration_are_private(clearml_server: RunningServer) -> None:
    for name in ("server.json", "clearml.conf"):
        assert (clearml_server.folder / name).stat().st_mode & 0o777 == 0o600
