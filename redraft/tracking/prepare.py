"""Finds out, at the start of a run, what it is a run of: which iteration, questions, docs, history and endpoints.

These facts are the parameters by which steps are found in the cache, so they name content, never a place or a run.
What the steps read besides (the questions, the list of tasks that make the history) is put on the pipeline task.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redraft.config import ROOT, over_defaults, parse_config, parse_yaml, section_text
from redraft.corpus.documents import fingerprint
from redraft.errors import InputError
from redraft.learning.question_set import set_version
from redraft.llm import chat_endpoint, embedding_endpoint
from redraft.questions import question_warnings
from redraft.records import Prompt, Question, content_id
from redraft.rubric import read_rubric
from redraft.settings import Config, DocsSettings
from redraft.tracking.archived import bring_back
from redraft.tracking.artifacts import put_records
from redraft.tracking.datasets import named_version
from redraft.tracking.doctor.endpoints import check_endpoints
from redraft.tracking.followed_docs import docs_of_run, keep_docs
from redraft.tracking.given import given_questions, given_seed_prompts
from redraft.tracking.history import HISTORY_OBJECT, find_sources, history_of_run, sources_hash
from redraft.tracking.lost_results import forget_lost_versions
from redraft.tracking.question_set import edited_questions, edits_of
from redraft.tracking.server import find_tasks
from redraft.tracking.snapshot_covers import last_iteration
from redraft.tracking.spending import raised_limits
from redraft.tracking.step import CONFIG_OBJECT, log
from redraft.tracking.templates import is_template


@dataclass(frozen=True, slots=True, kw_only=True)
class RunFacts:
    """What a run is a run of, by content."""

    iteration: int = 0
    docs: str = ""  # as the run's parameter, but with the version that `dataset:latest` means
    docs_fingerprint: str = ""
    questions_hash: str = ""
    seed_prompts_hash: str = ""
    rubric_hash: str = ""
    history_hash: str = ""
    chat_endpoint: str = ""
    embedding_endpoint: str = ""


def effective_config(task: Any) -> Config:
    """The configuration object of a pipeline task, with its `Args` parameters on top.

    Raises:
        ConfigError: Every wrong key and value together.
    """
    text = task.get_configuration_object(CONFIG_OBJECT)
    tree = parse_yaml(text, name=f"configuration object {CONFIG_OBJECT}") if text else {}
    layers = [(f"configuration object {CONFIG_OBJECT}", tree), *raised_limits(task.id)]
    base = over_defaults(layers)  # one of an older Redraft lacks keys
    given = {name.partition("/")[2]: value for name, value in task.get_parameters().items() if name.startswith("Args/")}
    return override_run(base, {name: value for name, value in given.items() if not name.startswith("_")})


def override_run(config: Config, values: Mapping[str, Any]) -> Config:
    """A configuration with other run parameters (text is cast)."""
    from redraft.config import to_tree

    tree = to_tree(config)
    unknown = sorted(set(values) - set(tree["run"]))
    if unknown:
        raise InputError(f"run parameters: unknown {unknown[0]!r}; known: {', '.join(tree['run'])}")
    tree["run"].update(values)
    return parse_config(tree, name="run parameters")


def prepare_run(task: Any, project: str, config: Config) -> RunFacts:
    """Check a run's inputs, put on its task what the steps read, and return its facts.

    Args:
        task: The pipeline task, in progress.
        project: ClearML project of the runs.
        config: From `effective_config`.

    Raises:
        RedraftError: Any wrong input, before a step is launched.
    """
    if config.run.iteration:
        _check_iteration(task, config.run.iteration, before=last_iteration(project))
        bring_back(runs_of(task.project), config.run.iteration)
    for step in forget_lost_versions(task.project):
        log.warning("warning: the docs version of step %s has been deleted; it is made again where it is needed", step)
    sources = _history_sources(task, project, config.run.iteration)
    questions = _questions(config, sources)
    for warning in question_warnings(questions, name=config.run.questions):
        log.warning("warning: %s", warning)
    seed_prompts = given_seed_prompts(config.write.seed_prompts)
    rubric = read_rubric()
    docs = docs_of_run(runs_of(task.project), project, config.run)
    docs_fingerprint = docs_identity(docs, config.docs)
    check_endpoints(config)
    put_records(task.id, "questions", Question, questions)
    put_records(task.id, "seedprompts", Prompt, seed_prompts)
    iteration = _claim_iteration(task, config.run.iteration, before=last_iteration(project))
    _keep_sources(task, sources)
    if docs != config.run.docs:
        keep_docs(task.id, docs)
    task.set_configuration_object("effective", config_text=section_text(config), config_type="yaml")
    return RunFacts(
        iteration=iteration,
        docs=docs,
        docs_fingerprint=docs_fingerprint,
        questions_hash=set_version(questions),
        seed_prompts_hash=content_id("ps", *(prompt.id for prompt in seed_prompts)),
        rubric_hash=content_id("rb", sorted(rubric.scores.items())),
        history_hash=sources_hash(sources),
        chat_endpoint=chat_endpoint(os.environ).name,
        embedding_endpoint=embedding_endpoint(os.environ).name,
    )


def docs_identity(docs: str, settings: DocsSettings) -> str:
    """Content hash of the docs that a run is about: a folder, or one version of a dataset."""
    named = named_version(docs)
    return f"dataset {named}" if named else fingerprint(ROOT / Path(docs), settings)


def runs_of(project_id: str) -> list[dict[str, Any]]:
    """Runs in a pipeline's project, oldest first, with their iteration numbers (0: not numbered yet)."""
    fields = ["name", "status", "created", "system_tags", "tags", "hyperparams", "parent", "status_message",
              "status_reason", "comment", "started"]  # fmt: skip
    found = find_tasks(project=[project_id], type=["controller"], only_fields=fields)
    return [{**task, "iteration": _number(task)} for task in found if not is_template(task)]


