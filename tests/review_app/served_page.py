"""The review page as `redraft review` serves it: a process of its own, for tests that drive it in a browser."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from browser import free_port
from clearml_stand_in import RunningServer

from redraft.cli.page_process import PageProcess
from redraft.review_app.launch import page_command, page_environ


@contextmanager
def served_page(project: str, server: RunningServer, folder: Path) -> Iterator[PageProcess]:
    """Serve a project's page from a state folder; it ends with the block."""
    port = free_port()
    (folder / "review").mkdir()
    clean = {name: value for name, value in os.environ.items() if not name.startswith("REDRAFT_")}
    environ = page_environ(server.environment(clean), project=project, profile=None, folder=folder)
    with PageProcess(folder / "review", "127.0.0.1", port) as page:
        page.start(page_command(host="127.0.0.1", port=port), environ)
        page.await_ready()
        yield page
