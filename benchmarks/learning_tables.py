"""Prints the tables of benchmarks/learning.py: every figure with its 95 % half-width, every table with its worlds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

SHOWN = ("24", "48", "96", "192", "240")  # numbers of ratings whose regret is printed

LOOP_COLUMNS = {
    "true": "true score",
    "redraft_better": "redraft's - its",
    "over_claim": "over-claim",
    "p_worse": "P(worse)",
    "coverage": "coverage",
    "coverage_with_seed": "... with seed",
    "seed_stayed": "seed stayed",
}
CHOICE_STOP_COLUMNS = {
    "ratings": "ratings spent",
    "regret": "regret then",
    "saved": "ratings saved",
    "too_early": "too early",
    "stopped": "stopped",
    "regret_at_end": "regret at the end",
}
LOOP_STOP_COLUMNS = {
    "ratings": "ratings spent",
    "true": "true score then",
    "saved": "ratings saved",
    "too_early": "too early",
    "stopped": "stopped",
    "true_at_end": "true score at the end",
}


def choice_table(title: str, rows: Mapping[str, Mapping[str, Any]]) -> str:
    """Benchmark A: a line a policy."""
    shown = [n for n in SHOWN if all(n in row["regret"] for row in rows.values())]
    lines = [
        [
            policy,
            with_half(row, "ratings_to_0.1", digits=0),
            with_half(row, "mean_regret"),
            with_half(row, "redraft_ratio", digits=2),
            *(figure(row["regret"][n], row["regret_half_width"][n]) for n in shown),
        ]
        for policy, row in rows.items()
    ]
    head = ["policy", "to 0.1", "mean regret", "redraft's / its", *(f"at {n}" for n in shown)]
    return _table(f"{title} · {worlds_of(rows)}", head, lines)


def plain_table(
    title: str, rows: Mapping[str, Mapping[str, Any]], columns: Mapping[str, str], *, digits: int = 3
) -> str:
    """Print some figures of every row; `columns` names them."""
    lines = [[name, *(with_half(row, key, digits=digits) for key in columns)] for name, row in rows.items()]
    return _table(f"{title} · {worlds_of(rows)}", ["policy", *columns.values()], lines)


def with_half(row: Mapping[str, Any], key: str, *, digits: int = 3) -> str:
    """A figure of a row with its half-width."""
    return figure(row[key], row.get(f"{key}_half_width"), digits=digits)


def figure(value: float | None, half: float | None, *, digits: int = 3) -> str:
    """Write a figure.

    >>> figure(0.1234, 0.01), figure(None, None), figure(50.2, None, digits=0)
    ('0.123 ± 0.010', '-', '50')
    """
    if value is None:
        return "-"
    return f"{value:.{digits}f}" + ("" if half is None else f" ± {half:.{digits}f}")


def worlds_of(rows: Mapping[str, Mapping[str, Any]]) -> str:
    """How many worlds a table has."""
    found = sorted({row["worlds"] for row in rows.values()})
    return f"{' or '.join(map(str, found))} worlds, ± 95 % half-widths"


def _table(title: str, head: Sequence[str], lines: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[column]) for row in (head, *lines)) for column in range(len(head))]
    rows = ["  ".join(f"{text:{width}}" for text, width in zip(row, widths, strict=True)) for row in (head, *lines)]
    return "\n".join([title, *(row.rstrip() for row in rows)])
