"""A review as a spreadsheet: exported, filled in by a person, checked whole, handed in, closed.

question,answer,sources,letter,score,comment,answer_id
How do I ...?,"Run ...",guides/resume.md,A,4,clear,a-1f0c...
"""

from __future__ import annotations

import contextlib
import csv
import shlex
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from redraft.cli.chosen import project_option
from redraft.errors import InputError, RedraftError, ReviewClosed, all_problems
from redraft.records import Rating, content_id
from redraft.rubric import read_rubric
from redraft.tracking.closing import close_review
from redraft.tracking.inbox import Assignment, OpenReview, assignments, hand_in, open_reviews, planned, writer_key
from redraft.tracking.inert_cells import as_written, inert
from redraft.tracking.queues import busy_tasks
from redraft.tracking.server import call
from redraft.tracking.settling import wake_run

COLUMNS = ("question", "answer", "sources", "letter", "score", "comment", "answer_id")
MAX_COMMENT_CHARS = 10_000
SESSION = "sheet"


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetOptions:
    """What is done with a sheet: it is written or read."""

    export: Path | None = None
    sheet: Path | None = None  # to read
    reviewer: str = ""  # whose ratings it holds
    keep_open: bool = False
    iteration: int | None = None  # of the review; None: the one that is open, or that the sheet is of


def export_sheet(project: str, path: Path, *, iteration: int | None = None) -> str:
    """Write the open review, or that of one iteration, as CSV; return what was done, in a sentence.

    Raises:
        InputError: There is none, or several are meant.
    """
    review = _one_of(_open(project, iteration))
    rows = _distinct(assignments(review))
    try:
        with path.open("w", encoding="utf-8-sig", newline="") as file:  # the mark makes spreadsheets read it as UTF-8
            writer = csv.DictWriter(file, COLUMNS)
            writer.writeheader()
            writer.writerows(_row(assignment) for assignment in rows.values())
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror})") from None
    return (
        f"{path}: {len(rows)} answers of iteration {review.iteration}. Fill in `score` (1 to 5) and `comment`, then\n"
        f"  redraft review{project_option(project)} --import {shlex.quote(str(path))} --reviewer NAME"
    )


def import_sheet(project: str, path: Path, reviewer: str, *, keep_open: bool, iteration: int | None = None) -> str:
    """Check a filled-in sheet as a whole, hand it in, and close the review; return what was done.

    Of several open reviews it is the one that the sheet's answers are of.

    Raises:
        InputError: Every wrong row, by line; or the sheet is of no open review, or of several. Nothing is handed in.
    """
    found = _open(project, iteration)
    review = _one_of(found if len(found) == 1 else _that_hold(found, path) or found)
    given = _distinct(assignments(review))
    ratings = read_sheet(path, reviewer, review, given)
    try:
        hand_in(review, writer_key(reviewer, SESSION), ratings)
    except ReviewClosed:
        # a closer that died in the middle leaves a review that takes nothing more and has to be finished, with all that
        # reached it; refused if it is closed, or somebody else is at it
        closed = close_review(review, owner=reviewer)
        if not set(ratings) <= set(closed.ratings):
            raise
        return _closed(project, review, reviewer, ratings, len(closed.ratings))
    if keep_open:
        return f"{len(ratings)} ratings by {reviewer} saved; the review of iteration {review.iteration} stays open"
    closed = close_review(review, owner=reviewer)
    return _closed(project, review, reviewer, ratings, len(closed.ratings))


def _closed(project: str, review: OpenReview, reviewer: str, ratings: list[Rating], total: int) -> str:
    saved = f"{len(ratings)} ratings by {reviewer} saved; review of iteration {review.iteration} closed with {total}"
    return f"{saved}{_what_now(project, review.pipeline_id)}"


def _what_now(project: str, run: str | None) -> str:
    """Whether the run goes on by itself; one whose controller died is put back on its queue, if that is served."""
    if not run:
        return ""
    with contextlib.suppress(RedraftError):
        if wake_run(run):
            return "; its run goes on"
    status = call("tasks.get_by_id", task=run)["task"]["status"]
    if status in ("queued", "completed", "published") or run in busy_tasks():
        return "; its run goes on"
    return f"; its run is {status.replace('_', ' ')} and at no agent: `redraft resume{project_option(project)}` goes on"


