"""The folder of one server: its keys and port, kept over restarts; its lock; the files that tell others."""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO

from redraft.standins.clearml_server.tokens import Gate

DISCOVERY = "server.json"
CLIENT_CONFIG = "clearml.conf"
_IDENTITY = "identity.json"
_LOCK = "server.lock"


class FolderError(Exception):
    """The folder cannot be used: another server holds it, or it cannot be written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """What stays the same as long as the folder does.

    Attributes:
        access_key: the key that clients log in with.
        secret_key: its secret.
        signing_key: what tokens are signed with.
        port: the port that stored addresses name; None before the first start.
    """

    access_key: str
    secret_key: str
    signing_key: str
    port: int | None

    @property
    def gate(self) -> Gate:
        """Return what checks these keys."""
        return Gate(access_key=self.access_key, secret_key=self.secret_key, signing_key=self.signing_key)


def lock(folder: Path) -> IO[str]:
    """Take the folder for this process, until it ends or the returned file is closed.

    Raises:
        FolderError: another process has it, or it cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        stream = (folder / _LOCK).open("a")
    except OSError as error:
        raise FolderError(f"cannot use the folder {folder}: {error.strerror}") from error
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        stream.close()
        raise FolderError(f"another ClearML stand-in already uses the folder {folder}") from error
    return stream


def load_identity(folder: Path) -> Identity:
    """Return the folder's keys and port, made up at the first start."""
    path = folder / _IDENTITY
    if path.exists():
        return Identity(**json.loads(path.read_text(encoding="utf-8")))
    identity = Identity(
        access_key=secrets.token_hex(16).upper(),
        secret_key=secrets.token_urlsafe(32),
        signing_key=secrets.token_urlsafe(32),
        port=None,
    )
    save_identity(folder, identity)
    return identity


def save_identity(folder: Path, identity: Identity) -> None:
    """Keep the keys and the port."""
    write_private(folder / _IDENTITY, json.dumps(asdict(identity), indent=2) + "\n")


def announce(folder: Path, url: str, identity: Identity) -> None:
    """Write the discovery file: from now on the server can be found."""
    content = {
        "pid": os.getpid(),
        "url": url,
        "access_key": identity.access_key,
        "secret_key": identity.secret_key,
        "config_file": str((folder / CLIENT_CONFIG).resolve()),
    }
    write_private(folder / DISCOVERY, json.dumps(content, indent=2) + "\n")


def withdraw(folder: Path) -> None:
    """Remove the discovery file, also one that a killed server left."""
    (folder / DISCOVERY).unlink(missing_ok=True)


def write_private(path: Path, content: str) -> None:
    """Write a file that only its owner can read, whole or not at all."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(content)
        stream.flush()
        os.fsync(stream.fileno())
    Path(name).replace(path)
