"""Docs that change start one further run, whatever happens in between: the promises of issue 5."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from clearml import Task
from interruptions import interrupted
from keeper_world import World, complete
from review_world import Died, server_task

from redraft.tracking.keeping.memory import TURN, keeper_task, owner_name, set_properties
from redraft.tracking.next_run import AFTER
from redraft.tracking.prepare import effective_config

# the SDK's dataset code calls libraries by deprecated names
pytestmark = pytest.mark.filterwarnings("ignore")


def under_review(world: World, make: Callable[[str], str]) -> tuple[str, Callable[[], None]]:
    """A run about the first docs whose review is open; its id, and how the review closes and the run ends."""
    make("First.")
    run = world.run(status="in_progress")
    review = world.review(run)

    def close() -> None:
        complete(review)
        world.end(run)

    return run, close


def test_docs_that_change_during_a_review_start_exactly_one_run_after_it_closes(world: World) -> None:
    run, close = under_review(world, world.push)
    keeper = world.keeper()
    assert world.tick(keeper) == f"run {run} is in_progress"
    world.push("Second.")  # as the CI of a docs repository does
    waiting = f"the docs have changed: a run starts later, for now run {run} is in_progress"
    assert [world.tick(keeper), world.tick(keeper)] == [waiting, waiting]
    close()
    [said] = [world.tick(keeper)]
    [second] = world.started(run)
    assert said == f"run {second} is started: the docs have changed"
    task = server_task(second)
    assert (task["status"], task["hyperparams"]["properties"][AFTER]["value"]) == ("queued", run)
    assert effective_config(Task.get_task(second)).run.docs == "dataset:latest"
    assert world.tick(keeper) == f"run {second} is queued"
    world.begin(second)
    world.end(second)
    assert [world.tick(keeper) for _ in range(3)] == ["nothing has changed"] * 3
    assert world.started(run) == [second]


def test_a_review_that_is_open_though_its_run_has_failed_holds_runs_back_too(world: World) -> None:
    run, _ = under_review(world, world.version)
    world.end(run, "failed")
    world.version("Second.")
    keeper = world.keeper()
    assert world.tick(keeper) == "the docs have changed: a run starts later, for now a review is open"
    assert world.started(run) == []


def test_ten_changes_start_one_run_and_it_takes_the_last(world: World) -> None:
    run, close = under_review(world, world.version)
    keeper = world.keeper()
    for number in range(10):
        last = world.version(f"Change {number}.")
        world.tick(keeper)
    close()
    for _ in range(3):
        world.tick(keeper)
    [second] = world.started(run)
    world.begin(second)
    assert server_task(second)["hyperparams"]["properties"]["docs_version"]["value"] == last
    world.end(second)
    for _ in range(3):
        world.tick(keeper)
    assert world.started(run) == [second]


def test_a_keeper_that_is_restarted_at_every_moment_loses_no_change_and_starts_nothing_twice(world: World) -> None:
    """Killed, not ended: the turn it had taken lasts on, so the next one waits for its end."""
    run, close = under_review(world, world.version)
    world.tick(world.keeper("1"))
    world.version("Second.")
    assert "another keeper (1)" in world.tick(world.keeper("2"))
    assert "the docs have changed" in world.tick(world.keeper("3"), after_s=600)
    close()  # while no keeper runs
    assert "is started" in world.tick(world.keeper("4"), after_s=600)
    [second] = world.started(run)
    assert world.tick(world.keeper("5"), after_s=600) == f"run {second} is queued"
    world.begin(second)
    world.end(second)
    assert world.tick(world.keeper("6"), after_s=600) == "nothing has changed"
    assert world.started(run) == [second]


def test_a_keeper_of_this_machine_that_was_killed_is_not_waited_for(world: World) -> None:
    under_review(world, world.version)
    with subprocess.Popen(["true"]) as ended:
        pass
    dead, elsewhere = (f"a keeper on {host}, process {ended.pid}" for host in (socket.gethostname(), "elsewhere"))
    world.tick(world.keeper(dead))
    assert "another keeper" not in world.tick(world.keeper(elsewhere))
    assert "another keeper" in world.tick(world.keeper(owner_name("a keeper")))
    world.tick(world.keeper(owner_name("a keeper")), after_s=600)
    assert "another keeper" in world.tick(world.keeper("2"))  # this process lives


def test_a_keeper_that_is_ended_in_order_leaves_its_turn_to_the_next(world: World) -> None:
    first = world.keeper("1")
    world.tick(first)
    first.end()
    assert "another keeper" not in world.tick(world.keeper("2"))


def test_a_keeper_that_dies_between_drafting_a_run_and_sending_it_off_leaves_one_run(world: World) -> None:
    """At every call of the tick that starts it: the next keeper starts it, or another.

    Before it is marked as a keeper's, a draft is like one that a person made: it stays a draft.
    """

    def die() -> None:
        raise Died

    world.version("First.")
    number = 0
    while True:
        world.version(f"Change {number}.")
        before = [run["id"] for run in world.runs()]
        if not before:
            before = [world.run()]
            world.version("Second.")
        keeper = world.keeper(f"dying {number}")
        try:
            interrupted(lambda: world.tick(keeper, after_s=600), number, die)  # noqa: B023 - called at once
        except Died:
            ended = False
        else:
            ended = True
        for follower in range(3):
            world.tick(world.keeper(f"next {number} {follower}"), after_s=600)
        statuses = {run: server_task(run)["status"] for run in world.started(*before)}
        drafts = [run for run in statuses if statuses[run] == "created"]
        [started] = set(statuses) - set(drafts)
        assert (statuses[started], len(drafts) <= 1) == ("queued", True), number
        world.begin(started)
        world.end(started)
        if ended:
            break
        number += 3
    assert number > 30


def test_two_keepers_at_once_start_one_run(world: World) -> None:
    """One acts in the middle of the other's tick, before each of its calls, as if both had the turn."""
    world.version("First.")
    world.run()
    number = 0
    while True:
        world.version(f"Change {number}.")
        before = [run["id"] for run in world.runs()]
        one, two = world.keeper("one"), world.keeper("two")

        def other() -> None:
            set_properties(keeper_task(world.project), {TURN: ""})
            world.tick(two)  # noqa: B023 - called at once
            set_properties(keeper_task(world.project), {TURN: ""})

        happened = interrupted(lambda: world.tick(one, after_s=600), number, other)  # noqa: B023
        for keeper in (one, two):  # both may have given way
            world.tick(keeper, after_s=600)
        [started] = world.started(*before)
        assert server_task(started)["status"] == "queued", number
        world.begin(started)
        world.end(started)
        if not happened:
            break
        number += 2
    assert number > 30


