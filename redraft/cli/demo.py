"""`redraft demo`: three iterations on Redraft's own documentation, with stand-ins for server, model and people."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from redraft.cli.follow import follow_run, next_run
from redraft.cli.local import LocalServices
from redraft.cli.reviewers import SeenPassage, rate_answer, reviewer_for_slot
from redraft.config import ROOT, load_config
from redraft.errors import InputError, ReviewClosed
from redraft.jsonl import to_dict
from redraft.learning.words import counted
from redraft.records import IterationResult, Rating, content_id
from redraft.tracking.closing import close_review
from redraft.tracking.history import find_sources, load_history
from redraft.tracking.inbox import Assignment, OpenReview, assignments, hand_in, writer_key
from redraft.tracking.results import load_results
from redraft.tracking.runs import DEMO_PROJECT, latest_run, resume_run, start_run, stop_orphans
from redraft.tracking.server import call

PROJECT = DEMO_PROJECT
SHOWN = (
    "iteration",
    "variant_id",
    "mean",
    "low",
    "high",
    "n_ratings",
    "citations_valid",
    "refusals_right",
    "minutes",
    "tokens",
    "cost_usd",
    "seconds",
    "task_id",
)


def run_demo(services: LocalServices, *, iterations: int, say: Callable[[str], None]) -> list[IterationResult]:
    """Run iterations one after another, finishing first what an earlier call left unfinished; return all results."""
    config = load_config(ROOT / "configs" / "demo.yaml", {"run.iterations": iterations})
    stop_orphans(PROJECT)
    run: str | None = _unfinished()
    if run:
        say(f"continuing run {run}, which was interrupted")
        resume_run(run, nobody_has_it=True)
    else:
        run = start_run(PROJECT, config)
    while run:
        task = follow_run(
            run, PROJECT, say=say, on_review=lambda review: review_as_stand_ins(review, say), check=services.check
        )
        run = next_run(run, task["project"])
    results = load_results(PROJECT)
    write_results(services.folder / "demo.json", results)
    return results


def review_as_stand_ins(review: OpenReview, say: Callable[[str], None]) -> None:
    """Let the stand-in reviewers rate everything that the plan gives them, then close the review."""
    by_slot: dict[int, list[Assignment]] = {}
    for assignment in assignments(review):
        by_slot.setdefault(assignment.item.reviewer_slot, []).append(assignment)
    total = 0
    try:
        for slot, given in by_slot.items():
            ratings = [rate(review, assignment, slot) for assignment in given]
            hand_in(review, writer_key(ratings[0].reviewer, f"slot {slot}"), ratings)
            total += len(ratings)
        close_review(review, owner="stand-in reviewers")
    except ReviewClosed as error:
        say(f"  review: {error}")
        return
    say(f"  {counted(len(by_slot), 'stand-in reviewer')} rated {counted(total, 'answer')}")


def rate(review: OpenReview, assignment: Assignment, slot: int) -> Rating:
    """One stand-in's rating of one answer."""
    reviewer = reviewer_for_slot(slot)
    passages = [SeenPassage(text=chunk.text, source=chunk.document_path) for chunk in assignment.passages]
    verdict = rate_answer(reviewer, assignment.question, assignment.answer, passages, seed=review.iteration)
    return Rating(
        id=content_id("rt", review.review_key, assignment.answer.id, reviewer.name, slot),
        review_key=review.review_key,
        answer_id=assignment.answer.id,
        reviewer=reviewer.name,
        score=verdict.score,
        comment=verdict.comment,
        tags=verdict.tags,
        position=assignment.item.position,
        seconds=verdict.seconds,
        created=time.time(),
    )


def write_results(path: Path, results: Sequence[IterationResult]) -> None:
    """Write the figures for programs."""
    rows = [{name: to_dict(result)[name] for name in SHOWN} for result in results]
    path.write_text(json.dumps({"iterations": rows}, indent=2) + "\n")


def first_and_published(project: str, results: Sequence[IterationResult]) -> str:
    """What changed from the first prompt to the published one, sentence by sentence."""
    from redraft.cli.prompt_views import diff_text

    history = load_history(find_sources(project))
    if history.current_variant_id is None:
        return "no prompt was better than the first: nothing was published"
    first = history.variants[results[0].variant_id]
    seed = history.variants.get(first.parent_id or "", first)
    return diff_text(history, seed, history.variant(history.current_variant_id))


def _unfinished() -> str | None:
    try:
        run = latest_run(PROJECT)
    except InputError:
        return None
    if run["status"] in ("completed", "published"):
        return None
    return str(call("tasks.get_by_id", task=run["id"])["task"]["id"])
