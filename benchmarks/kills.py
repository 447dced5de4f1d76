"""Everything that an iteration needs is killed at every moment of it (SIGKILL): does it end, and what did that cost?

    python benchmarks/kills.py --quick                            six points, as `make test` does
    python benchmarks/kills.py --only controller,server           two rows of the table
    python benchmarks/kills.py --json kills.json                  all of it: an hour and more

Killed are the controller's process, a step's process, an agent with the task that it is at (of the steps, of
controllers), the stand-in server, the review page, and the keeper (`redraft watch`); before, during and after each
step, and at the review. What an operator's supervisor looks after (agents, server, page, keeper) is started again after
1.5 s; a run that nobody is at any more gets `redraft resume`, unless the keeper runs. Two made-up people rate.

Each cell is iteration 1 once more, with a setting so that the step in question and all after it do not come from the
cache. The model takes 0.4 s a call and counts what it is asked, by content.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import logging
import os
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))  # scripts, not a package

from kills_cell import Course
from kills_points import STEPS, Cell, Found, config_for
from kills_world import World

from redraft.tracking.doctor.endpoints import check_endpoints

VICTIMS = ("controller", "step", "step agent", "services agent", "server", "page", "keeper")
SILENT_CELL_S = 330.0  # the keeper believes in a death only after three minutes of silence
QUICK = (
    Cell(victim="keeper", step="review", moment="change"),
    Cell(victim="controller", step="answer_questions", moment="during"),
    Cell(victim="step", step="answer_questions", moment="during"),
    Cell(victim="server", step="review", moment="during"),
    Cell(victim="page", step="review", moment="unsent"),
    Cell(victim="services agent", step="review", moment="after"),
)


def all_cells() -> Iterator[Cell]:
    """The table, row by row."""
    yield from QUICK
    for victim in VICTIMS:
        for step in STEPS:
            for moment in ("before", "during", "after"):
                limit_s = SILENT_CELL_S if victim == "step agent" else 180.0
                cell = Cell(victim=victim, step=step, moment=moment, limit_s=limit_s)
                at_work = moment == "during" and step != "review"
                if cell not in QUICK and (victim != "step" or at_work):
                    yield cell
    for victim in ("controller", "step agent", "services agent"):
        for step in ("answer_questions", "review"):
            yield Cell(victim=victim, step=step, moment="during", keeper=True, limit_s=SILENT_CELL_S)


def chosen(options: argparse.Namespace) -> list[Cell]:
    """The cells that were asked for."""
    victims, steps, moments = (
        [word for word in words.split(",") if word] for words in (options.only, options.steps, options.moments)
    )
    return [
        cell
        for cell in (QUICK if options.quick else all_cells())
        if (not victims or cell.victim in victims)
        and (not steps or cell.step in steps)
        and (not moments or cell.moment in moments)
        and (not options.keeper or cell.keeper)
        and not (options.rest and cell in QUICK)
    ]


def play(world: World, cells: Sequence[Cell], log: Path | None) -> list[Found]:
    """Play an iteration in which nothing is killed, if a cell needs one, then the cells; print each as it ends.

    That one asks for nothing twice, so that nothing is deducted from what the cells paid; it is judged like them.
    """
    print(f"{'cell':52}{'outcome':12}{'command':28}{'s':>6}{'calls':>7}{'twice':>7}{'flying':>8}{'lost':>6}{'left':>6}")
    check_endpoints(config_for(world, STEPS[0], 0))  # as each controller does: to look is not to pay twice
    world.model.probes = frozenset(world.model.calls())
    found: list[Found] = []
    if any(cell.step != "review" for cell in cells):  # what comes before their step is taken from it
        found.append(Course(world, Cell(victim="", step="version_docs", moment="", limit_s=300.0), 0).play())
        show(found[0])
    for number, cell in enumerate(cells, start=1):
        found.append(Course(world, cell, number).play())
        show(found[-1])
        if log:
            rows = [dataclasses.asdict(each) for each in found if each.cell.victim]
            log.write_text(json.dumps(rows, indent=2) + "\n", encoding="utf-8")
    return found


def show(found: Found) -> None:
    """Print a row."""
    left = found.open_reviews + found.orphans
    print(
        f"{found.cell.words:52}{found.outcome:12}{found.command:28}{found.seconds:6.0f}{found.calls:7}{found.twice:7}"
        f"{found.in_flight:8}{found.lost:6}{left:6}",
        flush=True,
    )
    for note in found.notes:
        print(f"    {note}", flush=True)


def bad(found: Found) -> list[str]:
    """What is not as it should be."""
    problems = [] if found.outcome == "completed" else [f"outcome {found.outcome}"]
    problems += [f"{found.lost} ratings lost"] if found.lost else []
    problems += [f"{found.twice} calls paid twice, {found.in_flight} in flight"] * (found.twice > found.in_flight)
    problems += [f"{found.open_reviews} reviews, {found.orphans} tasks left"] * bool(found.open_reviews + found.orphans)
    wanted = int(found.cell.moment == "change")
    problems += [f"{found.further_runs} further runs"] * (wanted and found.further_runs != wanted)
    return [f"{found.cell.words}: {problem}" for problem in problems]


def main() -> None:
    """Play the chosen cells; exit with 1 if one is not as it should be."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="six points")
    parser.add_argument("--only", default="", help="victims, separated by commas")
    parser.add_argument("--steps", default="", help="steps, separated by commas")
    parser.add_argument("--moments", default="", help="moments, separated by commas")
    parser.add_argument("--rest", action="store_true", help="all but the six of --quick")
    parser.add_argument("--keeper", action="store_true", help="the cells with the keeper running alone")
    parser.add_argument("--json", type=Path, help="file for the figures; written after each cell")
    parser.add_argument("--keep", type=Path, help="folder for state and logs, kept; a temporary one otherwise")
    options = parser.parse_args()
    cells = chosen(options)
    logging.getLogger("clearml").setLevel(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder, World(options.keep or Path(folder)) as world:
        from redraft.tracking.server import fail_soon

        fail_soon()
        world.await_agents()
        begun = time.monotonic()
        found = play(world, cells, options.json)
        print(f"{time.monotonic() - begun:.0f} s, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    problems = [problem for each in found for problem in bad(each)]
    print("\n".join(problems) or "all as it should be")
    raise SystemExit(int(bool(problems)))


if __name__ == "__main__":
    main()
