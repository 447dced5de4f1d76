"""The code reaches agents that clone it: committed, pushed, and its requirements can be installed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from redraft.errors import LaunchError
from redraft.settings import Config
from redraft.tracking.datasets import DATASET_PREFIX
from redraft.tracking.doctor.finding import Check, Seen, Subject

GIT_TIMEOUT_S = 25.0
PIP_TIMEOUT_S = 300.0
SHOWN = 5  # file names in a message
# by a run, besides *.py; a profile is read by whoever starts it
READ = (
    "redraft", "steps", "pipelines", "configs/default.yaml", "configs/rubric.yaml", "requirements.txt",
    "constraints.txt",
)  # fmt: skip


def git(root: Path, *words: str) -> str:
    """What a git command prints; empty when it fails, or there is no git."""
    environ = {**os.environ, "GIT_TERMINAL_PROMPT": "0"}  # a remote that asks for a password would wait for ever
    try:
        done = subprocess.run(
            ["git", *words],  # noqa: S607 - git is found on PATH
            cwd=root,
            env=environ,
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            timeout=GIT_TIMEOUT_S,
            check=False,
        )
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def head_commit(root: Path) -> str:
    """The commit that is checked out; empty outside a repository."""
    return git(root, "rev-parse", "HEAD")


def repository_problems(root: Path, config: Config) -> list[str]:
    """What would keep an agent that clones from running this code: untracked files that it reads, unpushed commits."""
    if not head_commit(root):
        return ["the code is not in a git repository"]
    problems = []
    read = [*map(Path, READ), *_named_files(root, config)]
    others = git(root, "ls-files", "--others", "--exclude-standard", "-z").split("\0")
    untracked = [
        name for name in others if name.endswith(".py") or (name and any(map(Path(name).is_relative_to, read)))
    ]
    if untracked:
        problems.append(f"untracked files do not reach agents: {', '.join(untracked[:SHOWN])}")
    if not git(root, "branch", "--remotes", "--contains", "HEAD"):
        problems.append("the current commit is not pushed to any remote")
    return problems


def look(subject: Subject) -> Seen:
    """Look for what agents would not get, and ask the remote whether it has the commit.

    Raises:
        LaunchError: Agents that clone could not run this code.
    """
    if subject.working_copy:
        return Seen(words="the agents on this machine run the files as they are here")
    problems = repository_problems(subject.root, subject.config)
    if problems:
        raise LaunchError(
            f"agents that clone cannot run this code: {'; '.join(problems)}",
            remedy="commit and push what runs need, or give `redraft run` --agents to run it on this machine",
        )
    commit = head_commit(subject.root)
    remote = _remote_with(subject.root, commit)
    edited = git(subject.root, "diff", "HEAD", "--name-only").splitlines()
    if edited:
        return Seen(
            words=f"edited since commit {commit[:10]}, agents get a diff: {', '.join(edited[:SHOWN])}",
            warning=True,
            remedy="commit and push, then `redraft install`",
        )
    return Seen(words=f"commit {commit[:10]} is on the remote {remote}, nothing differs from it")


def look_requirements(subject: Subject) -> Seen:
    """Let pip find every package of `requirements.txt`, as on an empty machine, without installing any.

    Raises:
        LaunchError: One cannot be found, or they do not fit together.
    """
    if subject.working_copy:
        return Seen(words="the agents on this machine use this environment")
    pip = [sys.executable, "-m", "pip", "install", "--dry-run", "--ignore-installed", "--quiet", "--no-input"]
    done = subprocess.run(
        [*pip, "--disable-pip-version-check", "--retries", "1", "-r", "requirements.txt"],
        cwd=subject.root,
        env=dict(subject.environ),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=PIP_TIMEOUT_S,
        check=False,
    )
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if line.startswith("ERROR")] or done.stderr.splitlines()[-1:]
        raise LaunchError(
            f"requirements.txt cannot be installed: {' '.join(said)[:300] or 'pip said nothing'}",
            remedy="mend it, or give pip an index that has it (PIP_INDEX_URL; agent.package_manager on the agents)",
        )
    return Seen(words="pip finds all of requirements.txt")


def _named_files(root: Path, config: Config) -> list[Path]:
    """What the configuration names inside the repository, relative to it."""
    named = (config.run.docs, config.run.questions, config.write.seed_prompts)
    paths = [(root / value).resolve() for value in named if not value.startswith(DATASET_PREFIX)]
    return [path.relative_to(root.resolve()) for path in paths if path.is_relative_to(root.resolve())]


def _remote_with(root: Path, commit: str) -> str:
    """Name of a remote that has the commit, asked now."""
    remotes = git(root, "remote").splitlines()
    for remote in remotes:
        heads = [line.split("\t")[0] for line in git(root, "ls-remote", "--heads", remote).splitlines()]
        if commit in heads or any(_is_ancestor(root, commit, head) for head in heads):
            return remote
    raise LaunchError(
        f"no remote ({', '.join(remotes) or 'there is none'}) has commit {commit[:10]}, or none can be read from here",
        remedy="push it, and see that agents may read the repository",
    )


def _is_ancestor(root: Path, commit: str, head: str) -> bool:
    return git(root, "merge-base", commit, head) == commit


CODE = Check(name="code", look=look, timeout_s=60.0)
REQUIREMENTS = Check(name="requirements", look=look_requirements, timeout_s=PIP_TIMEOUT_S + 10)
