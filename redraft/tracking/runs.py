"""Starting, finding, resuming and awaiting runs. Every run is a clone of a template that is never executed.

Runs that were cloned from a first run would have it as parent: aborting, archiving or deleting that one from the UI
would do the same to all of them.
"""

from __future__ import annotations

import logging
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from redraft.config import ROOT, Config, section_text, to_tree
from redraft.errors import InputError, LaunchError, RunError
from redraft.tracking.cache import code_hash
from redraft.tracking.prepare import runs_of
from redraft.tracking.queues import busy_tasks, check_queues, queue_id, queues_of_run, remove_from_queue
from redraft.tracking.server import call, find_tasks, project_ids
from redraft.tracking.step import CONFIG_OBJECT

log = logging.getLogger("redraft")

PIPELINE = "improve prompt"
PROJECT = "redraft"
DEMO_PROJECT = "redraft-demo"  # apart, so that the demo's ratings are no part of anybody's history
TEMPLATE_TAG = "redraft-template"
SCRIPT = "pipelines/improve_prompt.py"
AFTER = "after_run"
TEMPLATE_TIMEOUT_S = 180


def pipeline_project(project: str) -> str | None:
    """Id of the hidden project that holds a project's runs; `None` before the first."""
    found = project_ids(f"{project}/.pipelines/{PIPELINE}")
    return found[0] if found else None


def default_project() -> str:
    """The project that a command means when none is named: the demo's as long as there is no other."""
    return DEMO_PROJECT if pipeline_project(DEMO_PROJECT) and not pipeline_project(PROJECT) else PROJECT


def project_of(task_id: str) -> str:
    """ClearML project of a run, without the hidden part of its name."""
    project = call("tasks.get_by_id", task=task_id)["task"]["project"]
    name = str(call("projects.get_by_id", project=project)["project"]["name"])
    return name.partition("/.pipelines/")[0]


def code_version() -> str:
    """Content hash of everything that a run executes."""
    return code_hash(ROOT / SCRIPT, ROOT)[:16]


def mark_template(task: Any) -> None:
    """Make the pipeline task that is being built the template of this version of the code."""
    task.add_tags([TEMPLATE_TAG, f"code-{code_version()}"])
    task.set_name(f"{PIPELINE} (template)")
    task._wait_for_repo_detection(timeout=TEMPLATE_TIMEOUT_S)
    task.reload()
    script = task.data.script.to_dict()
    if not script.get("repository"):  # not a git checkout: agents must run the files as they lie in their code folder
        task._edit(script={**script, "entry_point": SCRIPT, "working_dir": ".", "diff": ""})


def ensure_template(project: str) -> str:
    """Id of the template for the code as it is now; made if there is none yet."""
    found = _template(project)
    if found:
        return found
    command = [sys.executable, str(ROOT / SCRIPT), "--project", project]
    made = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=TEMPLATE_TIMEOUT_S,
        stdin=subprocess.DEVNULL,
        check=False,
    )
    found = _template(project)
    if not found:
        last = (made.stderr or made.stdout).strip().splitlines()[-3:]
        raise LaunchError(f"the pipeline's template could not be made: {' | '.join(last)}")
    return found


def start_run(project: str, config: Config, *, template: str | None = None, after: str | None = None) -> str:
    """Start a run with this configuration; return its task's id.

    Args:
        project: ClearML project.
        config: What to run.
        template: What to clone; `None` finds or makes it.
        after: Id of the run that starts this one.

    Raises:
        LaunchError: A queue is missing or not served.
    """
    check_queues(config.queues)
    run = draft_run(template or ensure_template(project), config, {AFTER: after} if after else {})
    call("tasks.enqueue", task=run, queue=queue_id(config.queues.services))
    return run


def draft_run(template: str, config: Config, properties: Mapping[str, str] | None = None) -> str:
    """Make a run with this configuration that nobody executes until it is put on its queue; return its task's id."""
    project_id = call("tasks.get_by_id", task=template)["task"]["project"]
    name = f"{PIPELINE} #{_next_number(project_id)}"
    run = str(call("tasks.clone", task=template, new_task_name=name, new_task_parent=template)["id"])
    call("tasks.edit", task=run, tags=["redraft-run"])
    texts = {CONFIG_OBJECT: section_text(config)}
    items = [{"name": key, "value": text, "type": "yaml"} for key, text in texts.items()]
    call("tasks.edit_configuration", task=run, configuration=items, replace_configuration=False)
    parameters = [{"section": "Args", "name": key, "value": str(value)} for key, value in to_tree(config.run).items()]
    parameters += [{"section": "properties", "name": key, "value": text} for key, text in (properties or {}).items()]
    call("tasks.edit_hyper_params", task=run, hyperparams=parameters, replace_hyperparams="none")
    return run


def start_next(pipeline: Any, config: Config) -> str:
    """Start the iteration after this run's, once, however often it is asked."""
    for run in runs_of(pipeline.project):
        if ((run.get("hyperparams") or {}).get("properties") or {}).get(AFTER, {}).get("value") == pipeline.id:
            if run["status"] == "created":  # its starter died before it sent it off
                call("tasks.enqueue", task=run["id"], queue=queue_id(config.queues.services))
            return str(run["id"])
    from redraft.tracking.prepare import override_run

    following = override_run(config, {"iteration": 0, "iterations": config.run.iterations - 1})
    return start_run(project_of(pipeline.id), following, template=pipeline.parent, after=pipeline.id)


