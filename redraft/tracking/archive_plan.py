"""Which of a project's iterations may be archived, which stay, and why.

What stays whatever its age: what is not over, what an open review or a yes is waited for, the newest iterations, the
runs of the current prompt and the one before it, and every step of another run that these were given from the cache.
Versions of the docs always stay: each holds only what changed, so that later ones need all before them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from redraft.errors import InputError
from redraft.learning.history import History
from redraft.learning.labels import standing, waiting_for_yes
from redraft.tracking.archived import is_archived, steps_if_known
from redraft.tracking.endings import ENDING_FIELDS
from redraft.tracking.history import find_sources, load_history
from redraft.tracking.inbox import REVIEW_TAG, is_open
from redraft.tracking.indexes import newest_index
from redraft.tracking.prepare import runs_of
from redraft.tracking.server import find_tasks, project_ids, unix_time
from redraft.tracking.stored_indexes import index_bytes
from redraft.tracking.templates import pipeline_project

DAY_S = 86_400
ENDED = ("completed", "published", "failed", "stopped")
FIELDS = ["name", "type", *ENDING_FIELDS, "parent", "system_tags", "tags", "hyperparams",
          "execution.artifacts", "runtime", "completed", "status_changed", "last_update"]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class OldRun:
    """A run, and whether it goes or stays."""

    run_id: str
    iteration: int  # 0: never numbered
    ended: float  # Unix time, seconds; 0: not ended
    stays: str  # why; empty: it goes
    tasks: tuple[Mapping[str, Any], ...] = ()  # that go with it, itself first


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivePlan:
    """What would be archived, found out and not yet done."""

    project: str
    runs: tuple[OldRun, ...]  # oldest first; those that are archived already left out
    shared: tuple[Mapping[str, Any], ...]  # steps of runs that go, which what stays still needs
    n_archived: int  # runs that are archived already

    @property
    def going(self) -> tuple[OldRun, ...]:
        """The runs that go."""
        return tuple(run for run in self.runs if not run.stays)

    @property
    def tasks(self) -> tuple[Mapping[str, Any], ...]:
        """The tasks that go."""
        return tuple(task for run in self.going for task in run.tasks)

    @property
    def indexes(self) -> tuple[Mapping[str, Any], ...]:
        """Those of them with an index file, which can be made again."""
        return tuple(task for task in self.tasks if index_bytes(task))


def plan_archive(project: str, *, older_than_days: float, keep: int, now: float) -> ArchivePlan:
    """Find out what could be archived; changes nothing.

    Args:
        project: ClearML project.
        older_than_days: Runs that ended later stay.
        keep: How many of the newest iterations stay, however old.
        now: Unix time, seconds.

    Raises:
        InputError: The project has no run.
    """
    project_id = pipeline_project(project)
    runs = runs_of(project_id) if project_id else []
    if not runs:
        raise InputError(f"project {project!r} has no run yet: there is nothing to archive")
    tasks = {task["id"]: task for task in find_tasks(project=project_ids(project), only_fields=FIELDS)}
    known = [tasks[run["id"]] | {"iteration": run["iteration"]} for run in runs if run["id"] in tasks]
    history = load_history(find_sources(project))
    named, newest = _named_variants(history), _newest_iterations(known, keep)
    stays: dict[str, str] = {}
    for run in known:
        age_days = (now - _ended(run)) / DAY_S
        reasons = (
            (run["status"] not in ENDED, f"it is {run['status']}"),
            (_has_open_review(run, tasks.values()), "its review is open"),
            (run["id"] == known[-1]["id"], "it is the newest run"),
            (run["iteration"] in newest, f"one of the newest {keep} iterations"),
            (_judged(run) in named, named.get(_judged(run), "")),
            (age_days < older_than_days, f"it ended {age_days:.1f} days ago"),
        )
        stays[run["id"]] = next((why for holds, why in reasons if holds), "")
    indexes = {answer.index_id for _, answer in history.rated() if answer.variant_id in named}
    used = {step for run in known if stays[run["id"]] for step in steps_if_known(run["id"])}
    needed = _needed(project, used, indexes, tasks)
    open_runs = [run for run in known if not is_archived(run)]
    plan = [_old_run(run, stays[run["id"]], tasks.values(), needed) for run in open_runs]
    gone = {run["id"] for run in known if not stays[run["id"]]}
    shared = [t for t in tasks.values() if t["id"] in needed and t.get("parent") in gone and not is_archived(t)]
    return ArchivePlan(project=project, runs=tuple(plan), shared=tuple(shared), n_archived=len(known) - len(open_runs))


def _old_run(run: Mapping[str, Any], stays: str, tasks: Iterable[Mapping[str, Any]], needed: frozenset[str]) -> OldRun:
    own = [run, *(t for t in tasks if t.get("parent") == run["id"] and t["status"] in ENDED and not is_archived(t))]
    return OldRun(
        run_id=str(run["id"]),
        iteration=int(run["iteration"]),
        ended=_ended(run) if run["status"] in ENDED else 0.0,
        stays=stays,
        tasks=() if stays else tuple(task for task in own if task["id"] not in needed),
    )


def _needed(
    project: str, used: Iterable[str], index_ids: Iterable[str], tasks: Mapping[str, Mapping[str, Any]]
) -> frozenset[str]:
    """Ids of steps that something which stays needs.

    Args:
        project: ClearML project, whose newest index of each embedding model is what the next one is made from.
        used: Steps of the runs that stay, those from the cache too.
        index_ids: Of answers that stay of interest.
        tasks: All tasks by id.
    """
    made = {task_id: task for task_id, task in tasks.items() if task["name"] == "build_index"}
    embedders, wanted = {_value(task, "Out", "embedder") for task in made.values()}, set(index_ids)
    newest = {newest_index(project, embedder) or "" for embedder in embedders}
    named = {task_id for task_id, task in made.items() if _value(task, "Out", "index_id") in wanted}
    of_index = {*used, *newest, *named}
    docs = {_value(tasks[task_id], "Out", "dataset_id") for task_id in of_index if task_id in tasks} - {""}
    versions = {i for i, t in tasks.items() if t["name"] == "version_docs" and _value(t, "Out", "dataset_id") in docs}
    return frozenset({*of_index, *versions} - {""})


def _named_variants(history: History) -> dict[str, str]:
    """Variants that people may ask for by what they are, and why their runs stay."""
    now, waiting = standing(history.decisions), waiting_for_yes(history)
    named = {now.previous: "its prompt was current before", now.current: "its prompt is current"}
    if waiting is not None:
        named[waiting.variant_id] = "its prompt waits for a yes"
    return {variant: why for variant, why in named.items() if variant}


def _newest_iterations(runs: Iterable[Mapping[str, Any]], keep: int) -> frozenset[int]:
    numbers = sorted({int(run["iteration"]) for run in runs if run["iteration"]})
    return frozenset(numbers[-keep:] if keep else ())


def _has_open_review(run: Mapping[str, Any], tasks: Iterable[Mapping[str, Any]]) -> bool:
    return any(
        REVIEW_TAG in (task.get("tags") or []) and task.get("parent") == run["id"] and is_open(dict(task))
        for task in tasks
    )


def _judged(run: Mapping[str, Any]) -> str:
    """The new variant that people judged in a run; empty: it did not come to that."""
    return _value(run, "Result", "variant_id")


def _ended(task: Mapping[str, Any]) -> float:
    return unix_time(task.get("completed") or task.get("status_changed") or task.get("last_update"))


def _value(task: Mapping[str, Any], section: str, name: str) -> str:
    return str(((task.get("hyperparams") or {}).get(section) or {}).get(name, {}).get("value") or "")