def _claim_iteration(task: Any, wanted: int, *, before: int = 0) -> int:
    """Number this run; runs that take the same number at once all give it up for others.

    A run keeps a number only if nobody had it when it looked after taking it; whoever takes it later sees that.
    Numbers begin after `before`.
    """
    if wanted:
        return wanted
    number: int = max([before, *_numbers(task)]) + 1
    while True:
        task.set_parameter("Args/iteration", number)
        runs = runs_of(task.project)
        same = [run["id"] for run in runs if run["iteration"] == number]  # oldest first, this one among them
        if same == [task.id]:
            return number
        number = max([before, *_numbers(task)]) + 1 + same.index(task.id)


def _numbers(task: Any) -> list[int]:
    """Numbers of the runs that were ever begun: what somebody typed into one that never ran counts for nothing."""
    return [run["iteration"] for run in runs_of(task.project) if run.get("started") or run["id"] == task.id]


def _check_iteration(task: Any, wanted: int, *, before: int) -> None:
    """Refuse a number beyond the next one, from which all later ones would go on."""
    others = [run for run in runs_of(task.project) if run["id"] != task.id and run.get("started")]
    newest = max([before, *(run["iteration"] for run in others)])
    if wanted > newest + 1 and not task.get_configuration_object(HISTORY_OBJECT):  # else it was begun as that one
        task.set_parameter("Args/iteration", 0)  # or it would count as that one
        raise InputError(
            f"run.iteration: there is no iteration {wanted} yet, the newest is {newest}", remedy="0 starts the next one"
        )


def _history_sources(task: Any, project: str, iteration: int) -> list[str]:
    """What an iteration learns from: fixed when it was first launched, whichever run that was. 0: a new one."""
    for run in runs_of(task.project):
        if (iteration and run["iteration"] == iteration) or run["id"] == task.id:
            try:
                return history_of_run(run["id"])
            except InputError:
                continue
    return find_sources(project)


def _keep_sources(task: Any, sources: list[str]) -> None:
    """Fix what a run learns from, once its inputs were found to be right."""
    task.set_configuration_object(HISTORY_OBJECT, config_text=json.dumps(sources), config_type="json")


def _questions(config: Config, sources: list[str]) -> tuple[Question, ...]:
    """The questions of a run: those of its file, with the edits that people saved before it was launched."""
    given = given_questions(config.run.questions)
    edits = edits_of(sources)
    if not edits:
        return given
    questions = edited_questions(given, edits)
    log.warning(
        "%s: %d questions; with %d edits from the review page: %d, version %s",
        config.run.questions, len(given), len(edits), len(questions), set_version(questions),
    )  # fmt: skip
    return questions


def _number(task: Mapping[str, Any]) -> int:
    value = ((task.get("hyperparams") or {}).get("Args") or {}).get("iteration", {}).get("value") or "0"
    return int(value) if value.isdigit() else 0
