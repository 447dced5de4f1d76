"""What a `get_all` request may ask, and what it means: written beside the server, sharing nothing with its code."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from hypothesis import strategies as st

Json = dict[str, Any]
Strategy = st.SearchStrategy

TAGS = ("a", "b", "c")
NAMES = ("alpha one", "alpha two", "beta.one", "beta one")
COMMENTS = ("", "one reason", "(two) reasons")
TYPES = ("training", "qc", "custom")
STATUSES = ("created", "queued", "in_progress", "completed")
KEYS = ("k.0", "k.1", "k.2")
PATTERNS = (
    "one",
    "^alpha",
    "^beta one$",
    r"^beta\.one$",
    r"t.o\b",
    "(?i)ALPHA",
    r"\(two\)",
    "nowhere",
    "^$|reas",
    "^a$",
)


@dataclass(frozen=True)
class Filter:
    """A field of a request, its value, and which tasks it means."""

    field: str
    value: Any
    fits: Callable[[Json], bool]


def one_of(field: str, values: Sequence[str]) -> Strategy[Filter]:
    wanted = st.lists(st.sampled_from(values), min_size=1, max_size=3)
    return wanted.map(lambda chosen: Filter(field, chosen, lambda task: task[field] in chosen))


def matches(pattern: str, value: Any) -> bool:
    return any(re.search(pattern, text) for text in (value if isinstance(value, list) else [value]))


def several(operator: str) -> Strategy[Filter]:
    fields = st.lists(st.sampled_from(["name", "comment", "type", "tags"]), min_size=1, max_size=3, unique=True)

    def build(pattern: str, asked: list[str]) -> Filter:
        decide = all if operator == "_all_" else any
        value = {"pattern": pattern, "fields": asked}
        return Filter(operator, value, lambda task: decide(matches(pattern, task[field]) for field in asked))

    return st.builds(build, st.sampled_from(PATTERNS), fields)


def plain_tags(field: str) -> Strategy[Filter]:
    def build(some: list[str], gone: list[str]) -> Filter:
        def fits(task: Json) -> bool:
            have = set(task[field])
            return not have & set(gone) and (not some or bool(have & set(some)))

        return Filter(field, [*some, *(f"-{tag}" for tag in gone)], fits)

    tags = st.lists(st.sampled_from(TAGS), max_size=2, unique=True)
    return st.builds(build, tags, tags).filter(lambda made: bool(made.value))


def grouped_tags() -> Strategy[Filter]:
    """`__$all` and `__$any` groups, each with excluded tags in the first of them: groups are joined with AND."""

    def build(every: list[str], some: list[str], gone: list[str]) -> Filter:
        value = ["__$all", *every] + [part for tag in gone for part in ("__$not", tag)]
        value += ["__$any", *some] if some else []

        def fits(task: Json) -> bool:
            have = set(task["tags"])
            return set(every) <= have and not have & set(gone) and (not some or bool(have & set(some)))

        return Filter("tags", value, fits)

    tags = st.lists(st.sampled_from(TAGS), max_size=2, unique=True)
    return st.builds(build, tags, tags, tags).filter(lambda made: len(made.value) > 1)


def dates(tasks: list[Json], field: str) -> Strategy[Filter]:
    """A time that some task has in this field is the limit; a task without it never fits."""
    compare: dict[str, Callable[[datetime, datetime], bool]] = {
        ">=": lambda value, limit: value >= limit,
        ">": lambda value, limit: value > limit,
        "<=": lambda value, limit: value <= limit,
        "<": lambda value, limit: value < limit,
    }
    known = sorted({task[field] for task in tasks if task.get(field)})

    def build(asked: list[tuple[str, str]], multiple: bool) -> Filter:
        def fits(task: Json) -> bool:
            if not task.get(field):
                return False
            value = datetime.fromisoformat(task[field])
            return all(compare[sign](value, datetime.fromisoformat(limit)) for sign, limit in asked)

        value = [sign + limit for sign, limit in asked]
        return Filter("_any_", {"datetime": value, "fields": [field]}, fits) if multiple else Filter(field, value, fits)

    asked = st.lists(st.tuples(st.sampled_from(list(compare)), st.sampled_from(known)), min_size=1, max_size=2)
    return st.builds(build, asked, st.booleans())


def nested() -> Strategy[Filter]:
    def build(key: str, in_list: bool) -> Filter:
        value = ["yes"] if in_list else "yes"
        return Filter(f"runtime.{key.replace('.', '%2E')}", value, lambda task: task["runtime"].get(key) == "yes")

    def between(low: int, high: int) -> Filter:
        return Filter("runtime.size", [low, high], lambda task: bool(low <= task["runtime"]["size"] <= high))

    return st.builds(build, st.sampled_from(KEYS), st.booleans()) | st.builds(
        between, st.integers(0, 3), st.integers(0, 3)
    )


def filters(tasks: list[Json]) -> Strategy[list[Filter]]:
    names = st.sampled_from(PATTERNS).map(lambda text: Filter("name", text, lambda task: matches(text, task["name"])))
    ids = one_of("id", [task["id"] for task in tasks])
    times = dates(tasks, "created") | dates(tasks, "completed") | dates(tasks, "started")
    lists = one_of("status", STATUSES) | one_of("type", TYPES) | plain_tags("tags") | plain_tags("system_tags")
    any_filter = names | ids | times | lists | grouped_tags() | nested() | several("_all_") | several("_any_")
    return st.lists(any_filter | several("_or_"), max_size=4, unique_by=lambda made: made.field)


ORDERS = st.lists(
    st.sampled_from(["name", "-name", "status", "created", "-created", "completed", "-completed", "runtime.size"]),
    max_size=3,
    unique_by=lambda field: field.lstrip("-"),
)


def ordered(tasks: list[Json], fields: list[str]) -> list[Json]:
    """Sort by the first field, ties by the next, then as made; a missing value is the least."""
    for field in reversed(fields):
        plain = field.lstrip("-")

        def key(task: Json, plain: str = plain) -> tuple[bool, Any]:
            value = task["runtime"]["size"] if plain == "runtime.size" else task.get(plain)
            return (value is not None, value)

        tasks = sorted(tasks, key=key, reverse=field.startswith("-"))
    return tasks
