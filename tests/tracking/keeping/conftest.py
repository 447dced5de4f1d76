"""Every test here has a project of its own with a template, and agents that serve the queues."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from keeper_world import World

from redraft.tracking.queues import default_queues, ensure_queues, queue_ids
from redraft.tracking.server import Refusal, call


@pytest.fixture
def agents() -> Iterator[None]:
    """Register agents that serve what a run needs."""
    ensure_queues()
    names = default_queues()
    served = {"one": names.services, "two": names.steps}
    for worker, queue in served.items():
        call("workers.register", worker=worker, queues=[queue_ids()[queue]], timeout=600)
    yield
    for worker in served:
        with contextlib.suppress(Refusal):  # a test took it away
            call("workers.unregister", worker=worker)


@pytest.fixture
def world(project: str, tmp_path: Path, agents: None) -> World:  # noqa: ARG001 - they serve the queues
    """A project without runs."""
    return World.of(project, tmp_path)
