"""Every `get_all`: narrow in SQL, filter, order, page, project; one generic layer over stored documents."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from redraft.standins.clearml_server.call import ApiError, Json
from redraft.standins.clearml_server.filters import LISTS, path_of, read, tests_of
from redraft.standins.clearml_server.store import COLUMNS, Store

_PAGE_SIZE = 500
_LITERAL = re.compile(r"\^((?:[^\\.^$*+?{}\[\]|()]|\\[^a-zA-Z0-9])*)\$")


def select(store: Store, kind: str, body: Json) -> tuple[list[Json], Json]:
    """Return the documents that a `get_all` request asks for, and what else its reply holds (a scroll id).

    Raises:
        ApiError: 400/12 if a field of the request has a type that it cannot have.
    """
    try:
        tests = tests_of(body)
        found = [doc for doc in store.find(kind, _narrow(body)) if all(test(doc) for test in tests)]
        page, extra = _page(sort(found, body.get("order_by")), body)
        return project(page, body.get("only_fields")), extra
    except (TypeError, ValueError, AttributeError) as error:
        raise ApiError(400, 12, f"Validation error (a field has a value of the wrong type: {error})") from error


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
    paths = sorted(path_of(field) for field in fields)
    return [_projected(doc, paths) for doc in documents]


def literal(pattern: str) -> str | None:
    r"""Return the only text that a pattern can match, or None if it is a real pattern.

    >>> literal(r"^flow\ a$"), literal("^a.*$")
    ('flow a', None)
    """
    found = _LITERAL.fullmatch(pattern)
    return None if found is None else re.sub(r"\\(.)", r"\1", found[1])


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
    for column in COLUMNS & LISTS:
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


def _page(found: list[Json], body: Json) -> tuple[list[Json], Json]:
    if body.get("scroll_id") is not None or body.get("size"):
        start = scroll_offset(body.get("scroll_id"))
        size = int(body.get("size") or _PAGE_SIZE)
        page = found[start : start + size]
        return page, {"scroll_id": str(start + len(page))}
    if body.get("page") is None and not body.get("page_size"):
        return found, {}
    size = int(body.get("page_size") or _PAGE_SIZE)
    start = max(0, int(body.get("page") or 0)) * size
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
