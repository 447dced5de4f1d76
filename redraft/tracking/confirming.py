"""A person's yes to a promotion that waits for it: an event of its own in the decision log."""

from __future__ import annotations

from redraft.errors import InputError
from redraft.learning.decide import make_decision, waiting_for_yes
from redraft.learning.protocols import DecisionCase
from redraft.learning.rounds import POLICIES
from redraft.records import Decision
from redraft.tracking.artifacts import put_records
from redraft.tracking.history import find_sources, load_history
from redraft.tracking.registry import publish_variant
from redraft.tracking.server import call
from redraft.tracking.step import RECORDS_TAG


def confirm_promotion(project: str, author: str, *, interval: float, now: float) -> Decision:
    """Publish the variant that the last decision proposes, and log who said yes.

    Args:
        project: ClearML project.
        author: Who says yes.
        interval: Of the score that is published with it.
        now: Unix time, seconds.

    Raises:
        InputError: No promotion waits for a yes.
    """
    from clearml import Task

    history = load_history(find_sources(project))
    waiting = waiting_for_yes(history)
    if waiting is None or waiting.current_id is None:
        raise InputError(f"project {project!r}: no promotion waits for a yes", remedy="see `redraft status`")
    case = DecisionCase(current_id=waiting.current_id, new_ids=(), promote="auto", now=now, author=author)
    evidence = f"{author} said yes. {waiting.evidence}"
    decision = make_decision(case, "promote", waiting.variant_id, evidence)
    variant = history.variant(decision.variant_id)
    prompts = history.prompt(variant.answer_prompt_id), history.prompt(variant.extract_prompt_id)
    score = POLICIES.score(history, current_id=waiting.current_id, interval=interval).of(variant.id)
    task = Task.create(project_name=project, task_name="decision promote", task_type="custom")
    task.set_tags([RECORDS_TAG, "redraft-decision"])
    call("tasks.started", task=task.id)
    publish_variant(task, project, variant, prompts, score)
    put_records(task.id, "decisions", Decision, [decision])
    call("tasks.completed", task=task.id, status_message=evidence[:500])
    return decision
