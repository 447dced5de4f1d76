"""What every step begins and ends with: its task, its parameters, its own configuration section, its pipeline.

Run by an agent, a step attaches to the task that the pipeline made for it. Run by a person, it makes a task of its
own and takes the same parameters from the command line:

    python steps/build_index.py --project redraft --dataset_id 5b1f... --pipeline_task 9c0e...
"""

from __future__ import annotations

import argparse
import gc
import logging
import os
import re
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redraft.config import parse_section, section_text
from redraft.errors import InputError, RedraftError
from redraft.tracking.server import ask_nobody_for_updates, call

RESULT_SECTION = "Out"
CONFIG_OBJECT = "redraft"  # a run's whole configuration, on its pipeline task
RECORDS_TAG = "redraft-records"
YOUNG_OBJECTS = 50_000  # that the collector lets come together; Python's own: 700
TASK_ID = "CLEARML_TASK_ID"  # what an agent calls the task that a process executes
AGENT_NOTICES_S = 15.0  # an agent looks at the status every 5 s
PAGE_WORDS = "Review page: "  # how a description begins that says where people rate (`redraft.tracking.page_links`)
WRONG_INPUT = "redraft: wrong input"  # reason of a status: to do the same again would fail again
AGENT_SAYS = "Changed by "  # the agent's message on every change of a task's status
AGENT_FAILED = re.compile(r"failed cloning repository|worker execution exit code \d\d?$")  # its reason; not if killed

log = logging.getLogger("redraft")


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A step at work: its task and everything it was given."""

    task: Any  # clearml.Task
    name: str
    args: Mapping[str, str]
    sections: Mapping[str, Any]  # section name -> settings dataclass

    @property
    def id(self) -> str:
        """Id of the step's task."""
        return str(self.task.id)

    @property
    def pipeline_id(self) -> str:
        """Id of the pipeline task: this step's parent, or the parameter `pipeline_task` when run by hand."""
        pipeline = self.args.get("pipeline_task") or self.task.parent
        if not pipeline:
            raise InputError(f"{self.name}: no pipeline task", remedy="give --pipeline_task ID")
        return str(pipeline)

    def number(self, name: str) -> int:
        """A parameter as a whole number."""
        try:
            return int(self.args[name])
        except ValueError:
            raise InputError(f"{self.name}: {name} must be a whole number, got {self.args[name]!r}") from None

    def result(self, **values: object) -> None:
        """Write results that later steps take as parameters (`${step.parameters.Out/name}`)."""
        self.task.update_parameters({f"{RESULT_SECTION}/{name}": str(value) for name, value in values.items()})


def open_step(
    file: str, parameters: Sequence[str], sections: Mapping[str, type[Any]], argv: Sequence[str] | None = None
) -> Step:
    """Attach to the step's task and read what it was given.

    Args:
        file: The step's `__file__`; its stem is the step's name.
        parameters: Names of its parameters, all text.
        sections: Configuration objects that it reads, with the settings they hold.
        argv: Command line of a run by hand; `None` takes the process's.
    """
    from clearml import Task

    name = Path(file).stem
    logging.basicConfig(level=logging.INFO, format="%(message)s", stream=sys.stderr, force=False)
    by_hand = Task.running_locally()
    given = _command_line(file, parameters, argv) if by_hand else {}
    ask_nobody_for_updates()
    task = Task.init(
        project_name=given.get("project") or "redraft",
        task_name=name,
        reuse_last_task_id=False,
        auto_connect_arg_parser=False,
        auto_connect_frameworks=False,
        auto_resource_monitoring=False,
    )
    args = dict.fromkeys(["kind", "pipeline_task", *parameters], "") | {"kind": name} | given
    task.connect(args, name="Args")
    return Step(task=task, name=name, args=args, sections=_sections(task, sections, given.get("pipeline_task")))


def results_of(task_id: str) -> dict[str, str]:
    """What a finished step wrote with `Step.result`."""
    section = (call("tasks.get_by_id", task=task_id)["task"].get("hyperparams") or {}).get(RESULT_SECTION) or {}
    return {name: str(item["value"]) for name, item in section.items()}


