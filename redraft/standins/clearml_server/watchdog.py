"""What the server does by itself: it stops silent tasks, and itself when its parent is gone."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from datetime import datetime

from redraft.standins.clearml_server.call import Call
from redraft.standins.clearml_server.services.task_status import stopped
from redraft.standins.clearml_server.store import Store
from redraft.standins.clearml_server.tokens import Gate

SILENT_TASK_S = 7200
"""For how long a running task may be silent, as on the real server; queued tasks are never touched."""

_ROUND_S = 60.0
_PARENT_ROUND_S = 0.5


def stop_silent_tasks(store: Store, gate: Gate, now: datetime) -> list[str]:
    """Stop the running tasks that nobody heard of for two hours; return their ids."""
    with store.transaction():
        silent = [
            task["id"]
            for task in store.find("task", {"status": ["in_progress"]})
            if (now - datetime.fromisoformat(task["last_update"])).total_seconds() > SILENT_TASK_S
        ]
        for task_id in silent:
            reason = "Forced stop (non-responsive)"
            body = {"task": task_id, "force": True, "status_reason": reason, "status_message": reason}
            stopped(Call(store=store, gate=gate, body=body, now=now))
    return silent


async def watch_tasks(look: Callable[[], object]) -> None:
    """Call a function once a minute, for ever."""
    while True:
        await asyncio.sleep(_ROUND_S)
        look()


async def watch_parent(pid: int, stop: Callable[[], None]) -> None:
    """Call `stop` when the process is gone."""
    is_own = pid == os.getppid()
    while _exists(pid) and (not is_own or os.getppid() == pid):
        await asyncio.sleep(_PARENT_ROUND_S)
    stop()


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
