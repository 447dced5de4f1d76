"""Chance that is repeatable: an order or a choice drawn by hashing, the same on every machine and Python version.

Unlike a random generator it does not depend on the order in which things arrive: one more item moves no other.
"""

from __future__ import annotations

from collections.abc import Iterable

from redraft.records import content_id


def shuffled(items: Iterable[str], *seeds: object) -> list[str]:
    """Order texts by chance.

    >>> shuffled("abc", 1) == shuffled("cba", 1) != shuffled("abc", 2)
    True
    """
    return sorted(items, key=lambda item: content_id("draw", list(seeds), item))