def read_sheet(path: Path, reviewer: str, review: OpenReview, given: Mapping[str, Assignment]) -> list[Rating]:
    """Read ratings from a sheet; rows without a score are left out."""
    comment_needed = read_rubric().comment_required_at_or_below
    problems: list[str] = []
    ratings: dict[str, Rating] = {}
    for line, row in _rows(path):
        answer_id, score = (row.get("answer_id") or "").strip(), (row.get("score") or "").strip()
        comment = as_written((row.get("comment") or "").strip()) or None
        if answer_id not in given:
            problems.append(f"{path} line {line}: answer_id {answer_id!r} is not in the open review")
        elif answer_id in ratings:
            problems.append(f"{path} line {line}: answer {answer_id} is rated twice")
        elif score and score not in ("1", "2", "3", "4", "5"):
            problems.append(f"{path} line {line}: score must be a whole number from 1 to 5, got {score!r}")
        elif comment and len(comment) > MAX_COMMENT_CHARS:
            problems.append(
                f"{path} line {line}: the comment has {len(comment)} characters, {MAX_COMMENT_CHARS} are kept"
            )
        elif score and not comment and int(score) <= comment_needed:
            problems.append(f"{path} line {line}: a score of {score} needs a comment: what is wrong?")
        elif score:
            ratings[answer_id] = Rating(
                id=content_id("rt", review.review_key, answer_id, reviewer, SESSION),
                review_key=review.review_key,
                answer_id=answer_id,
                reviewer=reviewer,
                score=int(score),
                comment=comment,
                created=time.time(),
            )
    if problems:
        raise InputError(all_problems(problems), remedy="nothing was imported; mend the sheet and import it again")
    if not ratings:
        raise InputError(f"{path}: no row has a score", remedy="fill in the column `score` with 1 to 5")
    return list(ratings.values())


def _rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in ("answer_id", "score") if name not in (reader.fieldnames or [])]
            if missing:
                raise InputError(f"{path}: no column {missing[0]!r}", remedy=f"export has: {', '.join(COLUMNS)}")
            return [(reader.line_num, row) for row in reader]
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except IsADirectoryError:
        raise InputError(f"{path}: a folder, expected a CSV file") from None
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 (byte {error.start})", remedy="save it as CSV UTF-8") from None
    except csv.Error as error:
        raise InputError(f"{path}: not a CSV file ({error})") from None


def _row(assignment: Assignment) -> dict[str, str]:
    answer = assignment.answer
    cells = {
        "question": assignment.question.text,
        "answer": answer.text or "",
        "sources": ", ".join(answer.sources),
        "letter": assignment.item.letter,
        "score": "",
        "comment": "",
        "answer_id": answer.id,
    }
    return {name: inert(text) for name, text in cells.items()}


def _distinct(given: list[Assignment]) -> dict[str, Assignment]:
    found: dict[str, Assignment] = {}
    for assignment in given:
        found.setdefault(assignment.answer.id, assignment)
    return found


def _open(project: str, iteration: int | None) -> list[OpenReview]:
    """The open reviews, one at least, or those of one iteration."""
    reviews = open_reviews(project)
    if not reviews:
        raise InputError(f"project {project!r} has no open review", remedy="`redraft run` makes one")
    found = [review for review in reviews if iteration in (None, review.iteration)]
    if not found:
        raise InputError(f"no review of iteration {iteration} is open, only: {_listed(reviews)}")
    return found


def _that_hold(reviews: list[OpenReview], path: Path) -> list[OpenReview]:
    """The reviews that every answer of a sheet is in."""
    given = {(row.get("answer_id") or "").strip() for _, row in _rows(path)}
    return [review for review in reviews if given <= {item.answer_id for item in planned(review)}]


def _one_of(reviews: list[OpenReview]) -> OpenReview:
    if len(reviews) == 1:
        return reviews[0]
    different = len({review.iteration for review in reviews}) > 1
    raise InputError(
        f"{len(reviews)} reviews are open, and it is not said which is meant: {_listed(reviews)}",
        remedy="name one with --iteration N" if different else "rate on the page, `redraft review`, which shows each",
    )


def _listed(reviews: list[OpenReview]) -> str:
    return ", ".join(f"iteration {one.iteration} (task {one.task_id}, since {one.created[:16]}Z)" for one in reviews)
