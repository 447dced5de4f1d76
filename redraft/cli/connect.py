"""Brings a command in touch with a ClearML server and a model endpoint: configured ones, or the stand-ins.

A command attaches to the stand-ins that another command of the same folder runs, and starts them for itself otherwise.
Agents are attached to only where the review page runs them.
"""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager

from redraft.cli.holding import holder_of
from redraft.cli.local import LocalServices, home, uses_stand_in_model, uses_stand_in_server
from redraft.errors import LaunchError

AGENTS_TIMEOUT_S = 60.0


@contextmanager
def connected(
    *,
    agents: bool = False,
    model: bool = False,
    page: bool = False,
    alone: bool = False,
) -> Iterator[LocalServices]:
    """Set this process's environment so that ClearML and the model endpoint can be used.

    Args:
        agents: There may be two agents on this machine until the end of the `with` block (see `await_agents`).
        model: The command calls a model.
        page: It is the review page, which outlives what it attaches to: it starts all anew when that ends.
        alone: Use nothing that another process started.

    Raises:
        LaunchError: Another process holds the folder, and what it started is not enough or not to be relied on.
    """
    logging.getLogger("clearml").setLevel(logging.ERROR)
    folder, server = home(os.environ), uses_stand_in_server(os.environ)
    model = (model or agents) and uses_stand_in_model(os.environ)
    services = LocalServices(folder, os.environ, server=server, model=model, agents=agents, page=page)
    if not alone and _can_attach(services, page=page):
        services.attach()
        os.environ.update(services.environ)
        yield services
        return
    with services:
        os.environ.update(services.environ)
        yield services


def _can_attach(services: LocalServices, *, page: bool) -> bool:
    """Whether another process's stand-ins and agents will do.

    The agents of a run end with that run; those of the page stay until somebody stops it.
    """
    if not services.wanted:
        return True
    holder = holder_of(services.folder)
    return (
        holder is not None
        and services.wanted <= holder.offers
        and (page or holder.page or "agents" not in services.wanted)
    )


def await_agents(services: LocalServices) -> None:
    """Wait until the agents that `start_agents` started serve their queues; meanwhile other things may be done.

    Raises:
        LaunchError: One of them ended, or they are not there in time.
    """
    from redraft.tracking.queues import check_queues, ensure_queues

    ensure_queues(services.queues)
    deadline = time.monotonic() + AGENTS_TIMEOUT_S
    while True:
        services.check()
        try:
            check_queues(services.queues)
        except LaunchError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            return
