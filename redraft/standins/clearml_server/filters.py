"""The tests behind the fields of a `get_all` request.

Names are regular expressions; lists take one of their values, with the operators `__$all`, `__$any`, `__$not` and
`-value`; dates take constraints such as `>2026-01-01T00:00:00`; `_all_` and `_any_` look for a pattern or a date in
several fields. `%2E` stands for a dot inside a key.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from redraft.standins.clearml_server.call import ApiError, Json
from redraft.standins.clearml_server.tag_filter import matches_list

LISTS = frozenset(
    {"id", "user", "project", "status", "type", "tags", "system_tags", "parent", "task", "framework", "uri"}
)
"""The fields that are filtered by a list of values."""

_PATTERNS = {"name", "basename", "description", "comment"}
_DATES = {"created", "started", "completed", "published", "last_update", "last_change", "status_changed"}
_FLAGS = {"ready", "public"}
_MULTI = ("_all_", "_any_", "_or_", "_and_")

Test = Callable[[Json], bool]
"""Says whether a document fits."""


def tests_of(body: Json) -> list[Test]:
    """Return a test for each filter of a request; unknown fields are ignored."""
    found = (_test_of(field, wanted) for field, wanted in body.items() if wanted not in (None, "", []))
    return [test for test in found if test is not None]


def _test_of(field: str, wanted: Any) -> Test | None:
    if field in _PATTERNS:
        return _pattern_test([field], wanted)
    if field in _DATES:
        return _date_test([field], wanted)
    if field in LISTS:
        return _list_test(field, wanted)
    if field in _FLAGS:
        return _flag_test(field, wanted)
    if field == "search_text":
        return _pattern_test(["id", "name", "comment", "tags"], re.escape(str(wanted)))
    if field.startswith(_MULTI) and isinstance(wanted, dict):
        return _multi_test(field, wanted)
    if "." in field and not isinstance(wanted, dict):
        is_range = isinstance(wanted, list) and not _is_texts(wanted)
        return _range_test(field, wanted) if is_range else _list_test(field, wanted)
    return None


def read(document: Any, dotted: str) -> Any:
    """Return a nested field, or None.

    >>> read({"a": {"b.c": 1}}, "a.b%2Ec")
    1
    """
    for key in path_of(dotted):
        if not isinstance(document, dict):
            return None
        document = document.get(key)
    return document


def path_of(dotted: str) -> list[str]:
    """Return the keys of a dotted path."""
    return [key.replace("%2E", ".").replace("%24", "$") for key in dotted.split(".")]


def _is_texts(values: list[Any]) -> bool:
    return all(isinstance(value, str) for value in values)


def _multi_test(field: str, wanted: Json) -> Test:
    fields = [str(name) for name in wanted.get("fields") or []]
    every = field.startswith(("_all_", "_and_"))
    if "datetime" in wanted:
        return _date_test(fields, wanted["datetime"], every=every)
    return _pattern_test(fields, wanted.get("pattern") or "", every=every)


def _pattern_test(fields: list[str], pattern: Any, *, every: bool = False) -> Test:
    try:
        compiled = re.compile(str(pattern))
    except re.error as error:
        raise ApiError(400, 12, f"Validation error (invalid regular expression {pattern!r}: {error})") from error
    decide = all if every else any

    def found(value: Any) -> bool:
        values = value if isinstance(value, list) else [value]
        return any(compiled.search(str(item)) for item in values if item is not None)

    return lambda doc: decide(found(read(doc, field)) for field in fields)


def _date_test(fields: list[str], constraints: Any, *, every: bool = False) -> Test:
    parsed = [_constraint(str(item)) for item in (constraints if isinstance(constraints, list) else [constraints])]
    decide = all if every else any

    def fits(value: Any) -> bool:
        moment = _moment(value) if isinstance(value, str) else None
        return moment is not None and all(compare(moment, limit) for compare, limit in parsed)

    return lambda doc: decide(fits(read(doc, field)) for field in fields)


_COMPARE: dict[str, Callable[[datetime, datetime], bool]] = {
    ">=": lambda value, limit: value >= limit,
    "<=": lambda value, limit: value <= limit,
    ">": lambda value, limit: value > limit,
    "<": lambda value, limit: value < limit,
    "": lambda value, limit: value == limit,
}


def _constraint(text: str) -> tuple[Callable[[datetime, datetime], bool], datetime]:
    operator = next(sign for sign in _COMPARE if text.startswith(sign))
    moment = _moment(text[len(operator) :])
    if moment is None:
        raise ApiError(400, 12, f"Validation error (invalid date constraint: {text!r})")
    return _COMPARE[operator], moment


def _moment(text: str) -> datetime | None:
    try:
        if re.fullmatch(r"\d+(\.\d+)?", text):
            return datetime.fromtimestamp(float(text), UTC)
        moment = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError):
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _list_test(field: str, wanted: Any) -> Test:
    values = wanted if isinstance(wanted, list) else [wanted]
    return lambda doc: matches_list(read(doc, field), values)


def _flag_test(field: str, wanted: Any) -> Test:
    return lambda doc: bool(doc.get(field)) is bool(wanted)


def _range_test(field: str, wanted: list[Any]) -> Test:
    low, high = (*wanted, None, None)[:2]

    def fits(value: Any) -> bool:
        if not isinstance(value, (int, float)):
            return False
        return (low is None or value >= low) and (high is None or value <= high)

    return lambda doc: fits(read(doc, field))
