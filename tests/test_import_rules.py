"""Who may import whom: the contracts of pyproject.toml hold, and each of them can fail."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from redraft.config import ROOT

PACKAGES = ("redraft", "steps", "pipelines")

# contract -> a file and an import in it that the contract forbids
FORBIDDEN = {
    "layers": ("redraft/records/ids.py", "import redraft.config"),
    "clearml": ("redraft/learning/score.py", "import clearml"),
    "models": ("redraft/answering/answer.py", "import openai"),
    "steps": ("steps/build_index.py", "import steps.version_docs"),
    "standins": ("redraft/standins/openai_server/app.py", "import redraft.errors"),
    "standins-apart": ("redraft/cli/local.py", "import redraft.standins.openai_server"),
    "server-model-apart": ("redraft/standins/clearml_server/app.py", "import redraft.standins.openai_server.app"),
    "roles-apart": ("redraft/standins/openai_server/writer.py", "import redraft.standins.openai_server.judge"),
    "streamlit": ("redraft/tracking/runs.py", "import streamlit"),
}


def lint(folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    """Run import-linter on the packages in a folder, not on the installed ones."""
    script = "from importlinter.cli import lint_imports_command as main; main()"
    return subprocess.run(
        [sys.executable, "-c", script, "--no-cache", *options],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
    )


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("tree")
    for package in PACKAGES:
        shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def test_every_contract_holds(copy: Path) -> None:
    done = lint(copy)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("contract", FORBIDDEN)
def test_a_forbidden_import_breaks_its_contract(copy: Path, contract: str) -> None:
    name, line = FORBIDDEN[contract]
    file = copy / name
    original = file.read_text(encoding="utf-8")
    try:
        file.write_text(f"{original}\n\n{line}\n", encoding="utf-8")
        done = lint(copy, "--contract", contract)
    finally:
        file.write_text(original, encoding="utf-8")
    assert done.returncode == 1, done.stdout
    assert "BROKEN" in done.stdout
