"""The endpoints: one file for each service (tasks have several), one function for each endpoint.

A function's name is its endpoint's: `get_by_id` in `models.py` is `models.get_by_id`. It takes a `Call` and returns
the `data` of the reply, or raises `ApiError`.
"""

from __future__ import annotations

from collections.abc import Callable
from types import ModuleType

from redraft.standins.clearml_server.call import Call, Json
from redraft.standins.clearml_server.services import (
    auth,
    debug,
    event_queries,
    events,
    models,
    pipelines,
    projects,
    queues,
    server,
    task_parts,
    task_status,
    tasks,
    users,
    workers,
)

Endpoint = Callable[[Call], Json]
"""A function that answers one kind of request."""

_MODULES: tuple[tuple[str, ModuleType], ...] = (
    ("auth", auth),
    ("debug", debug),
    ("events", events),
    ("events", event_queries),
    ("models", models),
    ("pipelines", pipelines),
    ("projects", projects),
    ("queues", queues),
    ("server", server),
    ("tasks", tasks),
    ("tasks", task_parts),
    ("tasks", task_status),
    ("users", users),
    ("workers", workers),
)

OPEN = frozenset({"debug.ping", "auth.login"})
"""Endpoints that need no token; `auth.login` checks the credentials itself."""


def endpoints() -> dict[str, Endpoint]:
    """Return every endpoint by its name, such as `tasks.get_by_id`."""
    return {
        f"{service}.{name}": function
        for service, module in _MODULES
        for name, function in vars(module).items()
        if callable(function) and getattr(function, "__module__", "") == module.__name__ and not name.startswith("_")
    }
