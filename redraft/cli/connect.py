"""Brings a command in touch with a ClearML server and a model endpoint: configured ones, or the stand-ins.

A command finds the stand-ins that another command of the same folder runs, and starts them for itself otherwise.
"""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from redraft.cli.local import LocalServices, home, uses_stand_in_model, uses_stand_in_server
from redraft.errors import LaunchError

AGENTS_TIMEOUT_S = 60.0


@contextmanager
def connected(*, agents: bool = False, model: bool = False) -> Iterator[LocalServices]:
    """Set this process's environment so that ClearML and the model endpoint can be used.

    Args:
        agents: Run two agents here until the end of the `with` block (see `await_agents`).
        model: The command calls a model.
    """
    logging.getLogger("clearml").setLevel(logging.ERROR)
    folder, server = home(os.environ), uses_stand_in_server(os.environ)
    services = LocalServices(
        folder, os.environ, server=server, model=(model or agents) and uses_stand_in_model(os.environ), agents=agents
    )
    if server and not agents and _running(folder):
        services.attach()
        os.environ.update(services.environ)
        yield services
        return
    with services:
        os.environ.update(services.environ)
        yield services


def _running(folder: Path) -> bool:
    try:
        pid = json.loads((folder / "server" / "server.json").read_text())["pid"]
    except (FileNotFoundError, ValueError, KeyError):
        return False
    return bool(psutil.pid_exists(pid))


def await_agents(services: LocalServices) -> None:
    """Wait until the agents that were started here serve their queues; meanwhile other things may be done.

    Raises:
        LaunchError: One of them ended, or they are not there in time.
    """
    from redraft.tracking.queues import check_queues, ensure_queues

    ensure_queues()
    deadline = time.monotonic() + AGENTS_TIMEOUT_S
    while True:
        services.check()
        try:
            check_queues()
        except LaunchError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.2)
        else:
            return
