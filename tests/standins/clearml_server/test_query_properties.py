"""Every `get_all` filter, against a plain model of what it means that shares nothing with the server's code.

The tasks of one project are made once; hypothesis combines filters, tag operators, patterns, dates, orders and pages.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
from clearml_api import Api
from hypothesis import given, settings
from hypothesis import strategies as st
from query_model import COMMENTS, KEYS, NAMES, ORDERS, STATUSES, TAGS, TYPES, filters, ordered

if TYPE_CHECKING:
    from clearml_stand_in import RunningServer

Json = dict[str, Any]

settings.register_profile("queries", deadline=None, max_examples=40, derandomize="CI" in os.environ)
queries = settings.get_profile("queries")


class World:
    """The tasks of one project, in the order they were made, as the server shows each of them."""

    def __init__(self, api: Api, project: str, tasks: list[Json]) -> None:
        self.api, self.project, self.tasks = api, project, tasks

    def find(self, body: Json) -> list[str]:
        """Return the ids that `tasks.get_all` finds in the project."""
        found = self.api.ask("tasks.get_all", **{"project": [self.project], "only_fields": ["id"], **body})
        return [task["id"] for task in found["tasks"]]


@pytest.fixture(scope="module")
def world(clearml_server: RunningServer) -> Iterator[World]:
    with closing(Api(clearml_server)) as api:
        project = api.call("projects.create", {"name": "flows/properties"}).data["id"]
        combinations = product(NAMES, range(4), STATUSES)
        tasks = [_make(api, project, number, *parts) for number, parts in enumerate(combinations)]
        yield World(api, project, tasks)


def _make(api: Api, project: str, number: int, name: str, tags: int, status: str) -> Json:
    body = {"name": name, "project": project, "tags": TAGS[:tags], "comment": COMMENTS[number % 3]}
    fields = {"type": TYPES[number % 3], "runtime": {KEYS[number % 3]: "yes", "size": number % 4}}
    task = {"task": api.call("tasks.create", {**body, **fields}).data["id"]}
    if status == "queued":
        api.call("tasks.enqueue", task)
    elif status != "created":
        api.call("tasks.started", task)
    if status == "completed":
        api.call("tasks.completed", task)
    made: Json = api.call("tasks.get_by_id", task).data["task"]
    return made


@queries
@given(data=st.data())
def test_a_combination_of_filters_finds_what_each_of_them_means(world: World, data: st.DataObject) -> None:
    asked = data.draw(filters(world.tasks))
    expected = [task["id"] for task in world.tasks if all(one.fits(task) for one in asked)]
    assert sorted(world.find({one.field: one.value for one in asked})) == sorted(expected)


@queries
@given(data=st.data(), fields=ORDERS, size=st.integers(1, 40), scrolled=st.booleans())
def test_pages_in_an_order_hold_every_match_once(
    world: World, data: st.DataObject, fields: list[str], size: int, scrolled: bool
) -> None:
    asked = data.draw(filters(world.tasks))
    matching = [task for task in world.tasks if all(one.fits(task) for one in asked)]
    body = {**{one.field: one.value for one in asked}, "order_by": fields}
    pages = _scrolled(world, body, size) if scrolled else _paged(world, body, size)
    assert [task_id for page in pages for task_id in page] == [task["id"] for task in ordered(matching, fields)]
    assert all(len(page) == size for page in pages[:-1])


def _paged(world: World, body: Json, size: int) -> list[list[str]]:
    pages: list[list[str]] = []
    while not pages or len(pages[-1]) == size:
        pages.append(world.find({**body, "page": len(pages), "page_size": size}))
    return pages


def _scrolled(world: World, body: Json, size: int) -> list[list[str]]:
    pages: list[list[str]] = []
    scroll_id: str | None = None
    while not pages or pages[-1]:
        asked = {"project": [world.project], **body, "size": size, "scroll_id": scroll_id}
        data = world.api.call("tasks.get_all", asked).data
        pages.append([task["id"] for task in data["tasks"]])
        scroll_id = data["scroll_id"]
    return pages[:-1]


@queries
@given(
    fields=st.sets(
        st.sampled_from(["name", "runtime.size", "runtime.k%2E0", "execution.artifacts", "script.diff", "no"])
    )
)
def test_only_the_asked_fields_are_returned_nested(world: World, fields: set[str]) -> None:
    asked = {"id": [world.tasks[0]["id"]], "only_fields": ["id", *fields]}
    [found] = world.api.call("tasks.get_all", asked).data["tasks"]
    task = world.tasks[0]
    expected = {"id": task["id"]} | {field: task[field] for field in fields & {"name"}}
    for outer, _, inner in (field.replace("%2E", "\0").partition(".") for field in fields):
        if inner:  # an object is there, though the asked part of it is not
            key = inner.replace("\0", ".")
            expected.setdefault(outer, {}).update({key: task[outer][key]} if key in task[outer] else {})
    assert found == expected


@pytest.mark.parametrize(
    "body",
    [
        {"name": "(", "x": 0},
        {"_any_": {"pattern": "[", "fields": ["name"]}},
        {"created": ["yesterday"]},
        {"scroll_id": "made up", "size": 2},
        {"page": "first", "page_size": 2},
        {"tags": 5},
        {"order_by": 5},
        {"_all_": {"fields": 5, "pattern": "x"}},
    ],
)
def test_a_filter_that_cannot_be_understood_is_refused_not_a_server_error(world: World, body: Json) -> None:
    reply = world.api.call("tasks.get_all", body)
    assert reply.http_status < 500
    assert reply.code == (400, 12) or body == {"tags": 5}
