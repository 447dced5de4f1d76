"""Turns what `kills.py --json` wrote into the table of `benchmarks/README.md`.

    python benchmarks/kills_table.py kills*.json

A cell of the table: seconds from the kill before / during / after the step to the end of the run. `r`: somebody had to
type `redraft resume`. Anything but a completed run, a lost rating or something left over stands beside it in words.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))  # scripts, not a package

from kills_points import STEPS

Row = Mapping[str, Any]
MOMENTS = ("before", "during", "after")


def table(rows: Sequence[Row]) -> str:
    """The table as Markdown, a line a victim; moments of the review that only some victims have come last."""
    victims = dict.fromkeys(_victim(row) for row in rows)
    lines = [f"| killed | {' | '.join(STEPS)} | paid twice / in flight |", "|---" * (len(STEPS) + 2) + "|"]
    for victim in victims:
        own = [row for row in rows if _victim(row) == victim]
        lines.append(f"| {victim} | {' | '.join(_cell(own, step) for step in STEPS)} | {_paid(own)} |")
    return "\n".join(lines)


def _victim(row: Row) -> str:
    cell = row["cell"]
    return f"{cell['victim']}, with `redraft watch`" if cell["keeper"] else str(cell["victim"])


def _cell(rows: Sequence[Row], step: str) -> str:
    by_moment = {row["cell"]["moment"]: row for row in rows if row["cell"]["step"] == step}
    told = [_words(by_moment[moment]) if moment in by_moment else "" for moment in MOMENTS]
    more = [f"{moment}: {_words(row)}" for moment, row in by_moment.items() if moment not in MOMENTS]
    return "; ".join([" / ".join(told)] * any(told) + more)


def _words(row: Row) -> str:
    wrong = [str(row["outcome"])] if row["outcome"] != "completed" else []
    wrong += [f"{row['lost']} ratings lost"] if row["lost"] else []
    wrong += ["something left"] if row["open_reviews"] + row["orphans"] else []
    resumed = "r" if "resume" in row["command"] else ""
    return f"{row['seconds']:.0f}{resumed}" + (f" ({', '.join(wrong)})" if wrong else "")


def _paid(rows: Sequence[Row]) -> str:
    """Where calls were paid twice, how many of how many in flight; 0: nowhere."""
    paid = [row for row in rows if row["twice"]]
    return ", ".join(f"{row['twice']} / {row['in_flight']} in {row['cell']['step']}" for row in paid) or "0"


if __name__ == "__main__":
    found: list[Row] = []
    for name in sys.argv[1:]:
        found += json.loads(Path(name).read_text(encoding="utf-8"))
    sys.stdout.write(table(found) + "\n")
