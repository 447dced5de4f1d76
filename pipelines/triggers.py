"""The keeper of a project: starts runs when docs change, on a schedule or after complaints; closes reviews; repairs.

This script makes the keeper's task, and sends it to an agent if a queue is named (as `redraft watch --queue` does):

    python pipelines/triggers.py [--project redraft] [--profile my.yaml] [--queue redraft-services]

and, run by an agent, is the keeper until the task is aborted. What it does: `redraft/tracking/keeping/`.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path

from redraft.config import load_config
from redraft.errors import RedraftError
from redraft.settings import Config
from redraft.tracking.keeping.service import keeper_of, make_service
from redraft.tracking.keeping.ticking import keep, log_to_console
from redraft.tracking.server import fail_soon
from redraft.tracking.service_task import fail_service, say_alive, send_to_queue
from redraft.tracking.templates import ensure_template

USAGE_CODE = 2


def be_keeper(task_id: str) -> int:
    """Be the keeper whose task this process executes, until SIGTERM."""
    log_to_console()
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    fail_soon()
    keep(keeper_of(task_id, os.environ), stop, alive=lambda: say_alive(task_id))
    return 0


def launch(project: str, config: Config, queue: str, *, services_mode: bool = False) -> str:
    """Make the keeper's task and send it to a queue, if one is named; return its id.

    Raises:
        LaunchError: It runs already, or nobody would execute it.
    """
    task_id = make_service(project, config, ensure_template(project))
    if queue:
        send_to_queue(task_id, queue, runs=config.queues, services_mode=services_mode)
    return task_id


def main(arguments: list[str]) -> int:
    """Be the keeper whose task an agent executes, else make or launch one."""
    if "CLEARML_TASK_ID" in os.environ:
        try:
            return be_keeper(os.environ["CLEARML_TASK_ID"])
        except RedraftError as error:
            return fail_service(os.environ["CLEARML_TASK_ID"], error)
    names, values = arguments[0::2], arguments[1::2]
    options = {"--project": "redraft", "--profile": "", "--queue": "", **dict(zip(names, values, strict=False))}
    if len(options) > 3 or len(names) != len(values):
        sys.stdout.write(f"{__doc__}\n")
        return 0 if names in (["--help"], ["-h"]) else USAGE_CODE
    try:
        profile = Path(options["--profile"]) if options["--profile"] else None
        sys.stdout.write(f"{launch(options['--project'], load_config(profile), options['--queue'])}\n")
    except RedraftError as error:
        sys.stderr.write(f"error: {error}\n")
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
