"""Tables for the terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from redraft.cli.terminal import printable
from redraft.learning.history import make_history
from redraft.learning.labels import Fate, fates
from redraft.learning.prompt_diff import new_sentences
from redraft.records import Decision, IterationResult

MIN_WIDTH = 124  # characters
_PUBLISHED: Mapping[Fate, str] = {
    "current": "current",
    "previous": "previous",
    "was published": "once",
    "waits for a yes": "waits",
    "not published": "no",
}


def iterations_table(results: Sequence[IterationResult], decisions: Sequence[Decision]) -> Table:
    """A row an iteration: what its prompt's answers were rated, what became of it, what is new in it.

    Args:
        results: In the order of rows.
        decisions: The decision log: a person may have said yes since the iteration ended.
    """
    became = fates(make_history(decisions))
    table = Table(title="Ratings of each iteration's prompt, 1 to 5", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    figures = ("iteration", "rating\n[90 % interval]", "ratings", "valid\ncitations", "right\nrefusals")
    for name in (*figures, "people\nmin", "tokens", "USD", "s"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("published", no_wrap=True)
    table.add_column("new in the prompt", max_width=60, min_width=20)
    before = ""
    for result in results:
        table.add_row(
            str(result.iteration),
            interval(result.mean, result.low, result.high),
            str(result.n_ratings),
            percent(result.citations_valid),
            percent(result.refusals_right),
            "-" if result.minutes is None else f"{result.minutes:.0f}",
            f"{result.tokens:,}",
            "-" if result.cost_usd is None else f"{result.cost_usd:.2f}",
            f"{result.seconds:.0f}",
            _PUBLISHED[became.get(result.variant_id, "not published")],
            printable(shortened(" ".join(new_sentences(result.prompt, before)))),
        )
        before = result.prompt
    return table


def interval(mean: float | None, low: float | None, high: float | None) -> str:
    """Mean and interval.

    >>> interval(3.25, 2.9, 3.61)
    '3.25 [2.90, 3.61]'
    >>> interval(None, None, None)
    '-'
    """
    if mean is None or low is None or high is None:
        return "-"
    return f"{mean:.2f} [{low:.2f}, {high:.2f}]"


def percent(share: float | None) -> str:
    """A share as whole percent.

    >>> percent(0.666)
    '67 %'
    """
    return "-" if share is None else f"{100 * share:.0f} %"


def shortened(text: str) -> str:
    """A text of at most 110 characters."""
    return text if len(text) <= 110 else f"{text[:107]}..."


def show(table: Table) -> None:
    """Print a table, wide enough not to cut figures when the output is not a terminal.

    What prompts and people say in it is text: `[/b]` or `:smile:` is no mark-up.
    """
    width = max(Console().width, MIN_WIDTH)
    Console(width=width, markup=False, emoji=False).print(table)
