"""The filters, order, pages and projections of every `get_all`: one generic layer over stored documents.

A filter is a field of the request. Names are regular expressions; lists take one of their values, with the operators
`__$all`, `__$any`, `__$not` and `-value`; dates take constraints such as `>2026-01-01T00:00:00`; `_all_` and `_any_`
look for a pattern or a date in several fields. `%2E` stands for a dot inside a key.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from redraft.standins.clearml_server.call import ApiError, Json
from redraft.standins.clearml_server.store import COLUMNS, Store
from redraft.standins.clearml_server.tag_filter import matches_list

_PATTERNS = {"name", "basename", "description", "comment"}
_DATES = {"created", "started", "completed", "published", "last_update", "last_change", "status_changed"}
_LISTS = {"id", "user", "project", "status", "type", "tags", "system_tags", "parent", "task", "framework", "uri"}
_FLAGS = {"ready", "public"}
_MULTI = ("_all_", "_any_", "_or_", "_and_")
_PAGE_SIZE = 500
_LITERAL = re.compile(r"\^((?:[^\\.^$*+?{}\[\]|()]|\\[^a-zA-Z0-9])*)\$")

Test = Callable[[Json], bool]


def select(store: Store, kind: str, body: Json) -> tuple[list[Json], Json]:
    """Return the documents that a `get_all` request asks for, and what else its reply holds (a scroll id)."""
    tests = _tests(body)
    found = [doc for doc in store.find(kind, _narrow(body)) if all(test(doc) for test in tests)]
    found = sort(found, body.get("order_by"))
    page, extra = _page(found, body)
    return project(page, body.get("only_fields")), extra


def sort(documents: list[Json], order_by: Sequence[str] | str | None) -> list[Json]:
    """Return documents in the asked order; `-field` descends, a missing value comes first."""
    fields = [order_by] if isinstance(order_by, str) else list(order_by or [])
    for name in reversed(fields):
        if name.lstrip("-") == "@text_score":
            continue
        documents = sorted(documents, key=lambda doc: _rank(read(doc, name.lstrip("-"))), reverse=name.startswith("-"))
    return documents


def project(documents: Iterable[Json], only_fields: Sequence[str] | str | None) -> list[Json]:
    """Return documents that hold only the asked fields, nested as they were.

    >>> project([{"id": "a", "script": {"branch": "b", "diff": ""}}], ["script.branch", "hyperparams.Args"])
    [{'script': {'branch': 'b'}}]
    """
    fields = [only_fields] if isinstance(only_fields, str) else list(only_fields or [])
    if not fields:
        return list(documents)
    paths = sorted(_path(field) for field in fields)
    return [_projected(doc, paths) for doc in documents]


def read(document: Any, dotted: str) -> Any:
    """Return a nested field, or None.

    >>> read({"a": {"b.c": 1}}, "a.b%2Ec")
    1
    """
    for key in _path(dotted):
        if not isinstance(document, dict):
            return None
        document = document.get(key)
    return document


def literal(pattern: str) -> str | None:
    r"""Return the only text that a pattern can match, or None if it is a real pattern.

    >>> literal(r"^flow\ a$"), literal("^a.*$")
    ('flow a', None)
    """
    found = _LITERAL.fullmatch(pattern)
    return None if found is None else re.sub(r"\\(.)", r"\1", found[1])


def _path(dotted: str) -> list[str]:
    return [key.replace("%2E", ".").replace("%24", "$") for key in dotted.split(".")]


def _projected(document: Json, paths: list[list[str]]) -> Json:
    result: Json = {}
    for path in paths:
        source: Any = document
        target = result
        for key in path[:-1]:
            source = source.get(key) if isinstance(source, dict) else None
            if not isinstance(source, dict):
                break
            target = target.setdefault(key, {})
        else:
            if isinstance(source, dict) and path[-1] in source:
                target[path[-1]] = source[path[-1]]
    return result


def _rank(value: Any) -> tuple[int, Any]:
    if value is None:
        return (0, 0)
    if isinstance(value, (int, float)):
        return (1, value)
    return (2, value if isinstance(value, str) else str(value))


def _narrow(body: Json) -> dict[str, list[str]]:
    where: dict[str, list[str]] = {}
    for column in COLUMNS & _LISTS:
        values = body.get(column)
        values = [values] if isinstance(values, str) else values
        plain = isinstance(values, list) and all(
            isinstance(value, str) and not value.startswith(("-", "__$")) for value in values
        )
        if values and plain and len(values) < 500:
            where[column] = values
    name = body.get("name")
    if isinstance(name, str) and (exact := literal(name)) is not None:
        where["name"] = [exact]
    every = body.get("_all_")
    if isinstance(every, dict) and every.get("fields") == ["runtime.pipeline_job_hash"]:
        exact = literal(str(every.get("pattern")))
        if exact is not None:
            where["job_hash"] = [exact]
    return where


def _tests(body: Json) -> list[Test]:
    tests: list[Test] = []
    for field, wanted in body.items():
        if wanted is None or wanted in ([], ""):
            continue
        if field in _PATTERNS:
            tests.append(_pattern_test([field], wanted))
        elif field in _DATES:
            tests.append(_date_test([field], wanted))
        elif field in _LISTS:
            tests.append(_list_test(field, wanted))
        elif field in _FLAGS:
            tests.append(_flag_test(field, wanted))
        elif field == "search_text":
            tests.append(_pattern_test(["id", "name", "comment", "tags"], re.escape(str(wanted))))
        elif field.startswith(_MULTI) and isinstance(wanted, dict):
            tests.append(_multi_test(field, wanted))
        elif "." in field and isinstance(wanted, list):
            tests.append(_list_test(field, wanted) if _is_texts(wanted) else _range_test(field, wanted))
    return tests


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


def _page(found: list[Json], body: Json) -> tuple[list[Json], Json]:
    if body.get("scroll_id") is not None or body.get("size"):
        start = scroll_offset(body.get("scroll_id"))
        size = int(body.get("size") or _PAGE_SIZE)
        page = found[start : start + size]
        return page, {"scroll_id": str(start + len(page))}
    if body.get("page") is None and not body.get("page_size"):
        return found, {}
    size = int(body.get("page_size") or _PAGE_SIZE)
    start = int(body.get("page") or 0) * size
    return found[start : start + size], {}


def scroll_offset(scroll_id: Any) -> int:
    """Return how many results a scroll has already delivered: the id says it, so that it always ends.

    Raises:
        ApiError: 400/12 if the id was not made here.
    """
    if scroll_id in (None, ""):
        return 0
    if not str(scroll_id).isdecimal():
        raise ApiError(400, 12, f"Validation error (invalid scroll id: {scroll_id!r})")
    return int(str(scroll_id))
