"""The keeper as a task: made ready once, sent to a queue that has room, and remembering across launches."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator

import pytest
from keeper_world import World
from review_world import server_task, status_of

from redraft.config import load_config
from redraft.errors import ConfigError, LaunchError, ServerUnavailable
from redraft.settings import Config, QueueSettings
from redraft.tracking.keeping.memory import SERVICE, keeper_task, load_memory
from redraft.tracking.keeping.service import keeper_of, make_service
from redraft.tracking.keeping.ticking import keep
from redraft.tracking.queues import default_queues, queue_ids, remove_from_queue
from redraft.tracking.server import call
from redraft.tracking.service_task import send_to_queue, service_task

SERVICES = default_queues().services
ELSEWHERE = QueueSettings(services="another queue", steps="its steps", review="its reviews", autoscaled=False)


@pytest.fixture
def config() -> Config:
    return load_config(overrides={"keeper.thumbs_down": 7, "keeper.tick_s": 1})


def test_the_task_has_the_code_of_the_runs_and_the_settings_that_it_is_made_with(world: World, config: Config) -> None:
    call("tasks.edit", task=world.template.id, script={"repository": "https://example.com/x.git", "branch": "main"})
    task_id = make_service(world.project, config, world.template.id)
    script = server_task(task_id)["script"]
    assert (script["repository"], script["entry_point"], script["working_dir"]) == (
        "https://example.com/x.git", "pipelines/triggers.py", ".",
    )  # fmt: skip
    keeper = keeper_of(task_id, {})
    assert (keeper.project, keeper.config) == (world.project, config)
    assert keeper.owner.startswith(SERVICE)


def test_it_is_one_task_which_is_launched_again_with_all_that_it_remembers(world: World, config: Config) -> None:
    run = world.run(status="in_progress")
    review = world.review(run)
    task_id = keeper_task(world.project)
    world.tick(world.keeper())
    for _ in range(2):
        assert make_service(world.project, config, world.template.id) == task_id
        send_to_queue(task_id, SERVICES, runs=ELSEWHERE, services_mode=False)
        with pytest.raises(LaunchError, match="waits for an agent already"):
            make_service(world.project, config, world.template.id)
        call("tasks.dequeue", task=task_id)
        call("tasks.started", task=task_id)
        with pytest.raises(LaunchError, match=r"runs already. Abort it"):
            make_service(world.project, config, world.template.id)
        call("tasks.stopped", task=task_id)
    assert load_memory(server_task(task_id)).told == (f"opened {review.task_id}",)


def test_a_keeper_that_was_aborted_leaves_its_turn_at_once(world: World, config: Config) -> None:
    task_id = make_service(world.project, config, world.template.id)
    call("tasks.started", task=task_id)
    keeper_of(task_id, {}).tick(now=world.now)
    assert "another keeper (an agent on " in world.tick(world.keeper())
    call("tasks.stopped", task=task_id)
    assert "another keeper" not in world.tick(world.keeper())


def test_a_queue_whose_only_agent_the_keeper_would_take_away_from_the_runs_is_refused(
    world: World, config: Config
) -> None:
    task_id = make_service(world.project, config, world.template.id)
    with pytest.raises(LaunchError, match=r"agent 'one' alone serves .* Start one more"):
        send_to_queue(task_id, SERVICES, runs=default_queues(), services_mode=False)
    with pytest.raises(LaunchError, match="there is no queue 'none'"):
        send_to_queue(task_id, "none", runs=default_queues(), services_mode=False)
    with pytest.raises(LaunchError, match="no agent serves the queue"):
        send_to_queue(task_id, default_queues().review, runs=default_queues(), services_mode=False)
    assert status_of(task_id) == "created"
    page = service_task(world.project, name="a page", tag="a-page")
    call("workers.register", worker="three", queues=[queue_ids()[SERVICES]], timeout=600)
    try:
        send_to_queue(task_id, SERVICES, runs=default_queues(), services_mode=False)
        assert status_of(task_id) == "queued"
        with pytest.raises(LaunchError, match="agent 'one' alone serves"):  # the other will be at the keeper
            send_to_queue(page, SERVICES, runs=default_queues(), services_mode=False)
        assert remove_from_queue(queue_ids()[SERVICES], task_id)
        call("tasks.started", task=task_id, force=True)
        call("workers.status_report", worker="three", timestamp=1, task=task_id)
        with pytest.raises(LaunchError, match="agent 'one' alone serves"):  # the other is at the keeper
            send_to_queue(page, SERVICES, runs=default_queues(), services_mode=False)
        send_to_queue(page, SERVICES, runs=default_queues(), services_mode=True)
    finally:
        call("workers.unregister", worker="three")


def test_wrong_settings_are_refused_before_anything_is_made(world: World) -> None:
    config = load_config(overrides={"keeper.schedule": "daily"})
    with pytest.raises(ConfigError, match=r"keeper\.schedule"):
        make_service(world.project, config, world.template.id)
    with pytest.raises(ConfigError, match=r"keeper\.schedule"):
        world.keeper(schedule="daily")


class Stop(threading.Event):
    """Lets a keeper tick a few times, without time passing."""

    def __init__(self, ticks: int) -> None:
        super().__init__()
        self.ticks = ticks

    def wait(self, timeout: float | None = None) -> bool:
        """Count instead of waiting."""
        assert timeout == 30
        self.ticks -= 1
        if not self.ticks:
            self.set()
        return self.is_set()


def test_whatever_happens_at_a_tick_the_next_one_comes_and_the_last_one_ends_the_turn(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    keeper, said = world.keeper(), []
    happens: Iterator[BaseException | None] = iter([ServerUnavailable("it is away"), KeyError("x"), None, None])

    def alive() -> None:
        if (error := next(happens)) is not None:
            raise error

    caplog.set_level(logging.ERROR, "redraft")
    keep(keeper, Stop(4), clock=lambda: world.now, say=said.append, alive=alive)
    assert said[:2] == ["waiting for the server: it is away", "a tick failed (KeyError); the next one tries again"]
    assert len(said) == 3  # the third and the fourth came to the same
    assert "another keeper" not in world.tick(world.keeper("two"), after_s=0)
