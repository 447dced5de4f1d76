"""What a task of ours tells an agent to run: a script of the repository, in an environment with our requirements."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from redraft.config import ROOT

REQUIREMENTS = "requirements.txt"


def agent_script(code: Mapping[str, Any], entry_point: str, root: Path = ROOT) -> dict[str, Any]:
    """The section `script` of a task.

    The requirements are written out, though an agent would read the repository's file if there were none: it keeps an
    environment for later tasks, and finds it again, only by the requirements that stand on the task itself
    (clearml-agent 3.0.3, `Worker.install_virtualenv`). Without them every step built its own.

    Args:
        code: Repository, branch, commit and diff, as another task has them.
        entry_point: Script, relative to the repository's root.
        root: The repository here.
    """
    file = root / REQUIREMENTS
    lines = file.read_text(encoding="utf-8").splitlines() if file.is_file() else []
    pins = "\n".join(line for line in lines if line.strip() and not line.startswith("#"))
    return {**code, "entry_point": entry_point, "working_dir": ".", "requirements": {"pip": pins} if pins else {}}
