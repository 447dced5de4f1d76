"""What agents install from a clone: `requirements.txt`."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import requires
from pathlib import Path

from packaging.requirements import Requirement

from redraft.config import ROOT


def test_agents_install_all_that_redraft_needs_in_the_versions_of_the_constraints() -> None:
    pins, constraints = _pins(ROOT / "requirements.txt"), _pins(ROOT / "constraints.txt")

    assert _needed() <= set(pins)  # another system or Python may need fewer
    assert pins.items() <= constraints.items()
    assert "pytest" not in pins


def test_each_line_is_a_plain_pin_because_a_clearml_agent_takes_anything_else_for_an_address() -> None:
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines()

    assert [line for line in lines if not line.startswith("#") and not re.fullmatch(r"[\w.-]+==[\w.]+", line)] == []


def _pins(path: Path) -> dict[str, str]:
    lines = (line.partition("==") for line in path.read_text(encoding="utf-8").splitlines() if "==" in line)
    return {_plain(name): version.strip() for name, _, version in lines}


def _needed() -> set[str]:
    """Every package that one of ours needs, directly or not, on this machine."""
    waiting = [
        Requirement(text) for text in tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    ]
    seen: set[tuple[str, str]] = set()
    while waiting:
        package = waiting.pop()
        for extra in {"", *package.extras} - {extra for name, extra in seen if name == _plain(package.name)}:
            seen.add((_plain(package.name), extra))
            further = [Requirement(text) for text in requires(package.name) or []]
            waiting += [found for found in further if not found.marker or found.marker.evaluate({"extra": extra})]
    return {name for name, _ in seen}


def _plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()
