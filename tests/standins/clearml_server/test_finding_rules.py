"""The rules of every `get_all` that bite a re-implementation, one hand-made case each.

Combinations of filters are checked against a model in `test_query_properties.py`.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from clearml_api import Api, Json

if TYPE_CHECKING:
    from clearml_stand_in import RunningServer

HASH = uuid.uuid4().hex


@pytest.fixture(scope="module")
def api(clearml_server: RunningServer) -> Iterator[Api]:
    with closing(Api(clearml_server)) as client:
        yield client


@pytest.fixture(scope="module")
def project(api: Api) -> str:
    """A project with three tasks, made in different milliseconds: one has tag a, one a and b, one none."""
    made = str(api.ask("projects.create", name=f"finding {uuid.uuid4().hex}")["id"])
    for name, tags in (("first one", ["a"]), ("second one", ["a", "b"]), ("third (one)", [])):
        api.ask("tasks.create", name=name, type="training", project=made, tags=tags, comment=f"of {name}")
        time.sleep(0.002)
    return made


def names(api: Api, project: str, **filters: Any) -> list[str]:
    """Return the first words of the names of the tasks that are found in a project."""
    found = api.ask("tasks.get_all", project=[project], only_fields=["name"], **filters)["tasks"]
    return [task["name"].split()[0] for task in found]


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        (["a"], ["first", "second"]),
        (["a", "b"], ["first", "second"]),
        (["__$any", "a", "b"], ["first", "second"]),
        (["__$all", "a", "b"], ["second"]),
        (["__$all", "a", "__$not", "b"], ["first"]),
        (["__$not", "a"], ["third"]),
        (["-b"], ["first", "third"]),
        (["a", "-b"], ["first"]),
        (["-a", "-b"], ["third"]),
    ],
)
def test_tag_lists_know_operators_and_exclusion(api: Api, project: str, tags: list[str], found: list[str]) -> None:
    assert names(api, project, tags=tags) == found


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("one", ["first", "second", "third"]),
        ("^second one$", ["second"]),
        (r"^second\ one$", ["second"]),
        ("^(first|third)", ["first", "third"]),
        (r"third \(one\)", ["third"]),
        ("^sec$", []),
    ],
)
def test_names_are_regular_expressions(api: Api, project: str, pattern: str, found: list[str]) -> None:
    assert names(api, project, name=pattern) == found


def test_a_broken_pattern_is_refused_in_the_envelope(api: Api) -> None:
    assert api.refusal("tasks.get_all", name="(")[:2] == (400, 12)


@pytest.mark.parametrize("key", ["_any_", "_or_"])
def test_a_pattern_is_looked_for_in_any_of_several_fields(api: Api, project: str, key: str) -> None:
    asked = {"pattern": "^of second|^first", "fields": ["name", "comment"]}
    assert names(api, project, **{key: asked}) == ["first", "second"]


def test_a_pattern_is_looked_for_in_all_of_several_fields(api: Api, project: str) -> None:
    assert names(api, project, _all_={"pattern": "second", "fields": ["name", "comment"]}) == ["second"]
    assert names(api, project, _all_={"pattern": "^second", "fields": ["name", "comment"]}) == []


def test_dates_are_compared_in_any_field(api: Api, project: str) -> None:
    since = {"datetime": [">=2020-01-01T00:00:00"], "fields": ["created", "completed"]}
    assert names(api, project, _any_=since) == ["first", "second", "third"]
    assert names(api, project, _all_=since) == []
    assert names(api, project, created=["<2020-01-01T00:00:00"]) == []


def test_a_finished_job_is_found_by_its_hash_as_the_pipeline_looks_it_up(api: Api) -> None:
    asked = {
        "page": 0,
        "page_size": 500,
        "system_tags": ["-archived"],
        "status": ["completed", "published"],
        "only_fields": ["id"],
        "_all_": {"pattern": f"^{HASH}$", "fields": ["runtime.pipeline_job_hash"]},
        "search_hidden": False,
    }
    tasks = [str(api.ask("tasks.create", name="cached step", type="training")["id"]) for _ in range(3)]
    for task in tasks:
        api.ask("tasks.edit", task=task, runtime={"pipeline_job_hash": HASH})
    for task in tasks[:2]:
        api.ask("tasks.started", task=task)
        api.ask("tasks.completed", task=task)
    api.ask("tasks.archive", tasks=[tasks[1]])
    assert api.ask("tasks.get_all", **asked)["tasks"] == [{"id": tasks[0]}]


def test_only_fields_are_returned_nested_as_they_were(api: Api) -> None:
    parameters = {"Args": {"x": {"section": "Args", "name": "x", "value": "3"}}}
    task = api.ask("tasks.create", name="narrow", type="training", hyperparams=parameters, script={"branch": "m"})["id"]
    fields = ["script.branch", "hyperparams.Args.x.value", "hyperparams.none.y.value", "name"]
    [found] = api.ask("tasks.get_all", id=[task], only_fields=fields)["tasks"]
    assert found == {"name": "narrow", "script": {"branch": "m"}, "hyperparams": {"Args": {"x": {"value": "3"}}}}


def test_dots_within_keys_arrive_escaped(api: Api) -> None:
    parameters = {"Args": {"a.b": {"section": "Args", "name": "a.b", "value": "3"}}}
    task = api.ask("tasks.create", name="dotted", type="training", hyperparams=parameters)["id"]
    asked: Json = {"id": [task], "only_fields": ["hyperparams.Args.a%2Eb.value"]}
    [found] = api.ask("tasks.get_all", **asked)["tasks"]
    assert found == {"hyperparams": {"Args": {"a.b": {"value": "3"}}}}
    pattern = {"fields": ["hyperparams.Args.a%2Eb.value"], "pattern": "^3$"}
    assert len(api.ask("tasks.get_all", **asked, _all_=pattern)["tasks"]) == 1


def test_hidden_projects_are_found_only_when_asked_for(api: Api) -> None:
    base = f"hiding {uuid.uuid4().hex}"
    hidden = f"{base}/.pipelines/flow"
    made = api.ask("projects.create", name=hidden, system_tags=["pipeline", "hidden"])["id"]
    assert api.ask("projects.get_all", name=f"^{hidden}$")["projects"] == []
    for asked in ({"name": f"^{hidden}$", "search_hidden": True}, {"id": [made]}):
        [found] = api.ask("projects.get_all", **asked)["projects"]
        assert (found["id"], found["name"], found["basename"]) == (made, hidden, "flow")
    assert [p["name"] for p in api.ask("projects.get_all", name=f"^{base}$")["projects"]] == [base]


def test_a_project_makes_its_parents(api: Api) -> None:
    base = f"tree {uuid.uuid4().hex}"
    leaf = api.ask("projects.get_by_id", project=api.ask("projects.create", name=f"{base}/mid/leaf")["id"])["project"]
    [root] = api.ask("projects.get_all", name=f"^{base}$")["projects"]
    [middle] = api.ask("projects.get_all", name=f"^{base}/mid$")["projects"]
    assert (leaf["parent"], leaf["path"]) == (middle["id"], [root["id"], middle["id"]])


def test_pages_end(api: Api, project: str) -> None:
    pages = [names(api, project, page=page, page_size=2) for page in range(3)]
    assert pages == [["first", "second"], ["third"], []]


def test_scrolls_end(api: Api, project: str) -> None:
    found: list[str] = []
    scroll: Json = {"size": 2, "scroll_id": ""}
    for _ in range(3):
        data = api.ask("tasks.get_all", project=[project], only_fields=["name"], **scroll)
        found += [task["name"].split()[0] for task in data["tasks"]]
        scroll["scroll_id"] = data["scroll_id"]
    assert found == ["first", "second", "third"]
    assert data["tasks"] == []


def test_orders_ascend_and_descend(api: Api, project: str) -> None:
    assert names(api, project, order_by=["name"]) == ["first", "second", "third"]
    assert names(api, project, order_by=["-name"]) == ["third", "second", "first"]
    assert names(api, project, order_by=["-created"]) == ["third", "second", "first"]
