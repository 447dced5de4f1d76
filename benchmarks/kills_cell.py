"""One cell of the table of `kills.py`: an iteration, a process that is killed at a moment of it, what came of it."""

from __future__ import annotations

import contextlib
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from kills_model import twice
from kills_points import STEPS, Cell, Found, config_for
from kills_world import PROJECT, World
from reviewers import kept

from redraft.config import load_config
from redraft.errors import RedraftError, ServerError
from redraft.tracking.inbox import open_reviews
from redraft.tracking.keeping.docs import push_docs
from redraft.tracking.prepare import runs_of
from redraft.tracking.queues import busy_tasks
from redraft.tracking.runs import start_run
from redraft.tracking.server import call, find_tasks, project_ids
from redraft.tracking.step import why_ended
from redraft.tracking.templates import ensure_template, pipeline_project

CALLING = ("build_index", "write_prompts", "answer_questions")  # they call a model
AWAY_S = 1.5  # until what was killed is started again
POLL_S = 0.05
NOBODY_S = 8.0  # without an agent at it, after which a run is taken for left alone
ENDED_S = 2.0  # the same for one that has ended
AT_WORK_S = 1.5  # after which a step without model calls is in the middle of its work
LATENCY_S = 0.4  # of the model
LATE_S = 240.0  # in which a step has to come about


class MissedError(Exception):
    """A moment never came."""


