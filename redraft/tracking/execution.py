"""Runs the pipeline and believes nothing but its tasks: a run is green only if every step is.

The SDK's controller ends `completed` when its thread died of an exception, and calls a run with cached steps
unsuccessful; so the nodes and their tasks are looked at here.
"""

from __future__ import annotations

import json
import logging
import threading
import time
import traceback
from typing import Any

from clearml import PipelineController, Task
from clearml.automation.job import BaseJob

from redraft.config import ROOT
from redraft.errors import RedraftError, RunError, all_problems
from redraft.settings import Config
from redraft.tracking.cache import step_key
from redraft.tracking.closing import rejection
from redraft.tracking.drafts import ReviewSafeJob
from redraft.tracking.lost_steps import LostSteps
from redraft.tracking.next_run import start_next
from redraft.tracking.prepare import RunFacts
from redraft.tracking.queues import busy_tasks
from redraft.tracking.server import call, find_tasks
from redraft.tracking.step import results_of, why_ended
from redraft.tracking.summary import report_run

log = logging.getLogger("redraft")

GOOD = ("completed", "published")
POLL_S = 1.0
ORPHAN_AFTER_S = 60.0


def execute(pipe: PipelineController, config: Config, facts: RunFacts) -> None:
    """Run the steps, check the outcome, report it, and start the next iteration if that is wanted.

    Raises:
        RunError: A step did not succeed; what failed is named.
    """
    await_own_steps(pipe.task)
    BaseJob.register_hashing_callback(lambda described: step_key(described, ROOT))
    pipe._clearml_job_class = ReviewSafeJob
    # started remotely, the SDK would put the template's values back into the steps
    pipe.task._set_configuration(
        name=pipe._config_section, config_type="dictionary", config_text=json.dumps(pipe._serialize(), indent=2)
    )
    died: list[str] = []
    threading.excepthook = lambda args: died.append(_last_words(args))
    with LostSteps(pipe.task.id):
        pipe.start_locally()
    problems = [*died, *outcome(pipe)]
    if problems:
        abort_steps(pipe.task)
        raise RunError(all_problems(problems), remedy="mend it and run `redraft resume`: finished steps are kept")
    steps = {name: node.executed for name, node in pipe.get_pipeline_dag().items()}
    report_run(pipe.task, steps, facts.iteration)
    why = rejection(steps["review"])
    if why is not None:
        log.info("iteration %d was rejected by its reviewers: %s", facts.iteration, why)
    elif stop := results_of(steps["score_prompts"]).get("stop"):
        log.info("%s", stop)  # more iterations would not be worth people's time
    elif config.run.continue_ == "auto" and config.run.iterations > 1:
        started = start_next(pipe.task, config)
        log.info("next iteration: run %s", started)


def outcome(pipe: PipelineController) -> list[str]:
    """What is wrong with the steps; empty when all of them succeeded."""
    problems = []
    for name, node in pipe.get_pipeline_dag().items():
        task_id = node.executed or (node.job.task_id() if node.job and node.job.task else None)
        if not task_id:
            problems.append(f"step {name} was never run")
            continue
        task = call("tasks.get_by_id", task=task_id)["task"]
        if task["status"] not in GOOD or not node.executed:
            problems.append(f"step {name} ({task_id}) is {task['status']}: {why_ended(task)}")
    return problems


def await_own_steps(pipeline: Task) -> None:
    """After a restart, let the steps that this run launched before finish; stop those that nobody runs any more."""
    waiting_since = time.monotonic()
    while True:
        own = _live_steps(pipeline)
        if not own:
            return
        busy = busy_tasks()
        for task in own:
            if task["status"] == "queued" or (
                task["id"] not in busy and time.monotonic() - waiting_since > ORPHAN_AFTER_S
            ):
                log.info("stopping step %s (%s) of an earlier attempt", task["name"], task["id"])
                call("tasks.dequeue", task=task["id"]) if task["status"] == "queued" else None
                call("tasks.stopped", task=task["id"], force=True, status_message="its controller was restarted")
        time.sleep(POLL_S)


def abort_steps(pipeline: Task) -> None:
    """Stop what this run still has running; an open review is left to be taken up by `redraft resume`."""
    for task in _live_steps(pipeline):
        if task["status"] == "queued":
            call("tasks.dequeue", task=task["id"])
        call("tasks.stopped", task=task["id"], force=True, status_message="its run failed")


def _live_steps(pipeline: Task) -> list[dict[str, Any]]:
    fields = ["name", "status", "type"]
    found = find_tasks(
        project=[pipeline.project], parent=pipeline.id, status=["queued", "in_progress"], only_fields=fields
    )
    return [task for task in found if task.get("type") not in ("qc", "controller")]  # qc: the review


def _last_words(args: Any) -> str:
    error = args.exc_value
    text = str(error) if isinstance(error, RedraftError) else f"{args.exc_type.__name__}: {error}"
    log.error("%s", "".join(traceback.format_exception(args.exc_type, error, args.exc_traceback)))
    return f"the controller failed: {text}"
