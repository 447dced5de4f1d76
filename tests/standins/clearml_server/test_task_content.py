"""What a task holds: its empty defaults, what an edit merges or replaces, and what a clone and a reset keep."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from clearml_api import Api, Json

if TYPE_CHECKING:
    from clearml_stand_in import RunningServer

INPUT = {"key": "given", "type": "custom", "mode": "input", "uri": "http://files/given.jsonl"}
OUTPUT = {"key": "made", "type": "custom", "uri": "http://files/made.jsonl"}


@pytest.fixture(scope="module")
def api(clearml_server: RunningServer) -> Iterator[Api]:
    client = Api(clearml_server)
    yield client
    client.close()


def new_task(api: Api, **fields: Any) -> str:
    """Return a new task."""
    return str(api.ask("tasks.create", **{"name": "content", "type": "training"} | fields)["id"])


def read(api: Api, task: str) -> Json:
    """Return a task."""
    found: Json = api.ask("tasks.get_by_id", task=task)["task"]
    return found


def parameter(section: str, name: str, value: str) -> Json:
    """Return one hyperparameter as it is stored."""
    return {"section": section, "name": name, "value": value}


def test_empty_defaults_are_present(api: Api) -> None:
    """A missing one crashed the pipeline controller."""
    task = read(api, new_task(api))
    assert task["execution"] == {
        "test_split": 0,
        "parameters": {},
        "model_desc": {},
        "model_labels": {},
        "artifacts": [],
    }
    assert task["models"] == {"input": [], "output": []}
    assert task["script"] == {"binary": "python", "repository": "", "entry_point": "", "requirements": {}}
    assert {key: task[key] for key in ("hyperparams", "configuration", "runtime", "container", "output")} == {
        "hyperparams": {},
        "configuration": {},
        "runtime": {},
        "container": {},
        "output": {},
    }
    assert (task["tags"], task["system_tags"], task["last_metrics"], task["last_iteration"]) == ([], [], {}, 0)


def test_empty_defaults_survive_a_partial_edit(api: Api) -> None:
    task = new_task(api)
    api.ask("tasks.edit", task=task, execution={"docker_cmd": "image"}, models={"input": []}, script={"branch": "main"})
    found = read(api, task)
    assert (found["execution"]["artifacts"], found["execution"]["docker_cmd"]) == ([], "image")
    assert found["models"] == {"input": [], "output": []}


def test_edit_merges_script_execution_output_and_models(api: Api) -> None:
    task = new_task(api, script={"branch": "main", "entry_point": "a.py"}, output_dest="http://files")
    used = [{"name": "used", "model": "a" * 32}]
    api.ask("tasks.edit", task=task, script={"entry_point": "b.py"}, models={"input": used})
    api.ask("tasks.edit", task=task, models={"output": []}, execution={"parameters": {"a": "1"}})
    found = read(api, task)
    assert (found["script"]["branch"], found["script"]["entry_point"]) == ("main", "b.py")
    assert [item["name"] for item in found["models"]["input"]] == ["used"]
    assert found["models"]["input"][0]["updated"]
    assert found["output"] == {"destination": "http://files"}


def test_edit_replaces_hyperparams_configuration_and_runtime_whole(api: Api) -> None:
    task = new_task(
        api,
        hyperparams={"Args": {"a": parameter("Args", "a", "1")}},
        configuration={"one": {"name": "one", "value": "1"}},
    )
    api.ask("tasks.edit", task=task, runtime={"old": "1"})
    api.ask(
        "tasks.edit",
        task=task,
        hyperparams={"Args": {"b": parameter("Args", "b", "2")}},
        configuration={"two": {"name": "two", "value": "2"}},
        runtime={"new": 2},
    )
    found = read(api, task)
    assert found["hyperparams"] == {"Args": {"b": parameter("Args", "b", "2")}}
    assert found["configuration"] == {"two": {"name": "two", "value": "2"}}
    assert found["runtime"] == {"new": 2}


def test_hyperparameter_values_are_texts(api: Api) -> None:
    task = new_task(api, hyperparams={"Args": {"a": {"section": "Args", "name": "a", "value": 5}}})
    api.ask("tasks.edit_hyper_params", task=task, hyperparams=[{"section": "Args", "name": "b", "value": 0.5}])
    values = {name: item["value"] for name, item in read(api, task)["hyperparams"]["Args"].items()}
    assert values == {"a": "5", "b": "0.5"}


@pytest.mark.parametrize(("replace", "left"), [("none", {"a", "b", "c"}), ("section", {"b", "c"}), ("all", {"b"})])
def test_hyperparameters_are_added_or_replace_a_section_or_all(api: Api, replace: str, left: set[str]) -> None:
    given = {"Args": {"a": parameter("Args", "a", "1")}, "Other": {"c": parameter("Other", "c", "3")}}
    task = new_task(api, hyperparams=given)
    new = [parameter("Args", "b", "2")]
    api.ask("tasks.edit_hyper_params", task=task, hyperparams=new, replace_hyperparams=replace)
    assert {name for section in read(api, task)["hyperparams"].values() for name in section} == left


def test_properties_are_editable_in_every_status(api: Api) -> None:
    task = new_task(api)
    for call in ("enqueue", "started", "completed", "publish"):
        api.ask(f"tasks.{call}", task=task)
        api.ask("tasks.edit_hyper_params", task=task, hyperparams=[parameter("properties", call, "yes")])
        refused = api.refusal("tasks.edit_hyper_params", task=task, hyperparams=[parameter("Args", "a", "1")])
        assert refused[:2] == (400, 110)
    assert read(api, task)["hyperparams"].keys() == {"properties"}
    assert len(read(api, task)["hyperparams"]["properties"]) == 4


def test_an_artifact_is_known_by_its_key_and_mode(api: Api) -> None:
    task = new_task(api)
    for artifact in (OUTPUT, OUTPUT | {"uri": "http://files/again.jsonl"}, OUTPUT | {"mode": "input"}):
        api.ask("tasks.add_or_update_artifacts", task=task, artifacts=[artifact])
    stored = {(item["key"], item["mode"]): item["uri"] for item in read(api, task)["execution"]["artifacts"]}
    assert stored == {("made", "output"): "http://files/again.jsonl", ("made", "input"): OUTPUT["uri"]}
    api.ask("tasks.delete_artifacts", task=task, artifacts=[{"key": "made", "mode": "output"}])
    assert [item["mode"] for item in read(api, task)["execution"]["artifacts"]] == ["input"]


def test_a_clone_keeps_inputs_and_drops_the_queue_runtime_and_outputs(api: Api) -> None:
    source = new_task(api, hyperparams={"Args": {"a": parameter("Args", "a", "1")}}, tags=["kept"])
    api.ask("tasks.edit", task=source, runtime={"pipeline_job_hash": "x"})
    api.ask("tasks.add_or_update_artifacts", task=source, artifacts=[INPUT, OUTPUT])
    api.ask("tasks.enqueue", task=source)
    found = read(api, api.ask("tasks.clone", task=source, new_task_name="a clone")["id"])
    assert [item["key"] for item in found["execution"]["artifacts"]] == ["given"]
    assert "queue" not in found["execution"]
    assert (found["runtime"], found["status"], found["name"], found["tags"]) == ({}, "created", "a clone", ["kept"])
    assert found["hyperparams"]["Args"]["a"]["value"] == "1"


def test_the_parent_of_a_clone_is_the_sources_parent_else_the_source(api: Api) -> None:
    source = new_task(api)
    child = api.ask("tasks.clone", task=source)["id"]
    assert read(api, child)["parent"] == source
    assert read(api, api.ask("tasks.clone", task=child)["id"])["parent"] == source
    chosen = api.ask("tasks.clone", task=child, new_task_parent=child)["id"]
    assert read(api, chosen)["parent"] == child


def test_reset_clears_what_a_task_made(api: Api) -> None:
    task = new_task(api, hyperparams={"Args": {"a": parameter("Args", "a", "1")}})
    api.ask("tasks.edit", task=task, runtime={"version": "1.0.0"})
    api.ask("tasks.add_or_update_artifacts", task=task, artifacts=[INPUT, OUTPUT])
    api.ask("tasks.started", task=task)
    scalar = {"type": "training_stats_scalar", "task": task, "metric": "m", "variant": "v", "value": 1.0, "iter": 3}
    api.ask("events.add_batch", **scalar)
    api.ask("tasks.reset", task=task)
    found = read(api, task)
    assert (found["runtime"], found["last_metrics"], found["metric_stats"]) == ({}, {}, {})
    assert (found["last_iteration"], found["status"]) == (0, "created")
    assert [item["key"] for item in found["execution"]["artifacts"]] == ["given"]
    assert found["hyperparams"]["Args"]["a"]["value"] == "1"
    assert "started" not in found
    assert api.ask("events.get_task_events", task=task)["events"] == []
