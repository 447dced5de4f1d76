"""Old iterations are hidden, and nothing that anybody reads is lost: not even when the archive is emptied."""

from __future__ import annotations

import time
from typing import Any

import pytest
from judged_project import B, C
from old_project import OldProject, make_old_project

from redraft.errors import InputError, ServerRefused
from redraft.tracking.archive_plan import ArchivePlan, plan_archive
from redraft.tracking.archived import bring_back
from redraft.tracking.archiving import archive
from redraft.tracking.artifacts import artifact_urls, get_file
from redraft.tracking.forgetting import forget, plan_forgetting
from redraft.tracking.history import find_sources, load_history
from redraft.tracking.prepare import runs_of
from redraft.tracking.registry import current_prompts
from redraft.tracking.results import load_results
from redraft.tracking.server import Refusal, call
from redraft.tracking.templates import pipeline_project


@pytest.fixture
def old(project: str) -> OldProject:
    return make_old_project(project)


def plan(old: OldProject, *, keep: int = 1, older_than_days: float = 30) -> ArchivePlan:
    return plan_archive(old.name, older_than_days=older_than_days, keep=keep, now=time.time() + 100 * 86_400)


def hidden(task: str) -> bool:
    return "archived" in call("tasks.get_by_id", task=task)["task"]["system_tags"]


def found_in_cache(key: str) -> list[str]:
    """Ask as the SDK does when it looks for a finished step."""
    pattern = {"fields": ["runtime.pipeline_job_hash"], "pattern": f"^{key}$"}
    only_live = {"system_tags": ["-archived"], "status": ["completed", "published"]}
    return [t["id"] for t in call("tasks.get_all", _all_=pattern, only_fields=["id"], **only_live)["tasks"]]


def test_the_plan_says_of_every_run_why_it_stays_and_keeps_steps_that_others_had_from_the_cache(
    old: OldProject,
) -> None:
    found = plan(old)
    assert {run.iteration: run.stays for run in found.runs} == {
        1: "",
        2: "its prompt was current before",
        3: "it is the newest run",
    }
    own = {old.runs[1], *old.steps[1].values()} - {old.steps[1]["build_index"]}
    assert {task["id"] for task in found.tasks} == own
    assert [task["id"] for task in found.shared] == [old.steps[1]["build_index"]]


def test_the_newest_iterations_and_what_is_not_old_enough_stay(old: OldProject) -> None:
    assert {run.stays for run in plan(old, keep=3).runs if run.iteration < 3} == {"one of the newest 3 iterations"}
    young = plan(old, older_than_days=200)
    assert young.going == ()
    assert young.runs[0].stays == "it ended 100.0 days ago"


def test_an_open_review_keeps_its_run(old: OldProject) -> None:
    call("tasks.reset", task=old.steps[1]["review"], force=True)
    assert {run.iteration: run.stays for run in plan(old).runs}[1] == "its review is open"


def test_history_results_and_current_prompt_are_the_same_after_archiving_and_after_the_archive_was_emptied(
    old: OldProject,
) -> None:
    before, results = load_history(find_sources(old.name)), load_results(old.name)
    going = plan(old)

    snapshot = archive(going)

    assert all(hidden(task["id"]) for task in going.tasks)
    assert not any(hidden(task) for task in (*old.runs.values(), *old.steps[3].values()) if task not in ids(going))
    sources = find_sources(old.name)
    assert snapshot in sources
    assert not ids(going) & set(sources)
    assert (load_history(sources), load_results(old.name)) == (before, results)

    for task in ids(going):
        call("tasks.delete", task=task, force=True)
    after = load_history(find_sources(old.name))
    assert (after, load_results(old.name)) == (before, results)
    assert current_prompts(after) == current_prompts(before)
    assert current_prompts(after)[0].id == C.id  # type: ignore[index]
    assert any(row.comment == "On second thoughts." for row in after.ratings_of(B.id))


def test_a_snapshot_holds_rows_that_were_superseded_too(old: OldProject) -> None:
    going = plan(old)
    snapshot = archive(going)
    assert snapshot is not None
    text = get_file(artifact_urls(snapshot)["ratings"]).read_text(encoding="utf-8")
    assert len(text.splitlines()) == 1 + 12 + 1