def start_iteration(project: str, config: Config) -> str:
    """Start the iteration after the project's newest run with that run's choices; the first one with `config`.

    Twice asked, it is started once.

    Raises:
        RunError: The newest run has not ended well yet: it is resumed, not overtaken.
        LaunchError: A queue is missing or not served.
    """
    from clearml import Task

    from redraft.tracking.prepare import effective_config, override_run

    project_id = pipeline_project(project)
    runs = runs_of(project_id) if project_id else []
    if not runs:
        return start_run(project, override_run(config, {"iteration": 0}))
    last = runs[-1]
    if last["status"] not in ("completed", "published"):
        raise RunError(
            f"iteration {last['iteration']} is {last['status']}: the next one starts when it is completed",
            remedy="`redraft resume` continues it",
        )
    pipeline = Task.get_task(task_id=last["id"])
    return start_next(pipeline, override_run(effective_config(pipeline), {"iterations": 2}))


def stop_orphans(project: str) -> None:
    """Stop steps that were running when this machine's agents died; only for one who knows that none is alive."""
    ids = project_ids(project)
    for task in find_tasks(project=ids, status=["in_progress"], only_fields=["type", "tags"]) if ids else []:
        if "redraft-records" in (task.get("tags") or []) and "redraft-review" not in (task.get("tags") or []):
            call("tasks.stopped", task=task["id"], force=True, status_message="its agent is gone")


def resume_run(run: str, *, nobody_has_it: bool = False) -> str:
    """Put a run whose controller died back on its queue: same task, finished steps come from the cache.

    Args:
        run: Id of the run's task.
        nobody_has_it: The caller knows that no agent is at it, whatever the server last heard.

    Raises:
        RunError: It has ended well, or its controller is alive.
    """
    task = call("tasks.get_by_id", task=run)["task"]
    status = task["status"]
    if status in ("completed", "published"):
        raise RunError(f"run {run} is {status}: there is nothing to resume", remedy="start the next with `redraft run`")
    if status == "in_progress" and not nobody_has_it and run in busy_tasks():
        raise RunError(f"run {run} is running on agent {busy_tasks()[run]}", remedy="wait, or abort it first")
    names = queues_of_run(run)
    check_queues(names)
    queue = queue_id(names.services)
    if status == "in_progress":
        call("tasks.stopped", task=run, force=True, status_message="its agent is gone")
    if status == "queued":
        remove_from_queue(queue, run)
        call("tasks.dequeue", task=run)
    call("tasks.enqueue", task=run, queue=queue)
    return run


def latest_run(project: str, *, iteration: int | None = None) -> dict[str, Any]:
    """The project's newest run, or the newest of one iteration."""
    project_id = pipeline_project(project)
    runs = runs_of(project_id) if project_id else []
    if iteration is not None:
        runs = [run for run in runs if run["iteration"] == iteration]
    if not runs:
        which = f"of iteration {iteration} " if iteration is not None else ""
        raise InputError(f"project {project!r} has no run {which}yet", remedy="start one with `redraft run`")
    return runs[-1]


def steps_of(run: str) -> dict[str, str]:
    """Step names and task ids of a run, cached ones included, from the state that its controller keeps."""
    import json

    from redraft.tracking.step import configuration_text

    dag: Mapping[str, Any] = json.loads(configuration_text(run, "Pipeline"))
    return {name: str(node.get("executed") or node.get("job_id") or "") for name, node in dag.items()}


def _template(project: str) -> str | None:
    project_id = pipeline_project(project)
    if not project_id:
        return None
    tags = ["__$all", TEMPLATE_TAG, f"code-{code_version()}"]
    found = list(find_tasks(project=[project_id], tags=tags, type=["controller"], only_fields=["status"]))
    return str(found[-1]["id"]) if found else None


def _next_number(project_id: str) -> int:
    numbers = [re.search(r"#(\d+)$", run.get("name") or "") for run in runs_of(project_id)]
    return max((int(found.group(1)) for found in numbers if found), default=0) + 1


def repository_problems(root: Path) -> list[str]:
    """What would keep an agent that clones from running this code: untracked files, unpushed commits."""

    def git(*words: str) -> str:
        try:
            done = subprocess.run(["git", *words], cwd=root, capture_output=True, text=True, check=False)  # noqa: S607 - git is found on PATH
        except FileNotFoundError:
            return ""
        return done.stdout.strip() if done.returncode == 0 else ""

    if not git("rev-parse", "HEAD"):
        return ["the code is not in a git repository"]
    problems = []
    untracked = [
        name for name in git("ls-files", "--others", "--exclude-standard").splitlines() if name.endswith(".py")
    ]
    if untracked:
        problems.append(f"untracked files do not reach agents: {', '.join(untracked[:5])}")
    if not git("branch", "--remotes", "--contains", "HEAD"):
        problems.append("the current commit is not pushed to any remote")
    return problems
