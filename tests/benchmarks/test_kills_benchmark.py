"""Six of the moments at which something may be killed: the iteration ends, only calls in flight are paid twice."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from redraft.config import ROOT


@pytest.mark.agent
@pytest.mark.slow
@pytest.mark.timeout(1500)
@pytest.mark.xdist_group("kills")
def test_whatever_is_killed_the_iteration_ends_and_only_calls_in_flight_are_paid_twice(tmp_path: Path) -> None:
    file, script = tmp_path / "figures.json", ROOT / "benchmarks" / "kills.py"
    done = subprocess.run(
        [sys.executable, str(script), "--quick", "--json", str(file)], capture_output=True, text=True, timeout=1400
    )
    assert done.returncode == 0, done.stdout + done.stderr
    cells = json.loads(file.read_text(encoding="utf-8"))
    assert [cell["outcome"] for cell in cells] == ["completed"] * 6
    assert [(cell["open_reviews"], cell["orphans"], cell["lost"]) for cell in cells] == [(0, 0, 0)] * 6
    assert [cell["further_runs"] for cell in cells] == [1, 0, 0, 0, 0, 0]  # docs changed before the keeper was killed
    assert all(cell["twice"] <= cell["in_flight"] for cell in cells)
    assert any(cell["in_flight"] for cell in cells)
    assert all(cell["acknowledged"] for cell in cells)  # people rated
    needed = {cell["cell"]["victim"] for cell in cells if cell["command"] != "nothing"}
    assert needed == {"controller", "services agent"}


def test_what_is_lost_left_over_hung_or_paid_twice_is_a_fault() -> None:
    """The table is worth nothing if it cannot be bad."""
    script = """
import sys
sys.path.insert(0, sys.argv[1])
from kills import bad
from kills_points import Cell, Found

cell = Cell(victim="keeper", step="review", moment="change")
print(len(bad(Found(cell=cell, outcome="completed", further_runs=1, twice=3, in_flight=3))))
print(len(bad(Found(cell=cell, further_runs=2, twice=4, in_flight=3, lost=1, orphans=1))))
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(ROOT / "benchmarks")], capture_output=True, text=True, check=True
    )
    assert done.stdout.split() == ["0", "5"]
