"""A project as a keeper finds it: runs, reviews and docs, with what agents would do done by the test."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clearml import Task
from review_world import make_review, rate, server_task

from redraft.config import load_config, section_text
from redraft.settings import Config
from redraft.tracking.closing import close_review
from redraft.tracking.datasets import FINGERPRINT, newest_version
from redraft.tracking.followed_docs import keep_docs
from redraft.tracking.inbox import OpenReview
from redraft.tracking.keeping.docs import push_docs
from redraft.tracking.keeping.keeper import Keeper
from redraft.tracking.keeping.memory import set_properties
from redraft.tracking.keeping.notices import Channel
from redraft.tracking.prepare import effective_config, runs_of
from redraft.tracking.server import call
from redraft.tracking.step import CONFIG_OBJECT
from redraft.tracking.templates import TEMPLATE_TAG

MINUTE_S = 60.0
DAY_S = 24 * 3600.0
SETTINGS = load_config().docs


@dataclass(kw_only=True)
class World:
    """See the module. Its clock goes on by a minute at every tick."""

    project: str
    folder: Path
    template: Task
    now: float = field(default_factory=time.time)
    posted: list[str] = field(default_factory=list)
    down: str = ""  # why the webhook fails
    versions: int = 0

    @classmethod
    def of(cls, project: str, folder: Path) -> World:
        """Make a project with a template and an empty folder of docs."""
        template = Task.create(
            project_name=f"{project}/.pipelines/improve prompt", task_name="improve prompt", task_type="controller"
        )
        template.set_tags([TEMPLATE_TAG])
        (folder / "docs").mkdir()
        return cls(project=project, folder=folder, template=template)

    def keeper(self, owner: str = "one", **settings: object) -> Keeper:
        """Make a keeper, as if its process had just begun."""
        config = load_config(overrides={f"keeper.{key}": value for key, value in settings.items()})
        channel = Channel(post=self.post, page=lambda: config.keeper.page_url)
        return Keeper(self.project, config, owner=owner, channel=channel)

    def post(self, text: str) -> str:
        """Be the webhook."""
        if not self.down:
            self.posted.append(text)
        return self.down

    def tick(self, keeper: Keeper, *, after_s: float = MINUTE_S) -> str:
        """Let time pass and a keeper look; what it says."""
        self.now += after_s
        return keeper.tick(now=self.now)

    def push(self, text: str) -> str:
        """Change the docs and make them a version; its id."""
        (self.folder / "docs" / "index.md").write_text(f"# Start\n\n{text}\n", encoding="utf-8")
        return push_docs(self.project, self.folder / "docs", SETTINGS).version.dataset_id

    def version(self, content: str) -> str:
        """Make a version of the docs dataset without files: faster, where nobody reads them; its id."""
        self.versions += 1
        task = Task.create(
            project_name=f"{self.project}/.datasets/docs", task_name="docs", task_type=Task.TaskTypes.data_processing
        )
        runtime = {"version": f"1.0.{self.versions}"}
        call("tasks.edit", task=task.id, system_tags=["dataset", "hidden"], runtime=runtime)
        set_properties(task.id, {FINGERPRINT: content})
        call("tasks.started", task=task.id)
        call("tasks.completed", task=task.id)
        return str(task.id)

    def run(self, *, status: str = "completed", config: Config | None = None, iteration: int = 1) -> str:
        """Make a run that is about the newest docs; its id."""
        run = str(call("tasks.clone", task=self.template.id, new_task_name="improve prompt #1")["id"])
        call("tasks.edit", task=run, tags=["redraft-run"])
        text = section_text(config or load_config(overrides={"run.docs": "dataset:latest"}))
        items = [{"name": CONFIG_OBJECT, "value": text, "type": "yaml"}]
        call("tasks.edit_configuration", task=run, configuration=items, replace_configuration=False)
        Task.get_task(run).set_parameter("Args/iteration", iteration)
        if status != "created":
            self.begin(run)
        if status not in ("created", "in_progress"):
            call(f"tasks.{status}", task=run)
        return run

    def begin(self, run: str) -> None:
        """Start a run, as its controller does: it takes the newest docs."""
        if server_task(run)["status"] == "queued":
            call("tasks.dequeue", task=run)
        call("tasks.started", task=run, force=True)  # as an agent does
        newest = newest_version(self.project)
        if newest is not None and effective_config(Task.get_task(run)).run.docs == "dataset:latest":
            keep_docs(run, newest["id"])

    def end(self, run: str, status: str = "completed") -> None:
        """End a run that is in progress."""
        call(f"tasks.{status}", task=run)

    def review(self, run: str, *, iteration: int = 1) -> OpenReview:
        """Open a run's review."""
        return make_review(self.project, parent=run, iteration=iteration)

    def runs(self) -> list[dict[str, Any]]:
        """The project's runs, oldest first."""
        return runs_of(self.template.project)

    def started(self, *known: str) -> list[str]:
        """Ids of the runs beside these."""
        return [run["id"] for run in self.runs() if run["id"] not in known]


def complete(review: OpenReview, *, names: Sequence[str] = ("Ann", "Bob")) -> None:
    """Rate all there is to rate and close the review."""
    for name in names:
        rate(review, name, 4, 4, 4)
    close_review(review)
