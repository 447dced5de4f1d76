"""Reviewers at once, a page and a server that are killed, a review that is closed meanwhile: every rating, once."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from redraft.config import ROOT


@pytest.mark.slow
def test_no_rating_is_lost_or_doubled_when_page_and_server_are_killed_and_the_review_is_closed(tmp_path: Path) -> None:
    file = tmp_path / "figures.json"
    script = ROOT / "benchmarks" / "reviewers.py"
    done = subprocess.run(
        [sys.executable, str(script), "--quick", "--json", str(file)], capture_output=True, text=True, timeout=200
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = json.loads(file.read_text(encoding="utf-8"))["killed"]
    faults = ("lost", "doubled", "acknowledged_not_merged", "history_differs")
    assert {name: found[name] for name in faults} == dict.fromkeys(faults, 0)
    assert found["clicked"] > found["acknowledged"] > 0
    assert found["merged"] + found["late"] >= found["clicked"]
    assert found["server_waited"] > 0  # people rated while it was away


def test_what_is_lost_doubled_or_not_merged_is_counted() -> None:
    """The figures are worth nothing if they cannot be bad."""
    script = """
import json, sys
sys.path.insert(0, sys.argv[1])
from reviewers import figures
from redraft.records import Rating

def rating(id, answer):
    return Rating(id=id, review_key="r", answer_id=answer, reviewer="Ann", score=3, created=float(id))

one, two, three, lost = (rating(str(n), f"a{n}") for n in range(1, 5))
rows = [dict(what="clicked", at=1.0, id=r.id, course_s=0, rate_s=0) for r in (one, two, three, lost)]
rows += [dict(what="acknowledged", at=2.0, id=r.id) for r in (one, three)]
rows += [dict(what="closed", at=9.0, seconds=1.0)]
print("FOUND", json.dumps(figures(rows, {}, merged=[one, one], late=[two], history=[one, two, three])))
"""
    done = subprocess.run(
        [sys.executable, "-c", script, str(ROOT / "benchmarks")], capture_output=True, text=True, check=True
    )
    found = json.loads(done.stdout.partition("FOUND ")[2])
    assert (found["lost"], found["doubled"], found["acknowledged_not_merged"]) == (1, 1, 1)
    assert (found["merged_and_late"], found["history_differs"], found["ack_p50_s"]) == (0, 0, 1.0)
