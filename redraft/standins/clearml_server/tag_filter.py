"""The little language of ClearML's list filters: `["__$all", "a", "b", "__$not", "c"]`, `["-archived", "x"]`.

`__$all` (or `__$and`) and `__$any` (or `__$or`) hold for the values that follow, until the next operator; `__$not`
and a leading `-` hold for one value. Groups are joined with AND. Plain values are joined with OR; excluded ones always
with AND, because nobody who excludes a tag means "or anything else".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_ALL = {"__$all", "__$and"}
_ANY = {"__$any", "__$or"}
_NOT = "__$not"


def matches_list(value: Any, wanted: Sequence[Any]) -> bool:
    """Say whether a field (a list, a single value or missing) satisfies a list filter.

    >>> matches_list(["dataset", "development"], ["__$all", "dataset", "__$not", "archived"])
    True
    >>> matches_list(["a"], ["a", "-a"]), matches_list([], ["-archived"]), matches_list("x", ["y", "x"])
    (False, True, True)
    >>> matches_list(["e"], ["__$or", "d", "__$not", "e", "__$and", "__$or", "f", "g"])
    False
    """
    have = set(value) if isinstance(value, list) else {value}
    groups: list[tuple[bool, list[bool]]] = [(False, [])]
    explicit = negated = False
    for item in wanted:
        if item in _ALL or item in _ANY:
            explicit = True
            groups.append((item in _ALL, []))
        elif item == _NOT:
            negated = True
        else:
            excluded = negated or (isinstance(item, str) and item.startswith("-") and len(item) > 1)
            plain = item[1:] if excluded and not negated else item
            answer = (plain not in have) if excluded else _holds(have, plain)
            if excluded and not explicit:
                groups.append((True, [answer]))
                groups.append((False, []))
            else:
                groups[-1][1].append(answer)
            negated = False
    return _joined(groups, explicit)


def _holds(have: set[Any], item: Any) -> bool:
    return item in have or (item in (None, "__$none") and have <= {None})


def _joined(groups: list[tuple[bool, list[bool]]], explicit: bool) -> bool:
    if explicit:
        return all(all(answers) if every else any(answers) for every, answers in groups if answers)
    included = [answer for every, answers in groups if not every for answer in answers]
    excluded = [answer for every, answers in groups if every for answer in answers]
    return all(excluded) and (not included or any(included))
