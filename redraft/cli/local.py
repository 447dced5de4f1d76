"""Everything that a run needs, on this machine: both stand-in servers and two agents, ended when their starter ends.

All state lives in one folder, `.redraft/` in the repository unless `REDRAFT_HOME` says otherwise; processes started
here see it as their home, so that nothing is written outside. One starter at a time holds the folder.
"""

from __future__ import annotations

import hashlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import IO, Any

from redraft.cli.child import MARK, end_marked, end_tree
from redraft.cli.holding import OTHER_HOME, Holder, hold, holder_of, read_json
from redraft.cli.page_note import page_words
from redraft.config import ROOT
from redraft.errors import InputError, LaunchError
from redraft.settings import QueueSettings
from redraft.tracking.doctor import WORKING_COPY

START_TIMEOUT_S = 30.0


def home(environ: Mapping[str, str]) -> Path:
    """The folder that holds all state of local runs, which need not be there yet.

    Raises:
        InputError: It is a file, or in one.
    """
    folder = Path(environ.get("REDRAFT_HOME") or ROOT / ".redraft").absolute()
    for place in (folder, *folder.parents):
        if os.path.isfile(place):  # noqa: PTH113 - also where nobody may look, which is told when something is made
            raise InputError(f"REDRAFT_HOME: {folder} can be no folder, {place} is a file", remedy=OTHER_HOME)
    return folder


def uses_stand_in_server(environ: Mapping[str, str]) -> bool:
    """Whether no ClearML server is configured: neither in the environment nor in a configuration file."""
    if environ.get("CLEARML_API_HOST") or environ.get("TRAINS_API_HOST"):
        return False
    configured = Path(
        environ.get("CLEARML_CONFIG_FILE") or Path(environ.get("HOME", "~")).expanduser() / "clearml.conf"
    )
    return not configured.exists()


def uses_stand_in_model(environ: Mapping[str, str]) -> bool:
    """Whether no model endpoint is configured."""
    return not environ.get("OPENAI_BASE_URL") and not environ.get("OPENAI_API_KEY")


def with_stand_in_models(profile: Path | None, environ: Mapping[str, str]) -> Path | None:
    """The profile to use: without one of their own, those who use the stand-in model need its models' names."""
    return ROOT / "configs" / "stand_ins.yaml" if profile is None and uses_stand_in_model(environ) else profile


def agent_place(folder: Path) -> str:
    """What the names of a folder's agents begin with on a server of many machines: always the same, nowhere else."""
    return f"{socket.gethostname()}-{hashlib.sha256(str(folder).encode()).hexdigest()[:6]}"


