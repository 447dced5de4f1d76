"""The rules around the status table: queue entries, what may be written when, and names that are too short."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from clearml_api import Api, Json

if TYPE_CHECKING:
    from clearml_stand_in import RunningServer

ARTIFACT = {"key": "scores", "type": "custom", "uri": "http://files/scores.jsonl"}


@pytest.fixture(scope="module")
def api(clearml_server: RunningServer) -> Iterator[Api]:
    client = Api(clearml_server)
    yield client
    client.close()


@pytest.fixture
def queue(api: Api) -> str:
    return str(api.ask("queues.create", name=f"queue-{uuid.uuid4().hex}")["id"])


def new_task(api: Api, **fields: Any) -> str:
    """Return a new task."""
    return str(api.ask("tasks.create", **{"name": "ruled", "type": "training"} | fields)["id"])


def read(api: Api, task: str) -> Json:
    """Return a task."""
    found: Json = api.ask("tasks.get_by_id", task=task)["task"]
    return found


def entries(api: Api, queue: str) -> list[str]:
    """Return the tasks that wait in a queue."""
    return [entry["task"] for entry in api.ask("queues.get_by_id", queue=queue)["queue"]["entries"]]


@pytest.mark.parametrize("calls", [["started"], ["started", "completed"], ["stopped"], ["started", "failed"]])
def test_the_queue_entry_stays_when_the_status_changes(api: Api, queue: str, calls: list[str]) -> None:
    task = new_task(api)
    api.ask("tasks.enqueue", task=task, queue=queue)
    for call in calls:
        api.ask(f"tasks.{call}", task=task)
    assert entries(api, queue) == [task]


@pytest.mark.parametrize("call", ["queues.remove_task", "tasks.dequeue", "queues.get_next_task"])
def test_the_queue_entry_goes_when_it_is_taken_out(api: Api, queue: str, call: str) -> None:
    task = new_task(api)
    api.ask("tasks.enqueue", task=task, queue=queue)
    api.ask(call, task=task, queue=queue)
    assert entries(api, queue) == []


def test_entries_are_taken_in_the_order_they_came(api: Api, queue: str) -> None:
    tasks = [new_task(api) for _ in range(3)]
    for task in tasks:
        api.ask("tasks.enqueue", task=task, queue=queue)
    taken = [api.ask("queues.get_next_task", queue=queue)["entry"] for _ in range(3)]
    assert [entry["task"] for entry in taken] == tasks
    assert all(entry["added"] for entry in taken)
    assert api.ask("queues.get_next_task", queue=queue) == {}


@pytest.mark.parametrize("before", ["created", "stopped", "failed"])
def test_dequeue_restores_the_status_before_the_queue(api: Api, queue: str, before: str) -> None:
    task = new_task(api)
    for call in {"created": [], "stopped": ["started", "stopped"], "failed": ["started", "failed"]}[before]:
        api.ask(f"tasks.{call}", task=task)
    api.ask("tasks.enqueue", task=task, queue=queue)
    assert api.ask("tasks.dequeue", task=task)["fields"]["status"] == before
    assert read(api, task)["status"] == before


def test_dequeue_takes_the_new_status_that_the_agent_gives(api: Api, queue: str) -> None:
    task = new_task(api)
    api.ask("tasks.enqueue", task=task, queue=queue)
    api.ask("tasks.dequeue", task=task, new_status="in_progress")
    assert read(api, task)["status"] == "in_progress"


def test_dequeue_works_on_a_queued_task_whose_entry_is_gone(api: Api, queue: str) -> None:
    task = new_task(api)
    api.ask("tasks.enqueue", task=task, queue=queue)
    api.ask("queues.remove_task", task=task, queue=queue)
    assert read(api, task)["status"] == "queued"
    assert api.ask("tasks.dequeue", task=task)["dequeued"] == 1
    assert read(api, task)["status"] == "created"


def test_an_absent_entry_is_removed_by_one_caller_only(api: Api, queue: str) -> None:
    """Two who take a review meet here: the second one is refused."""
    task = new_task(api)
    api.ask("tasks.enqueue", task=task, queue=queue)
    codes = [api.refusal("queues.remove_task", task=task, queue=queue)[:2] for _ in range(2)]
    assert codes == [(200, 0), (400, 703)]


def test_the_agent_starts_whatever_it_pops(api: Api, queue: str) -> None:
    task = new_task(api)
    api.ask("tasks.enqueue", task=task, queue=queue)
    api.ask("tasks.started", task=task, force=True)
    api.ask("tasks.completed", task=task, force=True)
    popped = api.ask("queues.get_next_task", queue=queue)["entry"]["task"]
    assert api.refusal("tasks.started", task=popped, force=True)[0] == 200


def test_a_queue_drops_the_mark_of_development_and_hides_its_own_notes(api: Api, queue: str) -> None:
    task = new_task(api, system_tags=["development", "pipeline"])
    api.ask("tasks.enqueue", task=task, queue=queue)
    found = read(api, task)
    assert found["system_tags"] == ["pipeline"]
    assert "enqueue_status" not in found
    assert found["execution"]["queue"] == queue


@pytest.mark.parametrize(
    ("calls", "allowed"),
    [
        ([], True),
        (["enqueue"], True),
        (["started"], True),
        (["started", "completed"], False),
        (["started", "stopped"], False),
        (["started", "failed"], False),
        (["started", "completed", "publish"], False),
    ],
)
def test_artifacts_are_written_until_a_task_has_ended(api: Api, calls: list[str], allowed: bool) -> None:
    task = new_task(api)
    for call in calls:
        api.ask(f"tasks.{call}", task=task)
    code = api.refusal("tasks.add_or_update_artifacts", task=task, artifacts=[ARTIFACT])[:2]
    assert code == ((200, 0) if allowed else (400, 110))
    assert len(read(api, task)["execution"]["artifacts"]) == int(allowed)
    assert api.refusal("tasks.add_or_update_artifacts", task=task, artifacts=[ARTIFACT], force=True)[0] == 200


def test_the_sdk_is_told_that_a_name_is_no_queue_id(api: Api) -> None:
    """It asks by name first, and goes on to `queues.get_all` only after this refusal."""
    assert api.refusal("queues.get_by_id", queue="default")[:2] == (400, 701)
    [found] = api.ask("queues.get_all", name="^default$", only_fields=["id"])["queues"]
    assert api.ask("queues.get_by_id", queue=found["id"])["queue"]["name"] == "default"


@pytest.mark.parametrize(
    ("endpoint", "name", "subcode"),
    [
        ("projects.create", "ab", 12),
        ("projects.create", "long enough/.datasets/ab", 12),
        ("tasks.create", "ab", 800),
        ("tasks.create", "  a  ", 800),
        ("models.create", "ab", 800),
    ],
)
def test_a_name_under_three_characters_is_refused(api: Api, endpoint: str, name: str, subcode: int) -> None:
    body = {"name": name, "type": "training"} if endpoint == "tasks.create" else {"name": name}
    assert api.refusal(endpoint, **body)[:2] == (400, subcode)
