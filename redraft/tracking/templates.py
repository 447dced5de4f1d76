"""The template of a project's runs: a pipeline task that is never executed, for one version of the code.

Every run, also one that NEW RUN starts, is a clone of it and runs the commit that it pins. When the code moves, a new
one is made and the old ones are archived, which touches no run: ClearML's web interface archives a template's runs with
it, the call that is used here does not.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redraft.config import ROOT, load_config, section_text
from redraft.errors import LaunchError
from redraft.settings import Config
from redraft.tracking.agent_script import agent_script
from redraft.tracking.cache import code_hash
from redraft.tracking.doctor import WORKING_COPY
from redraft.tracking.doctor.repository import git, head_commit
from redraft.tracking.run_form import describe
from redraft.tracking.server import call, find_tasks, project_ids

PIPELINE = "improve prompt"
TEMPLATE_TAG = "redraft-template"
RUN_TAG = "redraft-run"
TEMPLATE_MARK = " (template)"  # in the name
SCRIPT = "pipelines/improve_prompt.py"
TIMEOUT_S = 180


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewed:
    """The template of the code as it is now."""

    task_id: str
    is_new: bool
    archived: tuple[str, ...]  # ids of the templates before it


def pipeline_project(project: str) -> str | None:
    """Id of the hidden project that holds a project's runs; `None` before the first."""
    found = project_ids(f"{project}/.pipelines/{PIPELINE}")
    return found[0] if found else None


def code_version(root: Path = ROOT) -> str:
    """Content hash of everything that a run executes or is configured by: controller, steps, their imports, configs."""
    digest = hashlib.sha256(code_hash(root / SCRIPT, root).encode())
    for path in sorted([*(root / "steps").glob("*.py"), *(root / "configs").glob("*.yaml")]):
        content = code_hash(path, root) if path.suffix == ".py" else hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.relative_to(root).as_posix()} {content}\n".encode())
    return digest.hexdigest()[:16]


def code_tag(environ: Mapping[str, str], root: Path = ROOT) -> str:
    """Tag of a template: the code and, where agents clone, the edits that the template hands on, of docs too."""
    edits = "" if environ.get(WORKING_COPY) else git(root, "diff", "HEAD")
    return f"code-{hashlib.sha256(f'{code_version(root)} {edits}'.encode()).hexdigest()[:16]}"


def mark_template(task: Any, config: Config) -> None:
    """Make the pipeline task that is being built the template of this version of the code."""
    task.add_tags([TEMPLATE_TAG, code_tag(os.environ), _config_tag(config)])
    task.set_name(f"{PIPELINE}{TEMPLATE_MARK}")
    task._wait_for_repo_detection(timeout=TIMEOUT_S)
    task.reload()
    code = task.data.script.to_dict()
    if not code.get("repository"):  # not a git checkout: agents must run the files as they lie in their code folder
        code["diff"] = ""
    task._edit(script=agent_script(code, SCRIPT))


def is_template(task: Mapping[str, Any]) -> bool:
    """Whether a pipeline task is a template: what NEW RUN clones from one has its tags, too, but a parent.

    Args:
        task: With its `tags` and `parent`.
    """
    return TEMPLATE_TAG in (task.get("tags") or []) and not task.get("parent")


def mark_run(task: Any) -> None:
    """Give a run that NEW RUN made, and that is called and tagged like its template, a name and tags of its own."""
    own = [tag for tag in task.get_tags() if tag != TEMPLATE_TAG and not tag.startswith(("code-", "config-"))]
    if RUN_TAG not in own:
        task.set_tags([*own, RUN_TAG])
    if TEMPLATE_MARK in task.name:
        task.set_name(task.name.replace(TEMPLATE_MARK, ""))


def newest_template(project: str) -> str | None:
    """Id of the newest template, of whatever code; `None` before the first."""
    found = _templates(project)
    return str(found[-1]["id"]) if found else None


def ensure_template(project: str) -> str:
    """Id of the newest template for the code as it is now, whatever it is configured by; made if there is none yet.

    Raises:
        LaunchError: It could not be made.
    """
    return _template(project) or _make(project, load_config())


def renew_template(project: str, config: Config) -> Renewed:
    """Make the template of the code and the configuration as they are now, if there is none, and archive all others.

    What people changed in its configuration in ClearML's web interface stays as long as neither moves.

    Raises:
        LaunchError: It could not be made.
    """
    before = {task["id"] for task in _templates(project)}
    current = _template(project, config) or _make(project, config)
    old = tuple(sorted(before - {current}))
    if old:
        call("tasks.archive", tasks=list(old), status_message=f"its code was replaced; see template {current}")
    return Renewed(task_id=current, is_new=current not in before, archived=old)


def _make(project: str, config: Config) -> str:
    """Make a template in a process of its own: this one may have a task already."""
    before = {task["id"] for task in _templates(project)}
    with tempfile.TemporaryDirectory() as folder:
        profile = Path(folder) / "profile.yaml"
        profile.write_text(section_text(config), encoding="utf-8")
        made = _run_script(["--project", project, "--profile", str(profile)])
    made_now = [str(task["id"]) for task in _templates(project) if task["id"] not in before]
    if not made_now:
        last = (made.stderr or made.stdout).strip().splitlines()[-3:]
        raise LaunchError(f"the pipeline's template could not be made: {' | '.join(last)}")
    describe(made_now[-1])
    return made_now[-1]


def _run_script(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(ROOT / SCRIPT), *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def _config_tag(config: Config) -> str:
    return f"config-{hashlib.sha256(section_text(config).encode()).hexdigest()[:16]}"


def _template(project: str, config: Config | None = None) -> str | None:
    """The newest template of this code, and of this commit if this machine has the repository."""
    commit = head_commit(ROOT)
    wanted = {code_tag(os.environ)} | ({_config_tag(config)} if config is not None else set())
    for task in reversed(_templates(project)):
        pinned = (task.get("script") or {}).get("version_num")
        if wanted <= set(task.get("tags") or []) and (not commit or not pinned or pinned == commit):
            return str(task["id"])
    return None


def _templates(project: str) -> list[dict[str, Any]]:
    """Templates that are not archived, oldest first."""
    project_id = pipeline_project(project)
    if not project_id:
        return []
    fields = ["tags", "system_tags", "parent", "script.version_num"]
    found = find_tasks(project=[project_id], tags=[TEMPLATE_TAG], type=["controller"], only_fields=fields)
    return [task for task in found if is_template(task) and "archived" not in (task.get("system_tags") or [])]
