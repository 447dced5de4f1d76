"""What `kills.py` runs on: server, agents, page and keeper, each a process that may be killed and started again."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
from kills_model import Model
from reviewers_world import START_TIMEOUT_S, Page, Server

from redraft.config import ROOT, load_config

PROJECT = "kills"
PAGES = ("concepts/how-it-works", "concepts/stand-ins", "guides/resume", "guides/ask-and-compare", "guides/review-page")
PAGES += ("reference/glossary", "operations/call-log")
QUESTIONS = 6
AGENTS_TIMEOUT_S = 240.0
SCRIPTS = {"controller": ("services agent", "pipelines/improve_prompt.py"), "step": ("step agent", "steps/")}


class World:
    """All that an iteration needs, on this machine; a context manager that leaves no process behind.

    Args:
        folder: Empty folder for all state.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.queues = folder, load_config().queues
        self._stack = contextlib.ExitStack()
        self._processes: dict[str, subprocess.Popen[bytes]] = {}
        self.pages: list[Page] = []

    def __enter__(self) -> World:
        for name in ("server", "upstream", "page", "logs"):
            (self.folder / name).mkdir(parents=True)
        self.server = Server(self.folder / "server")
        self._stack.callback(lambda: self.server.kill())
        self.model = Model(self._start_stand_in_model())
        self._stack.callback(self.model.stop)
        self.environ = {
            **self.server.environment(),
            "PYTHONPATH": str(ROOT),
            "ANONYMIZED_TELEMETRY": "False",
            "REDRAFT_HOME": str(self.folder / "state"),
            "REDRAFT_WORKING_COPY": "1",
            "OPENAI_BASE_URL": self.model.base_url,
            "OPENAI_API_KEY": "key-of-the-stand-in",
            "OPENAI_ENDPOINT_NAME": "stand-in",
        }
        os.environ.update(self.environ)
        write_docs(self.folder / "docs", 0)
        lines = (ROOT / "data" / "questions.jsonl").read_text(encoding="utf-8").splitlines()[: QUESTIONS + 1]
        (self.folder / "questions.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        for name in ("services agent", "step agent", "page"):
            self.start(name)
        return self

    def __exit__(self, *_: object) -> None:
        for page in self.pages:
            page.kill()
        for name in [*self._processes]:
            self.kill(name)
        self._stack.close()

    def start(self, name: str) -> None:
        """Start what was killed, as whoever supervises it would; a controller and a step have nobody who does."""
        queues = self.queues
        if name == "server":
            self.server.start()
        elif name == "page":
            self.pages.append(self._page())
        elif name == "services agent":
            self._start_agent(name, queues.services)
        elif name == "step agent":
            self._start_agent(name, queues.steps)
        elif name == "keeper":
            words = ["watch", "--project", PROJECT, "--set", "keeper.tick_s=1"]
            self._start(name, [sys.executable, "-m", "redraft.cli", *words])

    def kill(self, name: str) -> None:
        """End it as a power cut does; an agent with the task that it is at."""
        if name == "server":
            self.server.kill()
        elif name == "page":
            self.pages[-1].kill()
        elif name in SCRIPTS:
            agent, script = SCRIPTS[name]
            for process in _tree(self._processes[agent].pid):
                if any(word.startswith(script) for word in _command(process)):
                    process.kill()
        elif name in self._processes:
            process = self._processes.pop(name)
            for each in _tree(process.pid):
                with contextlib.suppress(psutil.NoSuchProcess):
                    each.kill()
            process.wait()

    def resume(self) -> subprocess.Popen[bytes]:
        """Type `redraft resume`."""
        self.kill("resume")
        self._start("resume", [sys.executable, "-m", "redraft.cli", "resume", "--project", PROJECT])
        return self._processes["resume"]

    def await_agents(self) -> None:
        """Wait until both agents serve their queues."""
        from redraft.tracking.queues import ensure_queues, served_queues

        ensure_queues(self.queues)
        deadline = time.monotonic() + AGENTS_TIMEOUT_S
        while not {self.queues.services, self.queues.steps} <= served_queues().keys():
            if time.monotonic() > deadline:
                raise SystemExit("the agents did not start")
            time.sleep(0.2)

    def log(self, name: str) -> str:
        """What a process said."""
        return (self.folder / "logs" / f"{name.replace(' ', '-')}.log").read_text(errors="replace")

    def docs(self, number: int) -> Path:
        """Docs in which every section is another than before."""
        return write_docs(self.folder / f"docs-{number}", number)

    def clicks(self) -> list[dict[str, Any]]:
        """What people clicked and what was acknowledged, on all pages so far."""
        return [row for page in self.pages for row in page.rows()]

    def _page(self) -> Page:
        number = len(self.pages)
        arguments = [f"--project={PROJECT}", f"--session={number}"]
        log = self.folder / "logs" / f"page-{number}.jsonl"
        return Page(self.folder / "page", log, arguments, self.environ, "kills_page.py")

    def _start_agent(self, name: str, queue: str) -> None:
        environ = {
            "CLEARML_AGENT_SKIP_PYTHON_ENV_INSTALL": "1",
            "CLEARML_AGENT_FORCE_CODE_DIR": str(ROOT),
            "CLEARML_AGENT_QUEUE_POLL_FREQ_SEC": "1",
            "CLEARML_WORKER_ID": f"local:{name.replace(' ', '-')}",
            "TMPDIR": str(self._tmp()),  # where an agent looks whether one of its name runs on this machine
        }
        log = self.folder / "logs" / f"{name.replace(' ', '-')}-tasks.log"
        child = [sys.executable, "-m", "redraft.cli.child", "--parent", str(os.getpid()), "--log", str(log), "--"]
        agent = [sys.executable, "-m", "clearml_agent", "daemon", "--queue", queue, "--create-queue", "--foreground"]
        self._start(name, [*child, *agent], environ)

    def _start(self, name: str, command: list[str], environ: dict[str, str] | None = None) -> None:
        with (self.folder / "logs" / f"{name.replace(' ', '-')}.log").open("ab") as log:
            self._processes[name] = subprocess.Popen(
                command,
                cwd=ROOT,
                env={**os.environ, **self.environ, **(environ or {})},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def _tmp(self) -> Path:
        folder = self.folder / "tmp"
        folder.mkdir(exist_ok=True)
        return folder

    def _start_stand_in_model(self) -> str:
        folder = self.folder / "upstream"
        command = [sys.executable, "-m", "redraft.standins.openai_server", "--dir", str(folder)]
        process = subprocess.Popen([*command, "--exit-with-parent", str(os.getpid())], stdout=subprocess.DEVNULL)
        self._processes["model"] = process
        deadline = time.monotonic() + START_TIMEOUT_S
        while not (folder / "server.json").exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise SystemExit("the stand-in model did not start")
            time.sleep(0.02)
        return str(json.loads((folder / "server.json").read_text(encoding="utf-8"))["base_url"])


def write_docs(folder: Path, number: int) -> Path:
    """Write a few pages of Redraft's docs, marked in every section."""
    for name in PAGES:
        text = (ROOT / "data" / "docs" / f"{name}.md").read_text(encoding="utf-8")
        lines = [f"{line}\n\nRelease {number}." if line.startswith("#") else line for line in text.splitlines()]
        path = folder / f"{name}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def _tree(pid: int) -> Iterator[psutil.Process]:
    """A process and its descendants, from the top, so that nobody can react to the end of a child."""
    try:
        root = psutil.Process(pid)
        yield from [root, *root.children(recursive=True)]
    except psutil.NoSuchProcess:
        return


def _command(process: psutil.Process) -> list[str]:
    try:
        return process.cmdline()
    except psutil.Error:
        return []
