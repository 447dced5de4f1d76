"""The leaderboard: one task a project, written as a whole, whoever writes at the same moment."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

from clearml import Task
from judged_project import B, C
from old_project import result_of_iteration

from redraft.records import IterationResult
from redraft.standins.clearml_server.watchdog import SILENT_TASK_S
from redraft.tracking.artifacts import put_records
from redraft.tracking.leaderboard import TAG, current_of, leaderboard_of, sentence, write_leaderboard
from redraft.tracking.server import call
from redraft.tracking.templates import PIPELINE


def end_iteration(project: str, number: int, *, completed: bool = True) -> str:
    """A run with a result, as it is when its controller writes the leaderboard (not completed), or later."""
    run = Task.create(
        project_name=f"{project}/.pipelines/{PIPELINE}", task_name=f"run {number}", task_type="controller"
    )
    run.set_parameter("Args/iteration", number)
    call("tasks.started", task=run.id)
    put_records(run.id, "iteration", IterationResult, [result_of_iteration(number, run.id)])
    if completed:
        call("tasks.completed", task=run.id)
    return str(run.id)


def shown(task_id: str) -> dict[str, Any]:
    """What its page shows: iterations of the trend, rows of the table, single values."""
    plots = {p["metric"]: json.loads(p["plot_str"]) for p in call("events.get_task_plots", task=task_id)["plots"]}
    scalars = call("events.scalar_metrics_iter_histogram", task=task_id)
    values = call("events.get_task_single_value_metrics", tasks=[task_id])["tasks"][0]["values"]
    return {
        "trend": plots["rating by iteration"]["data"][0],
        "rows": plots["iterations"]["data"][0]["cells"]["values"][0],
        "scalar": scalars["rating"]["mean"]["x"],
        "values": {value["variant"]: value["value"] for value in values},
    }


def test_it_shows_every_iteration_with_its_interval_and_which_is_best_and_current(project: str) -> None:
    for number in (1, 2, 3):
        end_iteration(project, number, completed=number < 3)
    task = write_leaderboard(project)
    found = shown(task)
    assert found["trend"]["x"] == found["scalar"] == [1, 2, 3]
    assert found["trend"]["y"] == [2.0, 3.0, 4.0]
    assert found["trend"]["error_y"]["array"] == found["trend"]["error_y"]["arrayminus"] == [0.5] * 3
    assert found["rows"] == [1, 2, 3]
    assert found["values"] == {
        "best rating": 4.0, "best iteration": 3, "current rating": 4.0, "current iteration": 3, "iterations": 3,
    }  # fmt: skip
    described = call("tasks.get_by_id", task=task)["task"]
    assert (described["status"], described["tags"]) == ("completed", [TAG])
    assert described["status_message"] == (
        "Best of 3 iterations: 4.00 (3.50 to 4.50) in iteration 3; current: 4.00 (3.50 to 4.50) in iteration 3."
    )


def test_it_is_made_once_and_written_again_after_each_iteration(project: str) -> None:
    end_iteration(project, 1)
    first = write_leaderboard(project)
    end_iteration(project, 2)
    assert write_leaderboard(project) == first == leaderboard_of(project)
    assert shown(first)["rows"] == [1, 2]


def test_of_two_iterations_that_end_at_once_neither_row_is_lost_and_one_task_is_made(project: str) -> None:
    """The other one reads, writes and completes the task in between: at every point where it can."""
    for point in ("looked", "read", "reported"):
        own = f"{project}-{point}"
        end_iteration(own, 1, completed=False)
        seen: list[str] = []

        def other(step: str, *, point: str = point, own: str = own, seen: list[str] = seen) -> None:
            if step == point and not seen:
                seen.append("once")
                end_iteration(own, 2, completed=False)
                seen.append(write_leaderboard(own))

        task = write_leaderboard(own, between=other)
        assert (seen[1], leaderboard_of(own)) == (task, task), point
        assert shown(task)["rows"] == [1, 2], point
        assert call("tasks.get_by_id", task=task)["task"]["status"] == "completed"


def test_one_that_the_server_stopped_because_its_writer_died_is_written_again(project: str) -> None:
    end_iteration(project, 1)
    task = write_leaderboard(project)
    call("tasks.started", task=task)
    call("tasks.stopped", task=task, force=True, status_message="Forced stop (non-responsive)")  # as the watchdog does
    end_iteration(project, 2)
    assert write_leaderboard(project) == task
    assert call("tasks.get_by_id", task=task)["task"]["status"] == "completed"
    assert shown(task)["rows"] == [1, 2]
    assert SILENT_TASK_S == 7200


def test_the_current_prompt_is_the_one_that_is_current_after_the_last_iteration() -> None:
    results = [result_of_iteration(number, f"run {number}") for number in (1, 2, 3)]
    assert current_of(results) == results[2]
    kept = [*results, dataclasses.replace(results[0], iteration=4, published_id=C.id)]
    assert current_of(kept) == results[2]
    rolled_back = [*results, dataclasses.replace(results[0], iteration=4, published_id=B.id)]
    assert current_of(rolled_back) == results[1]
    assert sentence(results[:1]).endswith("none was promoted yet.")
