"""The status table of the ClearML API: what each call makes of a task in each status, or how it is refused.

Measured on a real server 2.3.0. One row is the status before, one column a call without `force`; a status is the one
after the call, a number the subcode of a refusal with code 400.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from clearml_api import Api

if TYPE_CHECKING:
    from clearml_stand_in import RunningServer

TABLE = """
from        enqueue dequeue   started     stopped completed failed close  reset   publish   edit    delete
created     queued  created   in_progress 110     110       110    110    created 110       created gone
queued      706     created   in_progress stopped 110       110    110    created 110       110     123
in_progress 110     created   in_progress stopped completed failed 110    created 110       110     123
stopped     queued  stopped   in_progress stopped completed failed closed created published 110     123
failed      queued  failed    110         stopped 110       failed 110    created published 110     123
completed   110     completed in_progress 110     completed 110    110    created published 110     123
closed      110     closed    110         stopped 110       failed closed created published 110     123
published   110     published 110         110     110       110    110    110     110       110     123
"""

FORCED = {
    "enqueue": "queued",
    "started": "in_progress",
    "stopped": "stopped",
    "completed": "completed",
    "failed": "failed",
    "close": "closed",
    "reset": "created",
    "publish": "published",
    "delete": "gone",
}
"""What a call with `force` makes of a task in any status, except that a queued one is not queued again."""

ROUTES = {
    "created": (),
    "queued": ("enqueue",),
    "in_progress": ("started",),
    "stopped": ("started", "stopped"),
    "failed": ("started", "failed"),
    "completed": ("started", "completed"),
    "closed": ("started", "stopped", "close"),
    "published": ("started", "completed", "publish"),
}
"""By which calls a new task gets into each status."""


def cells() -> Iterator[tuple[str, str, str]]:
    """Return status, call and what comes of it, for each cell of the table."""
    head, *rows = (line.split() for line in TABLE.strip().splitlines())
    for status, *results in rows:
        for call, result in zip(head[1:], results, strict=True):
            yield status, call, result


@pytest.fixture(scope="module")
def api(clearml_server: RunningServer) -> Iterator[Api]:
    client = Api(clearml_server)
    yield client
    client.close()


def task_in(api: Api, status: str) -> str:
    """Return a new task in a status."""
    task = str(api.ask("tasks.create", name="table", type="training")["id"])
    for call in ROUTES[status]:
        api.ask(f"tasks.{call}", task=task)
    assert status_of(api, task) == status
    return task


def status_of(api: Api, task: str) -> str:
    """Return a task's status, or `gone`."""
    found = api.ask("tasks.get_all", id=[task], only_fields=["status"])["tasks"]
    return found[0]["status"] if found else "gone"


def test_the_table_has_all_cells() -> None:
    assert len(list(cells())) == 8 * 11
    assert {status for status, _, _ in cells()} == ROUTES.keys()


@pytest.mark.parametrize(("status", "call", "result"), list(cells()))
def test_a_call_does_what_the_table_says(api: Api, status: str, call: str, result: str) -> None:
    task = task_in(api, status)
    code, subcode, message = api.refusal(f"tasks.{call}", task=task)
    if result.isdecimal():
        assert (code, subcode) == (400, int(result))
        assert message.startswith(refusal(task, status, call, int(result)))
        assert status_of(api, task) == status
    else:
        assert (code, subcode, message) == (200, 0, "OK")
        assert status_of(api, task) == result


@pytest.mark.parametrize(("status", "call", "result"), list(cells()))
def test_force_allows_everything_but_queueing_twice(api: Api, status: str, call: str, result: str) -> None:
    task = task_in(api, status)
    code, subcode, _ = api.refusal(f"tasks.{call}", task=task, force=True)
    if (status, call) == ("queued", "enqueue"):
        assert (code, subcode) == (400, 706)
    else:
        assert (code, subcode) == (200, 0)
        expected = {"edit": status, "dequeue": result}.get(call) or FORCED[call]
        assert status_of(api, task) == expected


def refusal(task: str, status: str, call: str, subcode: int) -> str:
    """Return how the message of a refusal begins."""
    if subcode == 706:
        return f"Failed adding task to queue since task is already queued: task={task}"
    if subcode == 123:
        return "Task cannot be deleted"
    if call == "edit":
        return "Invalid task status"
    return f"Invalid task status (Invalid status change): current_status={status}, new_status={FORCED[call]}"