class LocalServices:
    """The processes of a local run; a context manager that leaves none behind.

    Args:
        folder: Where all their state lives.
        environ: The environment they start from.
        server: Start the stand-in for the ClearML server.
        model: Start the stand-in for the model endpoint.
        agents: Offer two agents, which `start_agents` starts.
        page: The starter is the review page.
    """

    def __init__(
        self,
        folder: Path,
        environ: Mapping[str, str],
        *,
        server: bool = True,
        model: bool = True,
        agents: bool = True,
        page: bool = False,
    ) -> None:
        self.queues: QueueSettings | None = None  # what the agents serve, once they are started
        self.folder = folder
        # what is started here is started many times over: compiled modules are worth keeping
        self.environ = {name: value for name, value in environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        wanted = {"server": server, "model": model, "agents": agents}
        self.wanted = frozenset(name for name in wanted if wanted[name])
        if agents:
            self.environ |= {WORKING_COPY: "1", "PYTHONPATH": str(ROOT)}  # they have no clone
            self.environ["ANONYMIZED_TELEMETRY"] = "False"
        self.holder: Holder | None = None  # the process that started what is used here, if that is another
        self.resume = "redraft resume"  # the command that continues what is done here
        self._page = page
        self._stack = ExitStack()
        self.processes: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> LocalServices:
        with ExitStack() as stack:
            all_started = stack.enter_context(
                hold(self.folder, offers=self.wanted, page=self._page, who=lambda: page_words(self.folder))
            )
            end_marked(self.folder)  # an earlier starter, and what should have ended its children, may have been killed
            stack.callback(end_marked, self.folder)
            self._stack = stack
            for name in ("home", "tmp", "logs"):
                (self.folder / name).mkdir(parents=True, exist_ok=True)
            if "server" in self.wanted:
                self._use_server(self._start_server("clearml_server", "server"))
            if "model" in self.wanted:
                self._use_model(self._start_server("openai_server", "model"))
            self._stack = stack.pop_all()
        all_started()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def attach(self) -> None:
        """Use the stand-ins and agents that another process of this folder runs; wait until it has started them.

        Raises:
            LaunchError: It ended, or did not start them in time.
        """
        deadline = time.monotonic() + START_TIMEOUT_S
        while self.wanted:
            self.holder = holder_of(self.folder)
            if self.holder is not None and self.holder.ready:
                break
            if self.holder is None or time.monotonic() > deadline:
                raise LaunchError(f"what runs in {self.folder} did not start or has ended", remedy="try again")
            time.sleep(0.1)
        if "server" in self.wanted:
            self._use_server(read_json(self.folder / "server" / "server.json"))
        if "model" in self.wanted:
            self._use_model(read_json(self.folder / "model" / "server.json"))

    def start_agents(self, queues: QueueSettings) -> None:
        """Start the two agents, unless another process runs them; see `redraft.cli.connect.await_agents`."""
        self.queues = queues
        if self.holder is None:
            self._start_agent("services", queues.services)
            self._start_agent("steps", queues.steps)

    def check(self) -> None:
        """Notice a process that has ended.

        Raises:
            LaunchError: Which one, and the end of its log.
        """
        if self.holder is not None and not self.holder.process.lives():
            raise LaunchError(
                f"process {self.holder.process.pid}, which ran stand-ins and agents, has ended",
                remedy=f"`{self.resume}`, or the page with `redraft review`, continues a run",
            )
        for name, process in self.processes.items():
            if process.poll() is not None:
                raise LaunchError(
                    f"{name} ended with code {process.returncode}; the end of its log: {self._last_line(name)}",
                    remedy=f"see {self._log(name)}; `{self.resume}` continues a run",
                )

    def _start_server(self, package: str, name: str) -> dict[str, Any]:
        folder = self.folder / name
        folder.mkdir(parents=True, exist_ok=True)
        discovery = folder / "server.json"
        command = [sys.executable, "-m", f"redraft.standins.{package}", "--dir", str(folder)]
        if package == "clearml_server":
            command += ["--cache-dir", str(self.folder / "cache")]
        process = self._start(name, [*command, "--exit-with-parent", str(os.getpid())])
        deadline = time.monotonic() + START_TIMEOUT_S
        while True:
            found = read_json(discovery)
            if found.get("pid") == process.pid:
                return found
            if process.poll() is not None:
                raise LaunchError(f"the stand-in {name} did not start: {self._last_line(name)}")
            if time.monotonic() > deadline:
                raise LaunchError(f"the stand-in {name} did not start within {START_TIMEOUT_S:.0f} s")
            time.sleep(0.05)

    def _use_server(self, found: Mapping[str, Any]) -> None:
        home_folder = self.folder / "home"
        self.environ |= {
            "CLEARML_CONFIG_FILE": found["config_file"],
            "CLEARML_API_HOST": found["url"],
            "CLEARML_WEB_HOST": found["url"],
            "CLEARML_FILES_HOST": found["url"],
            "CLEARML_API_ACCESS_KEY": found["access_key"],
            "CLEARML_API_SECRET_KEY": found["secret_key"],
            "CLEARML_CACHE_DIR": str(self.folder / "cache"),
            "HOME": str(home_folder),
            "XDG_CACHE_HOME": str(home_folder / ".cache"),
            "TMPDIR": str(self.folder / "tmp"),
        }

    def _use_model(self, found: Mapping[str, Any]) -> None:
        self.environ |= {"OPENAI_BASE_URL": found["base_url"], "OPENAI_API_KEY": "key-of-the-stand-in"}

    def _start_agent(self, name: str, queue: str) -> None:
        environ = {
            **self.environ,
            "CLEARML_AGENT_SKIP_PYTHON_ENV_INSTALL": "1",
            "CLEARML_AGENT_FORCE_CODE_DIR": str(ROOT),
            "CLEARML_AGENT_QUEUE_POLL_FREQ_SEC": "0.5",
            "CLEARML_WORKER_ID": f"{'local' if 'server' in self.wanted else agent_place(self.folder)}:{name}",
        }
        agent = [sys.executable, "-m", "clearml_agent", "daemon", "--queue", queue, "--create-queue", "--foreground"]
        log = self.folder / "logs" / f"agent-{name}.log"
        child = [sys.executable, "-m", "redraft.cli.child", "--parent", str(os.getpid()), "--log", str(log), "--"]
        self._start(f"agent {name}", [*child, *agent], environ)

    def _start(
        self, name: str, command: list[str], environ: Mapping[str, str] | None = None
    ) -> subprocess.Popen[bytes]:
        log: IO[bytes] = self._stack.enter_context(self._log(name).open("ab"))
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**(environ or self.environ), MARK: str(self.folder)},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C reaches the starter alone, which ends the others in order
        )
        self._stack.callback(process.wait)  # once it has been ended: the last that was said is done first
        self._stack.callback(end_tree, process.pid)
        self.processes[name] = process
        return process

    def _log(self, name: str) -> Path:
        return self.folder / "logs" / f"{name.replace(' ', '-')}.log"

    def _last_line(self, name: str) -> str:
        log = self._log(name)
        lines = log.read_text(errors="replace").strip().splitlines() if log.exists() else []
        return lines[-1] if lines else f"see {log}"
