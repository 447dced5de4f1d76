"""A dataset trigger (`trigger`) or a short schedule (`schedule`), until it has done what it should.

Each starts copies of a task on a queue that nobody serves.
"""

from __future__ import annotations

import json
import os
import sys
import time
from pathlib import Path
from threading import Thread
from typing import Any

from clearml import Dataset, Task
from clearml.automation import TaskScheduler, TriggerScheduler

LIMIT_S = 60.0
PROJECT = "agents/docs"


def make_version(name: str, text: str, parents: list[str]) -> str:
    """Make and finish a version of the dataset."""
    folder = Path(name)
    folder.mkdir()
    (folder / "page.md").write_text(text, encoding="utf-8")
    version = Dataset.create(dataset_project=PROJECT, dataset_name="docs", parent_datasets=parents)
    version.sync_folder(folder)
    version.upload(show_progress=False)
    version.finalize()
    return str(version.id)


def trigger(base: Task) -> dict[str, Any]:
    """Start the task once for a new version of a dataset."""
    first = make_version("one", "one", [])
    scheduler = TriggerScheduler(pooling_frequency_minutes=0.01)
    scheduler.add_dataset_trigger(
        name="docs changed",
        schedule_task_id=base.id,
        schedule_queue="parked",
        trigger_project=PROJECT,
        task_parameters={"Args/version": "${dataset.id}"},
    )
    Thread(target=scheduler.start, daemon=True).start()
    second = make_version("two", "two", [first])
    started = wait_for_copies(base, 1)
    rounds_later = time.monotonic() + 3
    while time.monotonic() < rounds_later and len(started) == 1:
        started = copies(base)
        time.sleep(0.2)
    return {"second": second}


def schedule(base: Task) -> dict[str, Any]:
    """Start the task every second or so."""
    scheduler = TaskScheduler(sync_frequency_minutes=0.01)
    scheduler.add_task(name="often", schedule_task_id=base.id, queue="parked", minute=1, execute_immediately=True)
    scheduler._schedule_jobs[0].minute = 0.02  # a public argument must be whole minutes
    Thread(target=scheduler.start, daemon=True).start()
    wait_for_copies(base, 2)
    return {}


def copies(base: Task) -> list[str]:
    """Return the tasks that a scheduler made and queued."""
    found = Task.query_tasks(project_name=base.get_project_name(), task_filter={"status": ["queued"]})
    return [task_id for task_id in found if task_id != base.id]


def wait_for_copies(base: Task, count: int) -> list[str]:
    """Wait until there are so many copies, or the time is over; return them."""
    deadline = time.monotonic() + LIMIT_S
    while len(found := copies(base)) < count and time.monotonic() < deadline:
        time.sleep(0.2)
    return found


def main() -> None:
    """Run one of the schedulers, write what it did, and leave without waiting for its threads."""
    which = sys.argv[1]
    Task.init(project_name="agents/schedulers", task_name=which, auto_connect_frameworks=False)
    base = Task.create(project_name=f"agents/{which}", task_name="to be started", task_type="custom")
    base.set_parameters({"Args/version": ""})
    facts = {"trigger": trigger, "schedule": schedule}[which](base)
    facts["started_with"] = [Task.get_task(task_id).get_parameter("Args/version") for task_id in copies(base)]
    Path(f"{which}.json").write_text(json.dumps(facts), encoding="utf-8")
    os._exit(0)


if __name__ == "__main__":
    main()
