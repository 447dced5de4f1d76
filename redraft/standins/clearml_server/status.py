"""Which change of a task's status is allowed: the table, as data."""

from __future__ import annotations

from redraft.standins.clearml_server.call import ApiError

NEW_STATUS = {
    "enqueue": "queued",
    "started": "in_progress",
    "stopped": "stopped",
    "completed": "completed",
    "failed": "failed",
    "close": "closed",
    "reset": "created",
    "publish": "published",
}
"""What each call makes of a task."""

ALLOWED_FROM = {
    "enqueue": {"created", "stopped", "failed"},
    "started": {"created", "queued", "in_progress", "stopped", "completed"},
    "stopped": {"queued", "in_progress", "stopped", "failed", "closed"},
    "completed": {"in_progress", "stopped", "completed"},
    "failed": {"in_progress", "stopped", "failed", "closed"},
    "close": {"stopped", "closed"},
    "reset": {"created", "queued", "in_progress", "stopped", "failed", "completed", "closed"},
    "publish": {"stopped", "failed", "completed", "closed"},
}
"""From which states each call is allowed without `force`."""


def check_change(action: str, current: str, *, forced: bool) -> str:
    """Return the status after a call.

    Raises:
        ApiError: 400/110 if the call is not allowed from the current status, and is not forced.

    >>> check_change("completed", "in_progress", forced=False)
    'completed'
    """
    new = NEW_STATUS[action]
    if not forced and current not in ALLOWED_FROM[action]:
        message = f"Invalid task status (Invalid status change): current_status={current}, new_status={new}"
        raise ApiError(400, 110, message)
    return new


def check_editable(current: str, *, forced: bool, allowed: tuple[str, ...] = ("created",)) -> None:
    """Refuse to change the content of a task that is no longer in one of the allowed states.

    Raises:
        ApiError: 400/110.
    """
    if not forced and current not in allowed:
        raise ApiError(400, 110, f"Invalid task status: status={current}, expected={'|'.join(allowed)}")
