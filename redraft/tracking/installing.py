"""Makes on a ClearML server what Redraft needs there; a second call changes only what has changed.

Queues, the template that NEW RUN clones, the seed prompts and questions as datasets, and the project's description.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from redraft.config import ROOT
from redraft.errors import InputError
from redraft.settings import Config, QueueSettings
from redraft.tracking.datasets import DATASET_PREFIX
from redraft.tracking.doctor.client import web_host
from redraft.tracking.given import NAMES, QUESTIONS, SEED_PROMPTS, GivenVersion, store_questions, store_seed_prompts
from redraft.tracking.project_page import description, with_description
from redraft.tracking.queues import check_names, ensure_queues
from redraft.tracking.server import call
from redraft.tracking.templates import Renewed, pipeline_project, renew_template


@dataclass(frozen=True, slots=True, kw_only=True)
class Installed:
    """What is on the server now."""

    project: str
    queues: QueueSettings
    new_queues: tuple[str, ...]
    template: Renewed
    given: tuple[GivenVersion, ...]  # the seed prompts and the questions, if they are files
    described: bool  # whether the project's description was written anew
    pipeline_url: str  # of the page with NEW RUN
    project_url: str


def install(project: str, config: Config) -> Installed:
    """Make what is missing, renew what is old.

    Args:
        project: ClearML project of the runs.
        config: Names of the queues, the questions and seed prompts to store.

    Raises:
        InputError: A name or a file is wrong, or the web interface's address is not known.
        ServerError: The server is away, or refuses.
        LaunchError: The template could not be made.
    """
    check_names(config.queues)
    if len(project) < 3 or project != project.strip("/ "):
        raise InputError(f"project {project!r}: ClearML takes names of 3 characters or more, without / at the ends")
    web = web_host()
    new_queues = ensure_queues(config.queues)
    given = store_given(project, config)
    template = renew_template(project, naming_versions(config, given))
    urls = _urls(project, web)
    text = description(urls, template.task_id, given, config.queues)
    return Installed(
        project=project,
        queues=config.queues,
        new_queues=new_queues,
        template=template,
        given=given,
        described=_describe(project, text),
        pipeline_url=urls["pipeline"],
        project_url=urls["project"],
    )


def store_given(project: str, config: Config) -> tuple[GivenVersion, ...]:
    """Store questions and seed prompts that are files."""
    given = []
    if not config.run.questions.startswith(DATASET_PREFIX):
        given.append(store_questions(project, ROOT / config.run.questions))
    if not config.write.seed_prompts.startswith(DATASET_PREFIX):
        given.append(store_seed_prompts(project, ROOT / config.write.seed_prompts))
    return tuple(given)


def naming_versions(config: Config, given: Sequence[GivenVersion]) -> Config:
    """A configuration that says the same on every machine and at every commit: files are named as what was stored.

    A path would mean the file as an agent has it: as it was at the template's commit, with the edits of that day.
    """
    datasets = {version.name: f"{DATASET_PREFIX}{version.dataset_id}" for version in given}
    questions = datasets.get(NAMES[QUESTIONS], config.run.questions)
    seed_prompts = datasets.get(NAMES[SEED_PROMPTS], config.write.seed_prompts)
    return replace(
        config,
        run=replace(config.run, questions=questions),
        write=replace(config.write, seed_prompts=seed_prompts),
    )


def _urls(project: str, web: str) -> dict[str, str]:
    return {
        "web": web,
        "pipeline": f"{web}/pipelines/{pipeline_project(project)}/experiments",
        "project": f"{web}/projects/{_project_id(project)}",
    }


def _describe(project: str, text: str) -> bool:
    """Write our part of a project's description; what people wrote around it stays."""
    found = call("projects.get_by_id", project=_project_id(project))["project"]
    before = str(found.get("description") or "")
    after = with_description(before, text)
    if after == before:
        return False
    call("projects.update", project=found["id"], description=after)
    return True


def _project_id(project: str) -> str:
    """Id of the project itself, which making the template has made."""
    import re

    found = call("projects.get_all", name=f"^{re.escape(project)}$", only_fields=["id", "name"], search_hidden=True)
    return str(found["projects"][0]["id"])
