"""A git repository of docs: where its branch stands, and a fresh copy of it. Credentials are the machine's own.

Nothing here waits for a person: git may not ask for a password, and is ended when it takes too long.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

from redraft.errors import ConfigError, InputError, LaunchError

LOOK_TIMEOUT_S = 30.0
CLONE_TIMEOUT_S = 600.0
QUIET = {
    "GIT_TERMINAL_PROMPT": "0",
    "GCM_INTERACTIVE": "never",
    "GIT_ALLOW_PROTOCOL": "https:http:ssh:git:file",
    "LC_ALL": "C",  # its words are passed on
}


def check_address(url: str) -> None:
    """Refuse an address that would put a password into the configuration, which the server shows to everybody.

    Raises:
        ConfigError: Names the key, never the password.
    """
    if urlsplit(url).password or (urlsplit(url).scheme.startswith("http") and urlsplit(url).username):
        raise ConfigError(
            "keeper.git_url holds a name or password",
            remedy="leave it out, and give git on the keeper's machine its credentials (a credential helper, or ssh)",
        )


def head_of(url: str, branch: str = "") -> str:
    """The commit that a branch is at now; without a name the default branch.

    Raises:
        InputError: There is no such repository or branch, or it cannot be reached.
        LaunchError: This machine has no git.
    """
    ref = f"refs/heads/{branch}" if branch else "HEAD"
    said = _git("ls-remote", "--exit-code", "--", url, ref, timeout_s=LOOK_TIMEOUT_S, url=url)
    return said.split()[0]


@contextmanager
def copy_of(url: str, branch: str = "") -> Iterator[Path]:
    """A copy of a branch's newest commit, in a folder that is removed after the `with` block.

    Raises:
        InputError: It cannot be had.
        LaunchError: This machine has no git.
    """
    with tempfile.TemporaryDirectory(prefix="redraft-docs-") as folder:
        target = Path(folder) / "docs"
        names = ["--branch", branch] if branch else []
        options = ["--quiet", "--depth", "1", "--single-branch", "--no-tags", *names]
        _git("clone", *options, "--", url, str(target), timeout_s=CLONE_TIMEOUT_S, url=url)
        yield target


def _git(*words: str, timeout_s: float, url: str, environ: Mapping[str, str] | None = None) -> str:
    environ = dict(os.environ if environ is None else environ)
    environ |= QUIET | {"GIT_SSH_COMMAND": environ.get("GIT_SSH_COMMAND") or "ssh -o BatchMode=yes"}
    try:
        done = subprocess.run(
            ["git", *words],  # noqa: S607 - git is found on PATH
            env=environ,
            capture_output=True,
            text=True,
            errors="replace",
            timeout=timeout_s,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    except FileNotFoundError:
        raise LaunchError("keeper.git_url: git is not installed where the keeper runs") from None
    except subprocess.TimeoutExpired:
        raise InputError(f"docs repository {url}: git {words[0]} took longer than {timeout_s:.0f} s") from None
    if done.returncode:
        said = done.stderr.strip().splitlines() or ["no such branch"]
        cause = next((line for line in said if line.startswith("fatal: ")), said[-1])
        raise InputError(f"docs repository {url}: {cause.removeprefix('fatal: ')[:300]}")
    return done.stdout
