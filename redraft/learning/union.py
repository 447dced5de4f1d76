"""Merging records from several places: a union by key, in which neither order nor repetition matters.

Of different records with one key the same is kept everywhere, whatever they were read in: there is a total order of
them, in the end by their text.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from redraft.jsonl import to_dict

RecordT = TypeVar("RecordT")
KeyT = TypeVar("KeyT")


def as_text(record: Any) -> str:
    """Write a record so that equal ones are equal, and different ones have an order."""
    return json.dumps(to_dict(record), ensure_ascii=False, sort_keys=True)


class AsText:
    """A record that is ordered by its text, which is made only if nothing before it in a key settled the order."""

    __slots__ = ("_record",)
    __hash__ = None  # type: ignore[assignment]  # it orders, it names nothing

    def __init__(self, record: Any) -> None:
        self._record = record

    def __eq__(self, other: object) -> bool:
        return isinstance(other, AsText) and as_text(self._record) == as_text(other._record)

    def __lt__(self, other: AsText) -> bool:
        return as_text(self._record) < as_text(other._record)


def union(
    records: Iterable[RecordT], key: Callable[[Any], KeyT], preference: Callable[[Any], Any]
) -> dict[KeyT, RecordT]:
    """Keep one record a key: of different ones, the smallest by `preference`. Ordered by key."""
    kept = _one_each(records, key, lambda one, other: min(one, other, key=preference))
    return dict(sorted(kept.items(), key=lambda item: item[0]))  # type: ignore[arg-type,return-value]  # texts, tuples


def latest(records: Iterable[RecordT], key: Callable[[Any], Any], tie: Callable[[Any], Any]) -> tuple[RecordT, ...]:
    """Keep the last record a key, ordered by time; a total order, so that merging is associative."""

    def age(record: Any) -> tuple[Any, ...]:
        return (record.created, tie(record), AsText(record))

    kept = _one_each(records, key, lambda one, other: max(one, other, key=age))
    return tuple(sorted(kept.values(), key=age))


def rows(
    records: Iterable[RecordT], key: Callable[[Any], Any], preference: Callable[[Any], Any] = as_text
) -> tuple[RecordT, ...]:
    """Keep one record a key, ordered by key."""
    return tuple(union(records, key, lambda record: (preference(record), AsText(record))).values())


def _one_each(
    records: Iterable[RecordT], key: Callable[[Any], KeyT], choose: Callable[[RecordT, RecordT], RecordT]
) -> dict[KeyT, RecordT]:
    """Keep one record a key; of two different ones, the one that is chosen."""
    kept: dict[KeyT, RecordT] = {}
    for record in records:
        place = key(record)
        other = kept.setdefault(place, record)
        if other is not record and other != record:
            kept[place] = choose(other, record)
    return kept