class Course:
    """A cell under way."""

    def __init__(self, world: World, cell: Cell, number: int) -> None:
        self._world, self._cell = world, cell
        self.found = Found(cell=cell)
        self._clicks = len(world.clicks())
        self._told: set[tuple[str, int]] = set()
        self._resumed: subprocess.Popen[bytes] | None = None
        self._alone_since: float | None = None
        self._before: Counter[str] = Counter()  # model calls before the kill
        self._known = {run["id"] for run in all_runs()}
        config = config_for(world, cell.step, number)
        world.model.forget()
        world.model.latency_s = LATENCY_S if cell.step in CALLING else 0.0
        self.run = start_run(PROJECT, config, template=ensure_template(PROJECT))
        if cell.keeper or cell.victim == "keeper":
            world.start("keeper")

    def play(self) -> Found:
        """Wait for the moment, kill, start again, and see it through."""
        try:
            self._play()
        except MissedError:
            self.found.outcome = "missed"
        self._count()
        self._clean_up()
        return self.found

    def _play(self) -> None:
        world, cell, found = self._world, self._cell, self.found
        if cell.victim:
            self._await_moment()
            found.in_flight, self._before = world.model.in_flight, world.model.calls()
            world.kill(cell.victim)
        killed = time.monotonic()
        if cell.victim:
            time.sleep(AWAY_S)
            if cell.moment == "unsent":
                world.start("server")
            world.start(cell.victim)
        while time.monotonic() - killed < cell.limit_s:
            if self._look():
                break
            time.sleep(POLL_S * 4)
        found.seconds = round(time.monotonic() - killed, 1)
        if cell.moment == "change":
            self._await(lambda: len(self._further()) > 0, 60.0)
            time.sleep(3.0)  # a second one would be started by one of the next ticks

    def _await_moment(self) -> None:
        cell = self._cell
        if cell.step == "review":
            self._await(lambda: self._review_status() == "queued")
            if cell.moment != "before":
                self._in_review()
        elif cell.moment == "before":
            first = cell.step == STEPS[0]
            self._await(lambda: self._status(self.run) == "in_progress" if first else bool(self._of(cell.step)))
        elif cell.moment == "after":
            self._await(lambda: self._of(cell.step) == "completed")
        else:
            self._await(lambda: self._of(cell.step) == "in_progress")
            if cell.step in CALLING:
                self._await(lambda: self._world.model.calls().total() >= 4 and self._world.model.in_flight > 0)
            else:
                time.sleep(AT_WORK_S)

    def _in_review(self) -> None:
        world, cell = self._world, self._cell
        task = self._review()["id"]
        if cell.moment == "after":
            world.pages[-1].tell(f"finish {task}")
            self._told.add((task, len(world.pages)))
            self._await(lambda: self._review_status() == "completed")
            return
        world.pages[-1].tell(f"rate {task} 2")
        self._await(lambda: any(row["what"] == "acknowledged" for row in self._rows()))
        world.pages[-1].wait_for(f"rate {task} 2 done")
        if cell.moment == "change":
            pushed = push_docs(PROJECT, world.docs(999), load_config().docs)
            self.found.notes.append(pushed.version.sentence())
        if cell.moment == "unsent":
            world.kill("server")
            world.pages[-1].tell(f"rate {task} 1")
            world.pages[-1].wait_for(f"rate {task} 1 done")

    def _look(self) -> bool:
        """Do what people and operators do; whether the run has ended well, or nothing helps."""
        try:
            task = call("tasks.get_by_id", task=self.run)["task"]
            self._let_people_rate()
            busy = busy_tasks()
        except RedraftError:
            return False
        status = task["status"]
        if status in ("completed", "published"):
            self.found.outcome = "completed"
            return True
        waits = any(review.pipeline_id == self.run for review in open_reviews(PROJECT))
        ended = status in ("failed", "stopped")
        alone = (ended or (status == "in_progress" and self.run not in busy)) and not waits
        now = time.monotonic()
        self._alone_since = (self._alone_since or now) if alone else None
        over = self._resumed is None or self._resumed.poll() is not None
        patience_s = ENDED_S if ended and self._cell.step != "review" else NOBODY_S  # the page wakes a run, too
        if alone and now - (self._alone_since or now) > patience_s and over and not self._cell.keeper:
            return self._resume(task)
        return False

    def _resume(self, task: dict[str, Any]) -> bool:
        if self.found.command.count("resume") >= 2:
            self.found.outcome = str(task["status"])
            self.found.notes.append(why_ended(task)[:300])
            return True
        again = "" if self.found.command == "nothing" else f"{self.found.command}, "
        self.found.command = f"{again}`redraft resume`"
        self.found.notes.append(f"{task['status']}: {why_ended(task)[:200]}")
        self._resumed, self._alone_since = self._world.resume(), None
        return False

    def _let_people_rate(self) -> None:
        for review in open_reviews(PROJECT):
            mark = (review.task_id, len(self._world.pages))
            if review.pipeline_id == self.run and review.status == "queued" and mark not in self._told:
                self._told.add(mark)
                self._world.pages[-1].tell(f"finish {review.task_id}")

    def _count(self) -> None:
        world, found = self._world, self.found
        calls = world.model.calls()
        found.calls, found.twice = calls.total(), twice(calls, self._before)
        clicked = {row["id"] for row in self._rows() if row["what"] == "clicked"}
        acknowledged = {row["id"] for row in self._rows() if row["what"] == "acknowledged"}
        found.clicked, found.acknowledged = len(clicked), len(acknowledged)
        there: set[str] = set()
        reviews = [task for task in self._tasks() if task["name"] == "review"]
        for review in reviews:
            if review["status"] == "completed":
                there |= {row.id for rows in kept(PROJECT, review["id"]).values() for row in rows}
        found.lost = len(clicked - there)
        found.reviews = len(reviews)
        found.open_reviews = len(open_reviews(PROJECT))
        found.orphans = sum(task["status"] in ("queued", "in_progress") for task in self._tasks())
        found.further_runs = len(self._further())

    def _clean_up(self) -> None:
        """Leave nothing to the next cell."""
        self._world.kill("keeper")
        self._world.kill("resume")
        ids = [self.run, *self._further()]
        left = [task for run in ids for task in find_tasks(parent=run, only_fields=["status"])]
        for task in [*({"id": run, "status": self._status(run)} for run in ids), *left]:
            if task["status"] in ("created", "queued", "in_progress"):
                call("tasks.dequeue", task=task["id"]) if task["status"] == "queued" else None
                call("tasks.stopped", task=task["id"], force=True, status_message="cleaned up")
        with contextlib.suppress(MissedError):
            self._await(lambda: not busy_tasks(), 60.0)

    def _rows(self) -> list[dict[str, Any]]:
        return self._world.clicks()[self._clicks :]

    def _further(self) -> list[str]:
        return [run["id"] for run in all_runs() if run["id"] not in self._known and run["id"] != self.run]

    def _tasks(self) -> list[dict[str, Any]]:
        return list(find_tasks(parent=self.run, only_fields=["name", "status"]))

    def _of(self, step: str) -> str:
        """Status of a step's newest task; empty before there is one."""
        return next((str(task["status"]) for task in reversed(self._tasks()) if task["name"] == step), "")

    def _review(self) -> dict[str, Any]:
        return next(task for task in reversed(self._tasks()) if task["name"] == "review")

    def _review_status(self) -> str:
        return self._of("review")

    def _status(self, task: str) -> str:
        return str(call("tasks.get_by_id", task=task)["task"]["status"])

    def _await(self, holds: Callable[[], bool], timeout_s: float = LATE_S) -> None:
        deadline = time.monotonic() + timeout_s
        while True:
            try:
                if holds():
                    return
            except ServerError:
                pass
            if time.monotonic() > deadline:
                raise MissedError
            time.sleep(POLL_S)


def all_runs() -> list[dict[str, Any]]:
    """All runs of the project, oldest first."""
    project = pipeline_project(PROJECT) if project_ids(PROJECT) else None
    return runs_of(project) if project else []