def why_ended(task: Mapping[str, Any]) -> str:
    """Why a task ended, as the server describes it: what `fail` wrote, else what its agent or a person said."""
    said, reason = (str(task.get(name) or "") for name in ("status_message", "status_reason"))
    if said.startswith(AGENT_SAYS) and reason:  # its reason says more, such as "worker execution exit code -9"
        words = f"{reason} ({said.removeprefix(AGENT_SAYS)})"
        ours = own_comment(task) or not AGENT_FAILED.match(reason)
        return words if ours else f"{words}: see its log; `redraft doctor --agents` tries what agents need"
    return own_comment(task) or said or reason or "no reason given"


def own_comment(task: Mapping[str, Any]) -> str:
    """What a person or `fail` wrote as a task's description; empty when nobody did."""
    comment = str(task.get("comment") or "")
    # the first is the SDK's own, on every new task
    return "" if comment.startswith(("Auto-generated", PAGE_WORDS)) else comment


def run_step(main: Callable[[], int]) -> int:
    """Run a step's `main` as a process of its own, its problems reported; return the exit code.

    Importing the clients makes hundreds of thousands of objects. The garbage collector would look through them again
    and again, the last time when Python ends: a third of the CPU time of a step with little to do.
    """
    gc.set_threshold(YOUNG_OBJECTS)
    try:
        code = main()
    except RedraftError as error:
        code = fail(error)
    gc.freeze()
    return code


def fail(error: RedraftError) -> int:
    """Report a problem so that it is seen in the task's status, its comment and its log; return the exit code."""
    from clearml import Task

    log.error("error: %s", error)
    task = Task.current_task()
    if task is None and TASK_ID in os.environ:  # a controller's: the SDK has closed it
        task = Task.get_task(task_id=os.environ[TASK_ID])
    if task is not None:
        task.set_comment(str(error))
        task.flush(wait_for_uploads=True)
        reason = WRONG_INPUT if isinstance(error, InputError) else "redraft"
        task.mark_failed(status_reason=reason, status_message=str(error)[:1000], force=True)
        if not Task.running_locally():
            # an agent that sees the process end first writes "worker execution exit code 2" over the message; one that
            # sees the status first ends the process and leaves the message
            time.sleep(AGENT_NOTICES_S)
    return error.exit_code


def _command_line(file: str, parameters: Sequence[str], argv: Sequence[str] | None) -> dict[str, str]:
    parser = argparse.ArgumentParser(
        prog=Path(file).name, description=sys.modules["__main__"].__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    for parameter in ["pipeline_task", *parameters]:
        parser.add_argument(f"--{parameter}", default="", metavar=parameter.upper())
    return {name: value for name, value in vars(parser.parse_args(argv)).items() if value}


def _sections(task: Any, kinds: Mapping[str, type[Any]], pipeline_task: str | None) -> dict[str, Any]:
    texts = task.get_configuration_objects()
    if pipeline_task and not all(name in texts for name in kinds):
        from redraft.config import over_defaults, parse_yaml

        whole, named = configuration_text(pipeline_task, CONFIG_OBJECT), f"configuration object {CONFIG_OBJECT}"
        config = over_defaults([(named, parse_yaml(whole, name=named))])  # one of an older Redraft lacks keys
        texts = {name: section_text(getattr(config, name)) for name in kinds}
    missing = [name for name in kinds if name not in texts]
    if missing:
        raise InputError(f"task {task.id} has no configuration object {missing[0]!r}", remedy="give --pipeline_task ID")
    return {name: parse_section(kind, texts[name], name=name) for name, kind in kinds.items()}


def configuration_text(task_id: str, name: str) -> str:
    """Text of a task's configuration object."""
    found = call("tasks.get_configurations", tasks=[task_id], names=[name])["configurations"]
    items = found[0]["configuration"] if found else []
    if not items:
        raise InputError(f"task {task_id} has no configuration object {name!r}")
    return str(items[0]["value"])
