"""The keeper as a ClearML task that an agent executes: `pipelines/triggers.py`, with the code that runs are made of.

It is the same task whenever and wherever the project's keeper runs, so that it remembers. To stop it, abort the task in
ClearML's web interface; to start it again, enqueue it there, or launch it again after the code has moved.
"""

from __future__ import annotations

from collections.abc import Mapping

from redraft.settings import Config
from redraft.tracking.inbox import parameter
from redraft.tracking.keeping.keeper import Keeper, check_settings
from redraft.tracking.keeping.memory import SERVICE, keeper_task, load_memory, owner_name, save_memory
from redraft.tracking.keeping.notices import Channel
from redraft.tracking.keeping.webhook import post, webhook_url
from redraft.tracking.page_links import page_address
from redraft.tracking.runs import project_of
from redraft.tracking.server import call
from redraft.tracking.service_task import make_ready, settings_of

SCRIPT = "pipelines/triggers.py"
COMMENT = "Looks after the project: starts runs when something changed, closes reviews, sends notices."


def make_service(project: str, config: Config, template: str) -> str:
    """Make the project's keeper task ready to be executed: its code, its settings; return its id.

    Args:
        project: ClearML project.
        config: What the keeper goes by.
        template: Id of the runs' template, whose code it gets.

    Raises:
        ConfigError: A setting of the keeper is wrong.
        LaunchError: It runs already, or waits for an agent.
    """
    check_settings(config)
    task_id = keeper_task(project)
    memory = load_memory(call("tasks.get_by_id", task=task_id)["task"])
    make_ready(task_id, project, config, script=SCRIPT, template=template, comment=COMMENT)
    save_memory(task_id, memory)
    return task_id


def keeper_of(task_id: str, environ: Mapping[str, str]) -> Keeper:
    """The keeper that a task describes, for the agent that executes it.

    Raises:
        ConfigError: Its settings, which can be edited in ClearML's web interface, are wrong.
    """
    task = call("tasks.get_by_id", task=task_id)["task"]
    project = parameter(task, "project") or project_of(task_id)
    return make_keeper(project, settings_of(task_id), environ, owner=SERVICE)


def make_keeper(project: str, config: Config, environ: Mapping[str, str], *, owner: str = "`redraft watch`") -> Keeper:
    """A keeper that posts where the environment says.

    Raises:
        ConfigError: A setting is wrong.
    """
    url = webhook_url(environ)
    channel = Channel(
        post=(lambda text: post(url, text)) if url else (lambda _text: ""),
        page=lambda: page_address(project, config.keeper.page_url, environ),
    )
    return Keeper(project, config, owner=owner_name(owner), channel=channel)
