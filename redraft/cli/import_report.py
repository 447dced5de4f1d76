"""What an import would do, as lines for a terminal: format, columns, scores, counts, the first rows, every problem."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterator

from redraft.errors import InputError
from redraft.learning.import_scales import SHOWN as SHOWN_SCORES
from redraft.learning.import_scales import Score, score_text
from redraft.learning.imported import UNKNOWN_PROMPTS
from redraft.learning.words import counted
from redraft.tracking.import_formats.columns import to_ratings
from redraft.tracking.importing import ImportPlan, check_rows, shown_problems

SHOWN_NAMES = 8
MAX_CHARS = 100  # of a text in the first rows
MANY_PROMPTS = 20  # more than these, and nearly one a row: the column holds whole requests


def report_lines(plan: ImportPlan) -> Iterator[str]:
    """Say what would be kept, from where, and what would not."""
    yield f"file        {plan.source.name}: {plan.source.kind}, {counted(len(plan.source.rows), 'row')}"
    yield f"format      {plan.format}"
    yield f"columns     {_columns(plan)}"
    left = _left_out(plan)
    if left:
        yield f"not read    {left}"
    yield f"scores      {plan.scale.name}{'' if plan.scale_given else ' (recognised)'}: {plan.scale.rule}{_table(plan)}"
    yield from (f"            {note}" for note in plan.laid.notes)
    yield f"rows        {_counts(plan)}"
    yield from _what_is_new(plan)
    yield from _first_rows(plan)
    if plan.problems:
        yield f"problems    {len(plan.problems)}, {'left out' if plan.skip_problems else 'to be mended or left out'}:"
        yield from (f"  {problem}" for problem in shown_problems(plan.problems))


def closing_line(plan: ImportPlan) -> str:
    """What to do next, where nothing was written.

    Raises:
        InputError: Rows have a problem.
    """
    if plan.earlier is not None:
        day = datetime.datetime.fromtimestamp(plan.earlier.created, tz=datetime.UTC)
        return f"Already imported on {day:%Y-%m-%d} by {plan.earlier.author}: there is nothing to do."
    check_rows(plan)
    if plan.empty:
        return "There is nothing new in it: nothing was written."
    return "Nothing was written. To import it, give the same command with --apply --author NAME."


def _columns(plan: ImportPlan) -> str:
    columns = plan.laid.columns
    chat = columns.get("prompt") is not None and columns.get("prompt") == columns.get("question")
    return ", ".join(
        f"{column}{' (its system message)' if chat and name == 'prompt' else ''} -> {name}"
        for name, column in columns.items()
    )


def _left_out(plan: ImportPlan) -> str:
    """Columns of the file that nothing is made of."""
    used = tuple(plan.laid.columns.values())
    parts = ("score", "scores", "feedback", "responses", "fields", *used)
    return ", ".join(
        column
        for column in map(str, plan.source.columns)
        if column not in parts and not any(one.startswith(f"{column}.") for one in used)
    )


def _table(plan: ImportPlan) -> str:
    """Each different score of the file and what becomes of it."""
    found: Counter[Score] = Counter(row.score for row in to_ratings(plan.laid) if row.score is not None)
    shown = []
    for score in sorted(
        found, key=lambda one: (isinstance(one, str), one if isinstance(one, float) else 0.0, str(one))
    ):
        try:
            shown.append(f"{score_text(score)} -> {plan.scale.convert(score)} ({found[score]})")
        except InputError:  # it is among the problems
            continue
    more = ", ..." if len(shown) > SHOWN_SCORES else ""
    return f": {', '.join(shown[:SHOWN_SCORES])}{more}" if shown else ""


def _counts(plan: ImportPlan) -> str:
    counts = plan.imported.counts
    lost = f" ({counts.comments_lost} of them with a comment)" if counts.comments_lost else ""
    parts = (
        (counts.known, "in the history already"),
        (counts.repeated, "repeated word for word"),
        (counts.superseded, "replaced by a later rating of the same person and answer"),
        (counts.without_score, f"without a score{lost}"),
        (counts.wrong + len(plan.laid.problems), "with a problem"),
    )
    return ", ".join([counted(counts.ratings, "new rating"), *(f"{n} {what}" for n, what in parts if n)])


def _what_is_new(plan: ImportPlan) -> Iterator[str]:
    imported = plan.imported
    splits = Counter(question.split for question in imported.questions)
    new = f" ({', '.join(f'{n} {split}' for split, n in sorted(splits.items()))})" if splits else ""
    yield f"questions   {len(imported.questions)} new{new}, {len(imported.known_questions)} known"
    if imported.near_val:
        yield f"            {imported.near_val} repeat a val question in other words: no prompt writer sees them"
    joined = counted(imported.joined, "rating")
    yield f"answers     {len(imported.answers)} from elsewhere; {joined} of answers given here"
    prompts = [prompt for prompt in imported.prompts if prompt.id not in UNKNOWN_PROMPTS]
    yield f"prompts     {len(prompts)} new, {counted(len(imported.variants), 'new variant')}"
    if len(prompts) > MANY_PROMPTS and len(prompts) > imported.counts.ratings / 2:
        yield "            nearly one a row: it may be the whole request; --map prompt= leaves it out"
    people = Counter(rating.reviewer for rating in imported.ratings)
    named = [f"{name} ({n})" for name, n in people.most_common(SHOWN_NAMES)]
    more = f" and {len(people) - SHOWN_NAMES} more" if len(people) > SHOWN_NAMES else ""
    yield f"reviewers   {', '.join(named) or 'none'}{more}"


def _first_rows(plan: ImportPlan) -> Iterator[str]:
    for row, rating in plan.imported.examples:
        yield f"{row.place}:"
        yield f"  question  {_short(row.question)}"
        yield f"  answer    {_short(row.answer) or 'not known'}"
        yield f"  prompt    {_short(row.prompt) or 'not known'}"
        yield f"  rated     {rating.score} by {rating.reviewer}: {_short(rating.comment) or 'no comment'}"


def _short(text: str | None) -> str:
    line = " ".join((text or "").split())
    return line if len(line) <= MAX_CHARS else f"{line[:MAX_CHARS]} ..."
