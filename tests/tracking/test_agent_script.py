"""What agents are told to run, and in which environment."""

from __future__ import annotations

from pathlib import Path

from redraft.config import ROOT
from redraft.tracking.agent_script import agent_script

CODE = {"repository": "git@host:docs.git", "version_num": "c0ffee", "diff": "d", "requirements": {"pip": "old==1"}}


def test_a_task_names_its_requirements_so_that_an_agent_finds_the_environment_that_it_kept() -> None:
    made = agent_script(CODE, "steps/build_index.py")

    pins = made["requirements"]["pip"].splitlines()
    assert any(pin.startswith("clearml==") for pin in pins)
    assert not [pin for pin in pins if not pin or pin.startswith("#")]
    file = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert pins == [line for line in file if line and not line.startswith("#")]
    assert made["version_num"] == "c0ffee"
    assert made["entry_point"] == "steps/build_index.py"
    assert CODE["requirements"] == {"pip": "old==1"}


def test_without_a_file_of_requirements_none_are_named(tmp_path: Path) -> None:
    assert agent_script(CODE, "a.py", tmp_path)["requirements"] == {}
