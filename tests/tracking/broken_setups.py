"""Set-ups that are broken in one way each, for the doctor: on the stand-in server, with agents that only register."""

from __future__ import annotations

import http.server
import subprocess
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

from queue_names import SERVICES_QUEUE, STEPS_QUEUE

from redraft.config import load_config
from redraft.settings import Config
from redraft.tracking.doctor.before_launch import subject_of
from redraft.tracking.doctor.finding import Subject
from redraft.tracking.queues import ensure_queues, queue_ids
from redraft.tracking.server import call

HEALTHY = {"agent-1": [SERVICES_QUEUE], "agent-2": [STEPS_QUEUE]}
WHO = ["-c", "user.name=Ann", "-c", "user.email=ann@example.com", "-c", "init.defaultBranch=main"]


def subject(project: str, environ: Mapping[str, str], **changes: object) -> Subject:
    """A healthy set-up with the stand-in model, changed in some fields."""
    models = {"run.chat_model": "demo-chat", "run.embedding_model": "demo-embed"}
    whole = subject_of(load_config(overrides=models), project)
    return replace(whole, environ={**whole.environ, **environ}, **changes)


def with_run(config: Config, **changes: str) -> Config:
    """The configuration with other choices for the run."""
    return replace(config, run=replace(config.run, **changes))


def with_queues(config: Config, **changes: Any) -> Config:
    """The configuration with other names of queues."""
    return replace(config, queues=replace(config.queues, **changes))


@contextmanager
def agents(serving: Mapping[str, list[str]]) -> Iterator[None]:
    """Register agents that serve these queues."""
    ensure_queues()
    for name, queues in serving.items():
        call("workers.register", worker=name, queues=[queue_ids()[queue] for queue in queues], timeout=600)
    try:
        yield
    finally:
        for name in serving:
            call("workers.unregister", worker=name)


@contextmanager
def serving(answer: Callable[[http.server.BaseHTTPRequestHandler], None]) -> Iterator[str]:
    """A server that answers every GET in the given way; its address."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self)

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def repository(folder: Path) -> Path:
    """A repository whose only commit is pushed, with a requirement that exists nowhere."""
    git(folder, "init", "--bare", "remote")
    git(folder, "clone", "remote", "work")
    work = folder / "work"
    (work / "step.py").write_text("1\n")
    (work / "requirements.txt").write_text("no-such-package-anywhere-7f3a==1.0\n")
    git(work, "add", "step.py", "requirements.txt")
    git(work, "commit", "-m", "First")
    git(work, "push", "origin", "HEAD")
    return work


def git(folder: Path, *words: str) -> None:
    """Run git as somebody."""
    subprocess.run(["git", *WHO, *words], cwd=folder, check=True, capture_output=True)
