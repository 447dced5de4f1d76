"""How a task ended, read from what the server and its agents write: killed, silent, or stopped by a person."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

ENDING_FIELDS = ["status", "status_message", "status_reason"]  # that say how
WATCHDOG = "Forced stop (non-responsive)"  # the server's words for a task that was silent for too long
AGENT_ENDED = "user abort"  # an agent's words when it was ended itself; it has others for an abort in the interface
KILLED = re.compile(r"exit code (-\d+|1[3-9]\d|2\d\d)\b")  # an agent's words; 128 and more: by a signal


def was_killed(said: str) -> bool:
    """Whether an agent says that a task's process was killed.

    >>> was_killed("worker execution exit code -9"), was_killed("worker execution exit code 1")
    (True, False)
    """
    return bool(KILLED.search(said))


def fell_silent(task: Mapping[str, Any]) -> bool:
    """Whether the server stopped a task because it heard nothing of it; its words may be in either field.

    >>> fell_silent({"status": "stopped", "status_reason": "Forced stop (non-responsive)"})
    True
    """
    return task["status"] == "stopped" and WATCHDOG in (task.get("status_message"), task.get("status_reason"))


def lost_its_agent(task: Mapping[str, Any]) -> bool:
    """Whether a task was stopped although no person wanted that: its agent was ended, or it fell silent.

    >>> ended = {"status_reason": "user abort", "status_message": "Changed by clearml-agent m:0"}
    >>> lost_its_agent({"status": "stopped", **ended})
    True
    >>> lost_its_agent({"status": "stopped", "status_reason": "task was stopped by tasks.stop"})
    False
    """
    reason, message = (str(task.get(name) or "") for name in ("status_reason", "status_message"))
    ended = task["status"] == "stopped" and reason == AGENT_ENDED and message.startswith("Changed by ")
    return ended or fell_silent(task)
