"""The files server: a file goes there and comes back, from the address that is recorded in artifacts."""

from __future__ import annotations

import ipaddress
import tempfile
import uuid
from pathlib import Path
from urllib.parse import urlsplit

from redraft.errors import ServerError, ServerUnavailable
from redraft.tracking.artifacts import artifact_urls, get_file, put_file
from redraft.tracking.doctor.finding import Check, Seen, Subject


def look(subject: Subject) -> Seen:
    """Upload a small file as an artifact, read it back by its recorded address, and delete it.

    Raises:
        ServerError: It does not arrive, does not come back, or is recorded where other machines cannot find it.
    """
    from clearml import Task

    task = Task.create(project_name=subject.project, task_name="doctor: a small file", task_type="custom")
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "doctor.txt"
            path.write_text(uuid.uuid4().hex, encoding="utf-8")
            put_file(task.id, "doctor", path)
            recorded = artifact_urls(task.id)["doctor"]
            copy = get_file(recorded)
            same = copy.read_bytes() == path.read_bytes()
            copy.unlink()
            if not same:
                raise ServerUnavailable(f"{recorded} gives another file back than the one that was uploaded")
    finally:
        task.delete(delete_artifacts_and_models=True, raise_on_error=False)
    check_recorded(recorded, subject.api_host)
    return Seen(words=f"a file was uploaded, read back and deleted at {_place(recorded)}")


def check_recorded(url: str, api_host: str) -> None:
    """Refuse an address that only this machine can read, if the server is another machine.

    Raises:
        ServerError: It names this machine or a folder of it.
    """
    if is_local(urlsplit(api_host).hostname):
        return  # all of it is on this machine
    parts = urlsplit(url)
    if parts.scheme in ("", "file") or is_local(parts.hostname):
        raise ServerError(
            f"files are recorded as {_place(url)}, which other machines cannot read; the server is {api_host}",
            remedy="set api.files_server (or CLEARML_FILES_HOST) to an address that agents and people reach, "
            "and sdk.development.default_output_uri to it or to nothing",
        )


def is_local(host: str | None) -> bool:
    """Whether a host name means the machine that asks.

    >>> [is_local(host) for host in ("localhost", "127.0.0.1", "::1", "0.0.0.0", "files.example.com", "10.0.0.7")]
    [True, True, True, True, False, False]
    """
    if host is None:
        return False
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
    return address.is_loopback or address.is_unspecified


def _place(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme or 'file'}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}"


FILES = Check(name="files", look=look, timeout_s=60.0, needs=("server",))
