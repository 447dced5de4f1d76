"""Ratings of other tools: read, shown before anything is written, then kept as one event of the history.

    order = Order(file=Path("scores.csv"))
    plan = plan_import(load_history(find_sources("redraft")), order, now=time.time())   # writes nothing
    record_import("redraft", plan, author="Ann")

The event's task holds the new questions, prompts, variants, answers and ratings, and the import itself; deleting the
task undoes it. Imported questions are part of the history, not of the set of example questions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from redraft.errors import InputError, all_problems
from redraft.learning.history import History, Record
from redraft.learning.import_records import Imported, import_records
from redraft.learning.import_rows import ForeignRating, Origin
from redraft.learning.import_scales import Scale, parse_scale, recognise_scale
from redraft.learning.words import counted
from redraft.records import Import, Split, content_id
from redraft.tracking.history import Event, record_event
from redraft.tracking.import_formats import AUTO, find_format, with_texts
from redraft.tracking.import_formats.columns import Laid, to_ratings
from redraft.tracking.import_formats.reading import Source, read_source

TAG = "redraft-import"
SHOWN_PROBLEMS = 20
SHOWN_PLACES = 3  # of one problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What somebody wants to import, and how."""

    file: Path
    format: str = AUTO
    choices: Mapping[str, str] = field(default_factory=dict)  # our field -> their column
    scale: str = ""  # empty: the one that the scores can only be of
    split: Split = "dev"  # of new questions
    reviewer: str | None = None  # who rated, where a row names nobody
    prompt: str | None = None  # whose answers they are, where a row has no prompt
    beside: Path | None = None  # the traces or runs that a file of scores is about
    skip_problems: bool = False  # leave rows out that have a problem


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPlan:
    """What an import would do; nothing is written yet."""

    source: Source
    format: str
    laid: Laid
    scale: Scale
    scale_given: bool
    imported: Imported
    earlier: Import | None  # the import of the same file, if there was one
    skip_problems: bool
    now: float  # Unix time, seconds

    @property
    def problems(self) -> tuple[str, ...]:
        """Everything that is wrong, by row."""
        return (*self.laid.problems, *self.imported.problems)

    @property
    def empty(self) -> bool:
        """Whether there is nothing to write."""
        return self.earlier is not None or not self.imported.ratings


def plan_import(history: History, order: Order, *, now: float) -> ImportPlan:
    """Read a file and say what it would add to a history.

    Raises:
        InputError: The file cannot be read, its columns or its scores are not told.
    """
    source = read_source(order.file)
    shape = find_format(source, order.format)
    joined = with_texts(source, read_source(order.beside) if order.beside else None, shape)
    laid = shape.lay(joined.rows, order.choices)
    rows = to_ratings(laid)
    scale = _scale(rows, order, source)
    origin = Origin(
        source=shape.name, scale=scale, split=order.split, now=now, reviewer=order.reviewer, prompt=order.prompt
    )
    return ImportPlan(
        source=source,
        format=shape.name,
        laid=laid,
        scale=scale,
        scale_given=bool(order.scale),
        imported=import_records(rows, history, origin),
        earlier=next((each for each in history.imports if each.sha256 == source.sha256), None),
        skip_problems=order.skip_problems,
        now=now,
    )


def record_import(project: str, plan: ImportPlan, author: str) -> str | None:
    """Write what was planned; return the event task's id, None if there is nothing to write.

    Raises:
        InputError: There are problems, and nobody said to leave those rows out; or nobody says who imports.
    """
    check_rows(plan)
    if not author.strip():
        raise InputError("the history must know who imports", remedy="give --author NAME")
    if plan.empty:
        return None
    made = Import(
        id=content_id("im", plan.format, plan.source.sha256),
        source=plan.format,
        file=plan.source.name,
        sha256=plan.source.sha256,
        columns=tuple((column, name) for name, column in plan.laid.columns.items()),
        n_ratings=len(plan.imported.ratings),
        author=author.strip(),
        created=plan.now,
    )
    said = f"{counted(made.n_ratings, 'rating')} from {made.file} ({made.source}), imported by {made.author}"
    artifacts: dict[str, Sequence[Record]] = {**plan.imported.artifacts(), "imports": (made,)}
    return record_event(project, Event(name=f"import {made.source}", tag=TAG, summary=said), artifacts)


def check_rows(plan: ImportPlan) -> None:
    """Refuse a plan with rows that have a problem, unless they are to be left out.

    Raises:
        InputError: The rows, by their places in the file.
    """
    if plan.problems and not plan.skip_problems:
        raise InputError(
            all_problems(shown_problems(plan.problems)),
            remedy="nothing was imported; mend the file, or leave these rows out with --skip-problems",
        )


def shown_problems(problems: Sequence[str]) -> list[str]:
    """The first problems, the same one of many rows in one line, and how many more there are.

    >>> shown_problems([f"line {n}: no reviewer" for n in range(2, 10)])
    ['line 2, line 3, line 4 and 5 more: no reviewer']
    """
    places: dict[str, list[str]] = {}
    for problem in problems:
        place, _, what = problem.partition(": ")
        places.setdefault(what, []).append(place)
    lines = [f"{_places(rows)}: {what}" for what, rows in places.items()]
    more = len(lines) - SHOWN_PROBLEMS
    return [*lines[:SHOWN_PROBLEMS], *([f"and {more} more"] if more > 0 else [])]


def _places(rows: Sequence[str]) -> str:
    more = len(rows) - SHOWN_PLACES
    return ", ".join(rows[:SHOWN_PLACES]) + (f" and {more} more" if more > 0 else "")


def _scale(rows: Sequence[ForeignRating], order: Order, source: Source) -> Scale:
    if order.scale:
        return parse_scale(order.scale)
    try:
        return recognise_scale(row.score for row in rows if row.score is not None)
    except InputError as error:
        raise InputError(f"{source.name}: {error.message}", remedy=error.remedy) from None
