"""The review page as a ClearML task that an agent executes: `pipelines/review_page.py`.

It is the same task whenever and wherever the project's page runs as a service. Abort it in ClearML's web interface to
end the page; enqueue it there, or ask for it again, to start it.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from redraft.errors import InputError, LaunchError, RedraftError
from redraft.settings import Config
from redraft.tracking.inbox import parameter
from redraft.tracking.page_links import PAGE_TAG, PAGE_URL
from redraft.tracking.queues import queue_id, send_off
from redraft.tracking.server import call
from redraft.tracking.service_task import died, lives, make_ready, send_to_queue, service_task, service_tasks

log = logging.getLogger("redraft")

SCRIPT = "pipelines/review_page.py"
TASK_NAME = "review page"
QUEUE = "queue"  # parameter of the task: where it is put again
COMMENT = "Serves the review page on an agent's machine; abort it to end the page. Its address: property review_page."
HOST, PORT = "REDRAFT_PAGE_HOST", "REDRAFT_PAGE_PORT"  # environment variables of the agent
DEFAULT_HOST, DEFAULT_PORT = "127.0.0.1", 8501


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a page is served: read from the environment of the agent's machine."""

    host: str  # address that it listens on
    port: int
    folder: Path  # of its state: the journal of ratings that the server has not confirmed
    url: str  # that people open


def place_of_page(environ: Mapping[str, str], *, host_name: str) -> Place:
    """Where the environment wants the page to be served.

    Args:
        environ: Environment variables.
        host_name: What others call this machine.

    Raises:
        InputError: The port is no port.

    >>> place_of_page({"HOME": "/home/me", "REDRAFT_PAGE_HOST": "0.0.0.0"}, host_name="qa1").url
    'http://qa1:8501'
    >>> place_of_page({"HOME": "/home/me"}, host_name="qa1").url
    'http://127.0.0.1:8501'
    """
    host, text = environ.get(HOST, "").strip() or DEFAULT_HOST, environ.get(PORT, "").strip() or str(DEFAULT_PORT)
    if not (text.isdigit() and 0 < int(text) < 2**16):
        raise InputError(f"{PORT} must be a port from 1 to 65535, got {text!r}")
    seen = host_name if host in ("0.0.0.0", "::") else f"[{host}]" if ":" in host else host  # noqa: S104 - compared only
    home = environ.get("REDRAFT_HOME", "").strip()
    # not in the clone, which the agent deletes
    folder = Path(home) if home else Path(environ.get("HOME") or Path.home()) / ".redraft"
    url = environ.get(PAGE_URL, "").strip() or f"http://{seen}:{text}"
    return Place(host=host, port=int(text), folder=folder, url=url.rstrip("/"))


def start_page(project: str, config: Config, template: str, queue: str, *, services_mode: bool) -> tuple[str, bool]:
    """Let an agent serve the page; return the task's id, and whether it was started now rather than before.

    Args:
        project: ClearML project.
        config: What the page goes by.
        template: Id of the runs' template, whose code it gets.
        queue: Whose agent.
        services_mode: The queue's agents execute many tasks at once.

    Raises:
        LaunchError: Nobody would execute it.
    """
    task_id = service_task(project, name=TASK_NAME, tag=PAGE_TAG)
    task = call("tasks.get_by_id", task=task_id)["task"]
    if task["status"] == "queued" or lives(task):
        return task_id, False
    make_ready(task_id, project, config, script=SCRIPT, template=template, comment=COMMENT)
    values = [{"section": "Args", "name": QUEUE, "value": queue}]
    call("tasks.edit_hyper_params", task=task_id, hyperparams=values, replace_hyperparams="none")
    send_to_queue(task_id, queue, runs=config.queues, services_mode=services_mode)
    return task_id, True


def wake_page(project: str) -> bool:
    """Put the page back on its queue if it ended with its agent; `False` when there is nothing to do."""
    for found in service_tasks(project, PAGE_TAG)[:1]:
        task = call("tasks.get_by_id", task=found["id"])["task"]
        queue = parameter(task, QUEUE)
        if not queue or not died(task):
            continue
        try:
            if task["status"] == "in_progress":
                call("tasks.stopped", task=task["id"], force=True, status_message="its agent is gone")
            send_off(task["id"], queue_id(queue))
        except (LaunchError, RedraftError) as error:
            log.warning("the review page (task %s) cannot be put back on its queue: %s", task["id"], error)
            continue
        log.info("the review page (task %s) is put back on its queue: its agent ended", task["id"])
        return True
    return False
