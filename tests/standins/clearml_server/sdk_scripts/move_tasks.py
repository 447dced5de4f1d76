"""Tasks made, cloned, queued, reset, archived, deleted and found again, by a process without a task of its own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from clearml import Task
from clearml.backend_api.session.client import APIClient

PROJECT = "flows/moves"


def main() -> None:
    """Run each flow and write what was seen."""
    facts = _clone_and_queue() | _reset() | _archive_and_delete() | _by_tags() | _by_filters() | _hidden() | _refusals()
    Path("moves.json").write_text(json.dumps(facts), encoding="utf-8")


def _make(name: str, tags: Sequence[str] = (), project: str = PROJECT) -> Task:
    task = Task.create(project_name=project, task_name=name)
    if tags:
        task.set_tags(list(tags))
    return task


def _clone_and_queue() -> dict[str, Any]:
    source = _make("template")
    source.set_parameters({"Args/top_k": 5, "Args/kind": "x"})
    source.connect_configuration({"a": 1}, name="section")
    copy = Task.clone(source, name="copy of it", comment="cloned")
    copy.set_parameter("Args/top_k", 9)
    client = APIClient()
    queue = client.queues.create(name="nobody-serves-this").id
    default = client.queues.get_default().name
    Task.enqueue(copy, queue_name="nobody-serves-this")
    facts = {
        "queued": str(Task.get_task(copy.id).status),
        "entries": Task.get_num_enqueued_tasks(queue_name="nobody-serves-this"),
    }
    Task.dequeue(copy)
    read = Task.get_task(copy.id)
    return facts | {
        "default_queue": default,
        "dequeued": str(read.status),
        "entries_after": Task.get_num_enqueued_tasks(queue_id=queue),
        "clone_parameters": read.get_parameters(),
        "source_parameters": Task.get_task(source.id).get_parameters(),
        "clone_configuration": read.get_configuration_object_as_dict("section"),
        "clone_parent_is_source": read.parent == source.id,
        "clone_comment": read.comment,
    }


def _reset() -> dict[str, Any]:
    task = _make("to be reset")
    task.set_parameter("Args/kept", "yes")
    task.mark_started()
    task.get_logger().report_scalar("loss", "train", 1.0, 3)
    task.upload_artifact("output", {"x": 1}, wait_on_upload=True)
    task.flush(wait_for_uploads=True)
    task.mark_failed(status_message="on purpose", status_reason="test")
    failed = Task.get_task(task.id)
    facts = {"failed": [str(failed.status), failed.data.status_message, failed.data.status_reason]}
    failed.reset(force=True)
    read = Task.get_task(task.id)
    return facts | {
        "reset": str(read.status),
        "reset_scalars": read.get_reported_scalars(),
        "reset_artifacts": sorted(read.artifacts),
        "reset_parameters": read.get_parameters(),
    }


def _archive_and_delete() -> dict[str, Any]:
    kept, gone = _make("archived one"), _make("deleted one")
    kept.set_archived(archive=True)
    shown = Task.query_tasks(
        project_name=PROJECT, task_name="^archived one$", task_filter={"system_tags": ["-archived"]}
    )
    everything = Task.query_tasks(project_name=PROJECT, task_name="^archived one$")
    kept.set_archived(archive=False)
    facts = {
        "archived_shown": len(shown),
        "archived_found": len(everything),
        "unarchived": Task.get_task(kept.id).get_archived(),
        "deleted": bool(gone.delete(raise_on_error=True)),
    }
    return facts | {"deleted_found": Task.query_tasks(project_name=PROJECT, task_name="^deleted one$")}


def _by_tags() -> dict[str, Any]:
    ids = {"".join(tags): _make("tagged", tags).id for tags in ("a", "ab", "abc", "c")}
    names = {task_id: name for name, task_id in ids.items()}

    def found(*tags: str) -> list[str]:
        tasks = Task.query_tasks(project_name=PROJECT, tags=list(tags), task_filter={"status": ["created"]})
        return sorted(names.get(task_id, "untagged") for task_id in tasks)

    return {
        "tags_any": found("b", "c"),
        "tags_all": found("__$all", "a", "b"),
        "tags_without": found("a", "-c"),
        "tags_all_not": found("__$all", "a", "__$not", "c"),
        "tags_only_without": sorted(set(found("-a"))),
    }


def _by_filters() -> dict[str, Any]:
    tasks = [_make(f"numbered {number:02}") for number in range(12)]
    tasks[3].mark_started()
    tasks[4].mark_started()
    tasks[4].mark_completed(force=True)
    tasks[5].set_parameter("Args/wanted", "this one")

    def names(**kwargs: Any) -> list[str]:
        wanted = {"additional_return_fields": ["name"], "project_name": PROJECT, "task_name": "^numbered"}
        return [item["name"] for item in Task.query_tasks(**{**wanted, **kwargs})]

    return {
        "by_status": names(task_filter={"status": ["in_progress", "completed"], "order_by": ["name"]}),
        "by_order": names(task_filter={"order_by": ["-name"], "page": 0, "page_size": 3}),
        "second_page": names(task_filter={"order_by": ["name"], "page": 1, "page_size": 5}),
        "by_partial_name": names(task_name="ed 0[12]", task_filter={"order_by": ["name"]}),
        "by_parameter": names(
            task_filter={"hyperparams.Args.wanted.value": ["this one"], "_allow_extra_fields_": True}
        ),
        "got": [task.name for task in Task.get_tasks(project_name=PROJECT, task_name="^numbered 07$")],
        "got_ids": len(Task.get_tasks(task_ids=[task.id for task in tasks[:4]])),
        "by_type": names(task_filter={"type": ["training"], "order_by": ["name"]})[:1],
        "none": names(task_filter={"status": ["published"]}),
    }


def _hidden() -> dict[str, Any]:
    project = Task.get_project_id(PROJECT)
    _make("in the open", project="flows/moves/sub")
    hidden = Task.create(project_name="flows/moves/.pipelines/line", task_name="hidden run", task_type="controller")
    client = APIClient()
    client.projects.update(project=hidden.project, system_tags=["hidden", "pipeline"])
    seen = [item.name for item in Task.get_projects(name="^flows/moves/")]
    searched = client.projects.get_all(name="^flows/moves/", search_hidden=True, _allow_extra_fields_=True)
    return {
        "project_known": bool(project),
        "projects_shown": sorted(seen),
        "projects_searched": sorted(item.name for item in searched),
        "hidden_by_plain_query": Task.query_tasks(project_name="flows/moves/.pipelines/line"),
        "hidden_by_search": len(
            Task.query_tasks(
                project_name="flows/moves/.pipelines/line",
                task_filter={"search_hidden": True, "_allow_extra_fields_": True},
            )
        ),
    }


def _refusals() -> dict[str, Any]:
    task = _make("published one")
    task.mark_started()
    task.mark_completed(force=True)
    task.publish()
    missing = Task.get_task(project_name=PROJECT, task_name="nobody made this")
    try:
        Task.get_task("0" * 32)
    except ValueError as error:
        return {"published": str(Task.get_task(task.id).status), "missing": missing, "unknown": str(error)[:40]}
    return {"unknown": "found"}


if __name__ == "__main__":
    main()
