"""`redraft install` on a server that it cannot describe: it makes nothing."""

from __future__ import annotations

import os
import subprocess
import sys
import uuid
from pathlib import Path

from clearml_stand_in import RunningServer
from web_host import without_web_host

from redraft.config import ROOT
from redraft.tracking.queues import queue_ids
from redraft.tracking.server import project_ids


def test_an_unknown_web_interface_is_refused_before_anything_is_made(
    clearml_sdk: RunningServer, tmp_path: Path
) -> None:
    """The SDK's ValueError came after the queues and datasets were made, as a defect of ours."""
    project = f"project-{uuid.uuid4().hex[:12]}"
    base = {"PATH": os.environ["PATH"], "REDRAFT_HOME": str(tmp_path / "state"), "PYTHONPATH": str(ROOT)}
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "redraft.cli",
            "install",
            "--project",
            project,
            "--set",
            f"queues.steps={project}-steps",
        ],
        cwd=tmp_path,
        env={**clearml_sdk.environment(base), **without_web_host(tmp_path)},
        capture_output=True,
        text=True,
        timeout=120,
        stdin=subprocess.DEVNULL,
    )
    assert done.returncode == 2, done.stdout + done.stderr
    assert "does not follow from the API's" in done.stderr
    assert "Set CLEARML_WEB_HOST" in done.stderr
    assert "Traceback" not in done.stderr
    assert project_ids(project) == []
    assert f"{project}-steps" not in queue_ids()
