"""Which version of the docs a run is about that follows the newest: settled when its iteration is first launched.

Resumed, or repeated by its number, an iteration is about the same docs: with others none of its finished steps would be
found again, and its open review would be about answers that nobody asked for any more.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from redraft.settings import RunSettings
from redraft.tracking.datasets import DATASET_PREFIX, resolve_docs
from redraft.tracking.server import call

DOCS_VERSION = "docs_version"  # property of a run


def docs_of_run(runs: list[dict[str, Any]], project: str, settings: RunSettings) -> str:
    """The `docs` that a run's steps are given: `dataset:latest` with the version that it means for this iteration.

    Args:
        runs: The project's runs, from `runs_of`.
        project: ClearML project.
        settings: The run's choices; one that is resumed has its iteration's number by then.

    Raises:
        InputError: The project has no version yet.
    """
    newest = resolve_docs(project, settings.docs)
    if newest == settings.docs:
        return newest
    for run in runs:
        version = property_of(run, DOCS_VERSION)
        if version and settings.iteration and run["iteration"] == settings.iteration:
            return f"{DATASET_PREFIX}{version}"
    return newest


def keep_docs(run_id: str, docs: str) -> None:
    """Write on a run which version it is about, for those who continue or repeat it."""
    version = docs.removeprefix(DATASET_PREFIX)
    item = {"section": "properties", "name": DOCS_VERSION, "value": version, "type": "str"}
    call("tasks.edit_hyper_params", task=run_id, hyperparams=[item], replace_hyperparams="none")


def property_of(task: Mapping[str, Any], name: str, *, section: str = "properties") -> str:
    """A property, or another parameter, of a task as the server describes it; empty when it has none of that name."""
    return str(((task.get("hyperparams") or {}).get(section) or {}).get(name, {}).get("value") or "")