def test_what_a_run_learns_from_is_read_from_the_snapshot_when_the_archive_was_emptied(old: OldProject) -> None:
    """Its list of sources was fixed when it was launched, and names the tasks that are gone."""
    fixed = find_sources(old.name)
    before = load_history(fixed)
    archive(plan(old))
    for task in (going := [old.runs[1], old.steps[1]["review"]]):
        call("tasks.delete", task=task, force=True)
    assert load_history(fixed) == before
    with pytest.raises(ServerRefused, match="was deleted"):  # the snapshot holds more than this one may know
        load_history([going[1], old.steps[1]["answer_questions"]])


def test_a_person_is_forgotten_in_a_snapshot_too(old: OldProject) -> None:
    archive(plan(old))
    forget(plan_forgetting(old.name, "Ann", "person-1"))
    after = load_history(find_sources(old.name))
    assert {rating.reviewer for rating in after.ratings} == {"person-1", "Ben"}
    assert len(after.ratings) == 36


def ids(plan: ArchivePlan) -> set[str]:
    return {task["id"] for task in plan.tasks}


@pytest.mark.parametrize("dies_after", ["snapshot", "archived"])
def test_a_second_call_does_what_a_first_one_that_died_left(old: OldProject, dies_after: str) -> None:
    before = load_history(find_sources(old.name))

    def die(step: str) -> None:
        if step == dies_after:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        archive(plan(old), between=die)
    assert load_history(find_sources(old.name)) == before
    assert archive(plan(old)) is None
    assert hidden(old.runs[1])
    assert plan(old).going == ()
    assert load_history(find_sources(old.name)) == before


def test_an_iteration_that_is_run_again_comes_out_of_the_archive_with_all_its_steps(old: OldProject) -> None:
    archive(plan(old))
    project_id = pipeline_project(old.name)
    assert project_id is not None
    assert bring_back(runs_of(project_id), 2) == 0
    assert bring_back(runs_of(project_id), 1) == 5
    assert not any(hidden(task) for task in (old.runs[1], *old.steps[1].values()))


def test_a_step_whose_index_was_deleted_is_not_found_in_the_cache_again(old: OldProject) -> None:
    """Also not once it was brought back: what it was found for is not there."""
    index, key = old.steps[1]["build_index"], f"hash of {old.name}"
    url = artifact_urls(index)["index"]
    assert found_in_cache(key) == [index]
    found = plan(old)
    task = found.shared[0]
    going = alter(found, index)

    archive(going, delete_indexes=True)

    assert set(artifact_urls(index)) == {"chunks"}
    with pytest.raises(Exception, match="download"):
        get_file(url)
    call("tasks.unarchive_many", ids=[index])
    assert found_in_cache(key) == []
    assert call("tasks.get_by_id", task=index)["task"]["runtime"] == {"other": "kept"}
    assert task["id"] == index


def alter(plan: ArchivePlan, index: str) -> ArchivePlan:
    """The plan as if nothing that stays needed the index."""
    import dataclasses

    first = next(run for run in plan.runs if not run.stays)
    more: tuple[Any, ...] = (*first.tasks, *(task for task in plan.shared if task["id"] == index))
    return dataclasses.replace(plan, runs=(dataclasses.replace(first, tasks=more),), shared=())


def test_a_project_without_runs_says_so(project: str) -> None:
    with pytest.raises(InputError, match="nothing to archive"):
        plan_archive(project, older_than_days=1, keep=1, now=time.time())


def test_archived_tasks_are_found_by_id_and_by_our_listings_but_not_by_the_look_up_of_finished_steps(
    old: OldProject,
) -> None:
    index = old.steps[1]["build_index"]
    call("tasks.archive", tasks=[index])
    assert found_in_cache(f"hash of {old.name}") == []
    assert index in find_sources(old.name)
    assert call("tasks.get_by_id", task=index)["task"]["status"] == "completed"
    with pytest.raises(Refusal):
        call("tasks.get_by_id", task="0" * 32)
