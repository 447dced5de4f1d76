"""Tables for the terminal."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from redraft.records import IterationResult

MIN_WIDTH = 150  # characters


def iterations_table(results: Sequence[IterationResult]) -> Table:
    """A row an iteration: what the new prompt's answers were rated, and whether it was published."""
    table = Table(title="Ratings of each iteration's new prompt, 1 to 5")
    figures = ("iteration", "rating [90 % interval]", "ratings", "valid citations", "right refusals")
    for name in (*figures, "people min", "tokens", "USD", "s"):
        table.add_column(name, justify="right")
    table.add_column("published")
    table.add_column("prompt", max_width=60)
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
            "yes" if result.published_id == result.variant_id else "no",
            first_line(result.prompt),
        )
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


def first_line(text: str) -> str:
    """The first line of a prompt, shortened."""
    line = text.strip().splitlines()[0] if text.strip() else ""
    return line if len(line) <= 110 else f"{line[:107]}..."


def show(table: Table) -> None:
    """Print a table, wide enough not to cut figures when the output is not a terminal.

    What prompts and people say in it is text: `[/b]` or `:smile:` is no mark-up.
    """
    width = max(Console().width, MIN_WIDTH)
    Console(width=width, markup=False, emoji=False).print(table)