def test_keepers_that_are_at_the_same_point_at_once_start_one_run(world: World) -> None:
    """Each is in its own tick while the others are: threads, all of which believe that it is their turn."""
    world.version("First.")
    world.run()
    for number in range(4):
        world.version(f"Change {number}.")
        before = [run["id"] for run in world.runs()]
        keepers = [world.keeper("the same") for _ in range(3)]
        world.now += 600
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(lambda keeper: keeper.tick(now=world.now), keepers))
        world.tick(keepers[0])  # all may have given way
        [started] = world.started(*before)
        assert server_task(started)["status"] == "queued", number
        world.begin(started)
        world.end(started)


def test_the_second_keeper_says_who_the_first_is_and_does_nothing(world: World) -> None:
    world.version("First.")
    run = world.run()
    world.version("Second.")
    world.tick(world.keeper("host 1"))
    [second] = world.started(run)
    world.begin(second)
    world.end(second)
    world.version("Third.")
    assert world.tick(world.keeper("host 2")) == "another keeper (host 1) looks after this project"
    assert world.started(run) == [second]


def test_no_change_starts_no_run(world: World) -> None:
    """Docs that are pushed again, or changed back, are none; nor are those that a person's run did not want."""
    first = world.version("First.")
    run = world.run()
    world.version("Second.")
    world.version("First.")
    keeper = world.keeper()
    assert world.tick(keeper) == "nothing has changed"
    world.version("Third.")
    from redraft.config import load_config

    world.run(config=load_config(overrides={"run.docs": f"dataset:{first}"}), iteration=2)
    assert world.tick(keeper) == "nothing has changed"
    assert len(world.runs()) == 2
    assert run in {found["id"] for found in world.runs()}


def test_without_runs_or_datasets_nothing_is_started(world: World) -> None:
    keeper = world.keeper(schedule="* * * * *", thumbs_down=1)
    said = "there is no run yet whose configuration could be used: start the first with `redraft run`"
    assert [world.tick(keeper), world.tick(keeper)] == [said, said]
    world.version("First.")
    assert world.tick(keeper) == said
    assert world.runs() == []
