"""What a task that is a shard knows of itself: its number, the work that it is a part of, whether it is still wanted.

How a step makes shards and brings their work together: `redraft.tracking.shards`.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable

from redraft.call_log import CallLog
from redraft.config import ROOT, section_text
from redraft.errors import InputError, RedraftError
from redraft.llm.budget import NOT_MADE
from redraft.records import content_id
from redraft.settings import ScaleSettings
from redraft.tracking.cache import REFERENCES, code_hash
from redraft.tracking.server import Refusal, call
from redraft.tracking.step import Step

PARAMETERS = ("shard", "shard_of", "shard_key")
TAKEN_BACK = "taken_back"  # property of a shard that its step does itself
SPENT_UP = "spent_up"  # result of a shard that its part of the budget ended
LOOK_S = 5.0


def shard_of(step: Step) -> tuple[int, int]:
    """Which shard a task is, and of how many; (0, 0): it is the step itself.

    >>> from types import SimpleNamespace
    >>> shard_of(SimpleNamespace(args={"shard": "2 of 4"})), shard_of(SimpleNamespace(args={"shard": ""}))
    ((2, 4), (0, 0))
    """
    said = step.args.get("shard") or ""
    if not said:
        return 0, 0
    found = re.fullmatch(r"([1-9]\d*) of ([1-9]\d*)", said)
    if found is None or int(found[1]) > int(found[2]):
        raise InputError(f"{step.name}: shard must be like `2 of 4`, got {said!r}")
    return int(found[1]), int(found[2])


def shard_count(step: Step, scale: ScaleSettings) -> int:
    """How many shards there are, a step's own among them; 1: it works alone."""
    of = shard_of(step)[1]
    if of:
        return of
    wanted = {"answer_questions": scale.answer_shards, "build_index": scale.embed_shards}.get(step.name, 1)
    in_flight = step.sections["index" if step.name == "build_index" else "answer"].max_concurrency
    by_hand = not step.task.parent
    return 1 if by_hand else min(wanted, in_flight)


def shard_key(step: Step) -> str:
    """What the work of a step depends on, by content; however many shards do it."""
    left_out = {name.partition("/")[2] for name in REFERENCES} | set(PARAMETERS)
    args = {name: value for name, value in step.args.items() if name not in left_out}
    sections = {name: section_text(section) for name, section in step.sections.items()}
    return content_id("sh", code_hash(ROOT / "steps" / f"{step.name}.py", ROOT), args, sections)


def end_with_step(step: Step, calls: CallLog) -> Callable[[], None]:
    """Let a shard begin no further call when its step has ended; returns what stops looking after it."""
    over = threading.Event()
    owner = step.args["shard_of"]

    def look() -> None:
        while not over.is_set():
            why = _why_over(step.id, owner)
            if why:
                calls.end(f"{NOT_MADE}: {why}")
                return
            over.wait(LOOK_S)

    threading.Thread(target=look, name="redraft-shard", daemon=True).start()
    return over.set


def _why_over(shard: str, owner: str) -> str:
    """Why nobody waits for a shard any more; empty: the step that it is a part of does."""
    try:
        own = call("tasks.get_by_id", task=shard)["task"]
        status = call("tasks.get_by_id", task=owner)["task"]["status"]
    except Refusal:
        return f"the step {owner} was deleted"
    except RedraftError:
        return ""  # the server is away: nobody knows
    if TAKEN_BACK in ((own.get("hyperparams") or {}).get("properties") or {}):
        return f"the step {owner} does this work itself"
    if status in ("in_progress", "queued"):  # queued: it was killed, and is launched again
        return ""
    return f"the step {owner} is {status}"
