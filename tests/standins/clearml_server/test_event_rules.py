"""The rules of events: what overwrites what, what a task keeps of them, and that every scroll ends."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest
from clearml_api import Api, Json

if TYPE_CHECKING:
    from clearml_stand_in import RunningServer

SINGLE_VALUE = -(2**31)


@pytest.fixture(scope="module")
def api(clearml_server: RunningServer) -> Iterator[Api]:
    with closing(Api(clearml_server)) as client:
        yield client


@pytest.fixture
def task(api: Api) -> str:
    return str(api.ask("tasks.create", name="reporting", type="training")["id"])


def scalar(task: str, variant: str, iteration: int, value: float, metric: str = "score") -> Json:
    """Return one scalar as the SDK sends it."""
    event = {"type": "training_stats_scalar", "task": task, "metric": metric, "variant": variant}
    return {**event, "iter": iteration, "value": value, "timestamp": 1_700_000_000_000 + iteration, "method": "get"}


def log(task: str, number: int, message: str = "a line") -> Json:
    """Return one console line as the SDK sends it."""
    return {"type": "log", "task": task, "level": "info", "msg": message, "timestamp": 1_700_000_000_000 + number}


def send(api: Api, *events: Json, method: str = "GET") -> Json:
    """Send events as JSON lines."""
    reply = api.call("events.add_batch", list(events), method=method)
    assert reply.code == (200, 0), reply.message
    return reply.data


def kept(api: Api, task: str, **fields: Any) -> list[Json]:
    """Return the events of a task."""
    events: list[Json] = api.ask("events.get_task_events", task=task, **fields)["events"]
    return events


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_json_lines_arrive_with_either_method(api: Api, task: str, method: str) -> None:
    data = send(api, log(task, 1), log(task, 2), scalar(task, "mean", 0, 0.5), method=method)
    assert data == {"added": 3, "errors": 0, "errors_info": {}}


@pytest.mark.parametrize("kind", ["training_stats_scalar", "plot", "training_debug_image"])
def test_an_event_that_is_no_log_overwrites_by_task_metric_variant_and_iteration(
    api: Api, task: str, kind: str
) -> None:
    event = {"type": kind, "task": task, "metric": "m", "variant": "v", "iter": 1, "value": 1.0, "url": "http://u"}
    send(api, {**event, "plot_str": "old"})
    send(api, {**event, "plot_str": "new", "value": 2.0}, {**event, "iter": 2}, {**event, "variant": "w"})
    found = {(item["variant"], item["iter"]): item for item in kept(api, task, event_type=kind)}
    assert found.keys() == {("v", 1), ("v", 2), ("w", 1)}
    assert (found["v", 1]["plot_str"], found["v", 1]["value"]) == ("new", 2.0)


def test_equal_log_lines_are_all_kept(api: Api, task: str) -> None:
    send(api, log(task, 1), log(task, 1), log(task, 1))
    assert len(kept(api, task, event_type="log")) == 3


def test_last_metrics_are_keyed_by_the_md5_of_metric_and_variant(api: Api, task: str) -> None:
    send(api, *(scalar(task, "mean", number, value) for number, value in enumerate([2.0, 1.0, 4.0])))
    found = api.ask("tasks.get_by_id", task=task)["task"]
    keys = [hashlib.md5(text.encode(), usedforsecurity=False).hexdigest() for text in ("score", "mean")]
    assert found["last_iteration"] == 2
    assert found["last_metrics"] == {
        keys[0]: {
            keys[1]: {
                "metric": "score",
                "variant": "mean",
                "value": 4.0,
                "first_value": 2.0,
                "first_value_iteration": 0,
                "min_value": 1.0,
                "min_value_iteration": 1,
                "max_value": 4.0,
                "max_value_iteration": 2,
                "count": 3,
                "mean_value": 2.33,
            }
        }
    }


def test_the_lowest_iteration_marks_a_single_value(api: Api, task: str) -> None:
    send(api, scalar(task, "final", SINGLE_VALUE, 0.93, "Summary"), scalar(task, "mean", 1, 0.5))
    [found] = api.ask("events.get_task_single_value_metrics", tasks=[task])["tasks"]
    assert [(value["metric"], value["variant"], value["value"]) for value in found["values"]] == [
        ("Summary", "final", 0.93)
    ]
    curves = api.ask("events.scalar_metrics_iter_histogram", task=task, key="iter")
    assert curves == {"score": {"mean": {"name": "mean", "x": [1], "y": [0.5]}}}
    assert api.ask("tasks.get_by_id", task=task)["task"]["last_iteration"] == 1


def test_the_machines_own_metrics_do_not_advance_a_task(api: Api, task: str) -> None:
    send(api, scalar(task, "cpu_usage", 180, 64.2, ":monitor:machine"))
    assert api.ask("tasks.get_by_id", task=task)["task"]["last_iteration"] == 0


def test_an_event_scroll_ends(api: Api, task: str) -> None:
    send(api, *(log(task, number, f"line {number}") for number in range(5)))
    lines: list[str] = []
    scroll = None
    for _ in range(4):
        data = api.ask("events.get_task_events", task=task, batch_size=2, order="asc", scroll_id=scroll)
        lines += [event["msg"] for event in data["events"]]
        scroll = data["scroll_id"]
    assert lines == [f"line {number}" for number in range(5)]
    assert (data["returned"], data["total"]) == (0, 5)


def test_a_debug_image_scroll_ends(api: Api, task: str) -> None:
    image = {"type": "training_debug_image", "task": task, "metric": "m", "variant": "v", "url": "http://u"}
    send(api, *({**image, "iter": number} for number in range(3)))
    found: list[int] = []
    scroll = None
    for _ in range(4):
        asked = {"metrics": [{"task": task, "metric": "m"}], "iters": 2, "scroll_id": scroll}
        data = api.ask("events.debug_images", **asked)
        found += [item["iter"] for item in data["metrics"][0]["iterations"]]
        scroll = data["scroll_id"]
    assert found == [2, 1, 0]


@pytest.mark.parametrize(("earlier", "order", "lines"), [(True, "asc", [3, 4]), (True, "desc", [4, 3])])
def test_the_log_is_read_from_its_end(api: Api, task: str, earlier: bool, order: str, lines: list[int]) -> None:
    send(api, *(log(task, number, str(number)) for number in range(5)))
    data = api.ask("events.get_task_log", task=task, batch_size=2, navigate_earlier=earlier, order=order)
    assert [int(event["msg"]) for event in data["events"]] == lines
    assert (data["returned"], data["total"]) == (2, 5)
    assert all("iter" not in event for event in data["events"])


def test_a_batch_reports_the_events_that_it_could_not_keep(api: Api, task: str) -> None:
    data = send(api, log(task, 1), log("0" * 32, 1), {**log(task, 2), "type": "unheard"})
    assert (data["added"], data["errors"]) == (1, 2)
    assert len(data["errors_info"]) == 2
    assert api.call("events.add_batch", [log("0" * 32, 1)]).code[0] == 400
