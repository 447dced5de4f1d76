"""How long a long history takes: score, rating plan and decision of 200 prompts and 5,000 ratings.

    python benchmarks/large_history.py --json large.json

The history is made up: a family tree of prompts, each compared with its parent in one review on 5 of 30 questions by
five reviewers, who also give both letters an overall score. The peak memory is that of the work, and of Python with
numpy and scipy (`imports_mb`).
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))  # scripts, not a package

from made_up_history import INDEX, Size, made_up

from redraft.config import load_config
from redraft.learning.design import rows_of
from redraft.learning.history import derive_variant
from redraft.learning.protocols import DecisionCase, ReviewBrief
from redraft.learning.rounds import POLICIES
from redraft.learning.variances import estimate_deviations
from redraft.records import Answer, answer_id, make_prompt


def measure(size: Size, seed: int) -> dict[str, float]:
    """Make a history, then score, decide and plan through the product's policies; seconds and MiB."""
    figures: dict[str, float] = {"imports_mb": _peak_mb()}

    def timed(name: str, work: Callable[[], Any]) -> Any:
        started = time.perf_counter()
        made = work()
        figures[f"{name}_s"] = time.perf_counter() - started
        return made

    history = timed("make", lambda: made_up(size, seed))
    figures["history_mb"] = _peak_mb()
    counts = {"prompts": len(history.variants), "ratings": len(history.ratings), "overalls": len(history.overalls)}
    config = load_config()
    current = history.variant(str(history.current_variant_id))
    last, written = max(history.decisions, key=lambda d: d.created), make_prompt("answer", "Answer as nobody says.")
    new = derive_variant(current, written.id, current.extract_prompt_id, parent_id=current.id)
    case = DecisionCase(
        current_id=current.id, new_ids=(last.variant_id,), promote="auto", settings=config.decide, now=1e9
    )
    brief = ReviewBrief(
        questions=tuple(history.questions.values()),
        current_id=current.id,
        new_ids=(new.id,),
        index_id=INDEX,
        ratings=25,
        reviewers=size.reviewers,
        current_share=config.plan.current_share,
        second_share=config.plan.second_share,
        anchor_share=config.plan.anchor_share,
        seed=seed,
    )
    board = timed("score", lambda: POLICIES.score(history, current_id=current.id, interval=config.score.interval))
    timed("decide", lambda: POLICIES.decide(history, board, case))
    history = timed("add", lambda: history.add([written, new]))
    deviations = timed("estimate", lambda: estimate_deviations(rows_of(history)))
    brief = dataclasses.replace(brief, deviations=deviations)
    needed = timed("ask", lambda: POLICIES.plan.ask(history, brief))
    answers = [
        Answer(
            id=answer_id(each.variant_id, each.question_id, INDEX, each.sample), run_id="", variant_id=each.variant_id,
            question_id=each.question_id, dataset_id="", index_id=INDEX, sample=each.sample, text="Yes.",
        )
        for each in needed
    ]  # fmt: skip
    items = timed("plan", lambda: POLICIES.plan.plan(history, brief, answers))
    figures["total_s"] = sum(figures[f"{name}_s"] for name in ("score", "decide", "estimate", "ask", "plan"))
    return {**counts, **figures, "planned": len(items), "peak_mb": _peak_mb()}


def _peak_mb() -> float:
    """Peak memory of this process so far, MiB."""
    kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return (kib / 1024 if sys.platform == "darwin" else kib) / 1024


def main() -> None:
    """Measure and print a row a figure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prompts", type=int, default=200, help="with 25 ratings each (default 200)")
    parser.add_argument("--questions", type=int, default=30, help="default 30")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, help="file for the figures")
    options = parser.parse_args()
    figures = measure(Size(prompts=options.prompts, questions=options.questions), options.seed)
    print("\n".join(f"{name:12}{value:10.2f}" for name, value in figures.items()))
    met = figures["total_s"] < 10 and figures["peak_mb"] < 1024
    print(f"aim, under 10 s and 1024 MiB: {'met' if met else 'missed'}")
    if options.json:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
