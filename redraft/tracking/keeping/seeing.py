"""What there is to see on the server at one tick. It remembers what it has read of things that do not change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from redraft.errors import RedraftError, ServerError
from redraft.learning.history import make_history
from redraft.learning.labels import waiting_for_yes
from redraft.records import Feedback
from redraft.tracking.datasets import content_of, newest_version
from redraft.tracking.feedback import FEEDBACK_TAG, last_words
from redraft.tracking.followed_docs import DOCS_VERSION, property_of
from redraft.tracking.history import ENDED, load_decisions, load_history
from redraft.tracking.keeping.decide import Run, Version
from redraft.tracking.keeping.notices import Waits
from redraft.tracking.keeping.starting import is_idle_draft, noted_docs
from redraft.tracking.prepare import runs_of
from redraft.tracking.runs import steps_of
from redraft.tracking.server import call, find_tasks, project_ids, unix_time
from redraft.tracking.step import results_of
from redraft.tracking.templates import pipeline_project

CLOCKS_DIFFER_S = 60.0  # between the server and the page, at most: beyond 30 s the doctor fails
LOOK_BACK = 10  # runs, for one of which it is known what docs it was about


def all_runs(project: str, *, now: float) -> list[dict[str, Any]]:
    """The project's runs as the server describes them, oldest first, without drafts that a person left."""
    project_id = pipeline_project(project)
    return [run for run in runs_of(project_id) if not is_idle_draft(run, now)] if project_id else []


def as_run(run: Mapping[str, Any]) -> Run:
    """A run as the keeper sees it."""
    status = str(run["status"])
    failed = call("tasks.get_by_id", task=run["id"])["task"] if status == "failed" else {}
    return Run(
        id=str(run["id"]),
        iteration=int(run["iteration"]),
        # a draft that is not idle is on its way
        status="queued" if status == "created" else status,
        created=unix_time(run.get("created")),
        changed=str(failed.get("status_changed") or ""),
        noted=noted_docs(run),
    )


def newest_docs(project: str) -> Version | None:
    """The newest completed version of a project's docs."""
    task = newest_version(project)
    return None if task is None else _version(task)


class UsedDocs:
    """Which docs the runs of a project were about."""

    def __init__(self) -> None:
        self._known: dict[tuple[str, str], str] = {}  # (run, its status) -> id of the version; empty: none
        self._versions: dict[str, Version] = {}

    def of(self, runs: Sequence[Mapping[str, Any]]) -> Version | None:
        """The docs of the newest run of which that is known; `None` if it is of none."""
        for run in reversed(runs[-LOOK_BACK:]):
            key = (str(run["id"]), str(run["status"]))
            if key not in self._known:
                self._known[key] = _docs_of(run)
            if self._known[key]:
                return self._version(self._known[key])
        return None

    def _version(self, dataset_id: str) -> Version:
        if dataset_id not in self._versions:
            fields = ["completed", "hyperparams.properties"]
            found = list(find_tasks(id=[dataset_id], only_fields=fields))
            # one that was deleted meanwhile is like no other
            self._versions[dataset_id] = _version(found[0] if found else {"id": dataset_id})
        return self._versions[dataset_id]


class ThumbsDown:
    """How often people were not content with an answer of the page Ask."""

    def __init__(self) -> None:
        self._read: dict[str, tuple[Feedback, ...]] = {}  # by task; a finished one never changes

    def since(self, project: str, when: float) -> int:
        """How many thumbs-down people have given since a time, Unix seconds, and not taken back.

        When the task was completed says nothing: `redraft forget` completes it anew.
        """
        ids = project_ids(project)
        found = find_tasks(project=ids, tags=[FEEDBACK_TAG], only_fields=["created"], status=list(ENDED)) if ids else ()
        late = [str(task["id"]) for task in found if unix_time(task.get("created")) > when - CLOCKS_DIFFER_S]
        for task_id in late:
            if task_id not in self._read:
                self._read[task_id] = load_history([task_id]).feedback
        rows = [row for task_id in late for row in self._read[task_id] if row.created > when]
        return sum(row.thumb == "down" for row in last_words(sorted(rows, key=lambda row: row.created)))


def waiting_promotion(project: str) -> Waits | None:
    """The promotion that waits for a person's yes."""
    decision = waiting_for_yes(make_history(load_decisions(project)))
    return None if decision is None else Waits(decision_id=decision.id, variant_id=decision.variant_id)


def _docs_of(run: Mapping[str, Any]) -> str:
    """Id of the docs version that a run was about; empty: it did not get so far."""
    pinned = property_of(run, DOCS_VERSION)
    if pinned:
        return pinned
    try:
        step = steps_of(str(run["id"])).get("version_docs")
        return results_of(step).get("dataset_id", "") if step else ""
    except ServerError:
        raise
    except RedraftError:  # its controller has not begun
        return ""


def _version(task: Mapping[str, Any]) -> Version:
    return Version(id=str(task["id"]), content=content_of(dict(task)), completed=unix_time(task.get("completed")))
