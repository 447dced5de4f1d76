"""From ratings to better prompts: which policy needs fewest ratings, and whose claims are true?

    python benchmarks/learning.py --json learning.json
    python benchmarks/learning.py --only A,B --worlds 200
    python benchmarks/learning.py --world mine.json

Simulated worlds with a known truth, no model, no network; the same figures every time. Every world draws deviations of
its own, which no policy is told but the oracle.

    A       choose among 8 prompts, and among 30
    B       the loop, through the product's own `run_iteration`: edits that help on average or hurt; 1 and 4 candidates
    sweeps  A with other numbers of prompts and questions
    hard    a judge that rewards length, a reviewer who drifts, careless ones, a ceiling, bad edits, duplicates
    stop    what the stop rules save, and how often they stop too early

What came of it: benchmarks/README.md.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

# Before numpy is imported: the matrices are small, and threads would wait for each other.
os.environ["OMP_NUM_THREADS"] = os.environ["OPENBLAS_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"
sys.path.insert(0, str(Path(__file__).resolve().parent))  # scripts, not a package

import learning_world_file
from learning_parts import PARTS, own_world
from learning_rows import runner

from redraft.errors import RedraftError

WORLDS = 600


def main(arguments: list[str] | None = None) -> int:
    """Run the parts and print their tables; return the exit code."""
    options = _parser().parse_args(arguments)
    started = time.perf_counter()
    try:
        settings = learning_world_file.read_world(options.world) if options.world else None
    except RedraftError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    figures: dict[str, Any] = {"worlds": options.worlds}
    with runner(options.jobs) as run:
        if settings is not None:
            figures |= own_world(run, settings, options.worlds, [part for part in options.only if part in "AB"])
        else:
            for part in options.only:
                figures |= PARTS[part](run, options.worlds)
    print(f"\n{time.perf_counter() - started:.0f} s, processes: {options.jobs}", file=sys.stderr)
    if options.json:
        options.json.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    return 0


def _parser() -> argparse.ArgumentParser:
    about = (
        f"{__doc__}\nA world of one's own, for A and B:\n\n{(learning_world_file.__doc__ or '').partition(chr(10))[2]}"
    )
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--worlds", type=_positive, default=WORLDS, metavar="N",
        help=f"worlds of A with 30 prompts (default {WORLDS}); every table says how many it has",
    )  # fmt: skip
    parser.add_argument("--json", type=_writable, metavar="FILE", help="write all figures to this file")
    parser.add_argument("--world", type=Path, metavar="FILE.json", help="run A and B in worlds of your own, see above")
    parser.add_argument(
        "--only", type=_parts, default=list(PARTS), metavar="PARTS", help=f"some of {','.join(PARTS)} (default: all)"
    )
    parser.add_argument("--jobs", type=_positive, default=os.cpu_count() or 1, metavar="N", help="processes")
    return parser


def _positive(text: str) -> int:
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"must be a whole number >= 1, got {text!r}")
    return int(text)


def _writable(text: str) -> Path:
    """Refuse a folder that is not there before the work, not after it."""
    path = Path(text)
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise argparse.ArgumentTypeError(f"must be a file in a folder that exists, got {text!r}")
    return path


def _parts(text: str) -> list[str]:
    unknown = [part for part in text.split(",") if part not in PARTS]
    if unknown:
        raise argparse.ArgumentTypeError(f"{', '.join(unknown)} is none of {', '.join(PARTS)}")
    return list(dict.fromkeys(text.split(",")))


if __name__ == "__main__":
    sys.exit(main())
