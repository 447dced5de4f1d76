"""The short form: what is checked before every launch, by the same checks as in `redraft doctor`."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterable

from redraft.config import ROOT
from redraft.settings import Config
from redraft.tracking.doctor import WORKING_COPY
from redraft.tracking.doctor.clocks import CLOCK
from redraft.tracking.doctor.endpoints import CHAT, EMBEDDING
from redraft.tracking.doctor.finding import Check, Subject
from redraft.tracking.doctor.queues import QUEUES
from redraft.tracking.doctor.repository import CODE, head_commit
from redraft.tracking.doctor.server import SERVER
from redraft.tracking.queues import check_queues_exist

log = logging.getLogger("redraft")


def subject_of(config: Config, project: str, *, page_url: str = "") -> Subject:
    """A configuration on this machine, as something to examine."""
    from clearml.backend_api.session import Session

    return Subject(
        config=config,
        project=project,
        environ=dict(os.environ),
        api_host=str(Session.get_api_server_host() or ""),
        page_url=page_url,
        working_copy=bool(os.environ.get(WORKING_COPY)),
    )


def check_queues_first(config: Config, project: str) -> None:
    """Refuse to launch if the run would not be taken: the server and its queues; and if this machine's clock is wrong.

    Raises:
        ServerError: The server is away, or refuses; the clocks are too far apart.
        LaunchError: A queue is missing or not served.
    """
    _look((SERVER, CLOCK, QUEUES), subject_of(config, project))


def check_controller(config: Config, project: str) -> None:
    """Refuse to control a run here if it would go wrong: by this machine's clock, or at a queue.

    A run that was started in ClearML's web interface was not checked before. Whether its steps are taken is seen to
    while they wait (`redraft.tracking.lost_steps`): agents may still be started.

    Raises:
        ServerError: The clocks are too far apart.
        LaunchError: A queue is missing, or an agent serves that of the reviews.
    """
    _look((CLOCK,), subject_of(config, project))
    check_queues_exist(config.queues)


def check_code_and_models(config: Config, project: str) -> None:
    """Refuse to launch if the run could not do its work.

    Where agents run the working copy, they use this machine's model endpoints, and those are asked; agents elsewhere
    ask theirs when the run begins, but need the code, if this machine has its repository.

    Raises:
        LaunchError: Agents cannot get this code.
        ModelError: A model does not answer.
    """
    subject = subject_of(config, project)
    if subject.working_copy:
        _look((CHAT, EMBEDDING), subject)
    elif head_commit(ROOT):
        _look((CODE,), subject)


def _look(checks: Iterable[Check], subject: Subject) -> None:
    """Make checks in this thread, so that what is wrong is raised as what it is."""
    for check in checks:
        seen = check.look(subject)
        if seen.warning:
            log.warning("warning: %s: %s", check.name, seen.words)
