"""Runs the rows of benchmarks/learning.py on several processes; the figures do not depend on how many."""

from __future__ import annotations

import multiprocessing
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

CHUNK = 5  # worlds of one task: few, so that no process is idle for long at the end of a table

Runner = Callable[[Sequence["Row"]], list[list[Any]]]
"""Runs rows; returns what came of each world, by row."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a table: the same thing done in many worlds."""

    name: str
    play: Callable[[Any, int], Any]  # a module's function: of the game and a world's seed
    game: Any
    worlds: int


@contextmanager
def runner(jobs: int, *, quiet: bool = False) -> Iterator[Runner]:
    """Open a runner with so many processes; 1: this one alone."""
    if jobs == 1:
        yield lambda rows: [_played(row, map(_play, _chunks(row)), quiet) for row in rows]
        return
    # Started afresh rather than forked: the same on every platform, and no thread of this process is copied.
    with ProcessPoolExecutor(jobs, mp_context=multiprocessing.get_context("spawn")) as pool:

        def run(rows: Sequence[Row]) -> list[list[Any]]:
            waiting = [pool.map(_play, _chunks(row)) for row in rows]  # all of them, so that no process is ever idle
            return [_played(row, found, quiet) for row, found in zip(rows, waiting, strict=True)]

        yield run


def _chunks(row: Row) -> list[tuple[Row, range]]:
    return [(row, range(first, min(first + CHUNK, row.worlds))) for first in range(0, row.worlds, CHUNK)]


def _play(task: tuple[Row, range]) -> list[Any]:
    row, seeds = task
    return [row.play(row.game, seed) for seed in seeds]


def _played(row: Row, chunks: Iterator[list[Any]], quiet: bool) -> list[Any]:
    started = time.perf_counter()
    found = [result for chunk in chunks for result in chunk]
    if not quiet:
        print(f"  {row.name}: {row.worlds} worlds, {time.perf_counter() - started:.0f} s", file=sys.stderr, flush=True)
    return found
