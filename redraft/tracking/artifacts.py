"""Files on tasks: uploaded, checked, then registered; read back fresh.

The SDK's own `upload_artifact` reports success when the upload failed, and a reader that saw an earlier file of that
name silently gets the old content. So: upload, compare the size at the destination (or what is read back), register
without force (a completed task refuses), and read with `force_download`. Its `Task` objects are not used: while the
server is away, their calls are tried again for ever.
"""

from __future__ import annotations

import functools
import hashlib
import tempfile
import time
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from redraft.errors import ServerUnavailable
from redraft.jsonl import dump_jsonl, parse_jsonl
from redraft.tracking.server import NO_SUCH_TASK, NoSuchTask, Refusal, call, fails_soon

RecordT = TypeVar("RecordT")

PREVIEW_CHARS = 2000
SDK_PROJECT_CHARS, SDK_TASK_CHARS = 256, 128


def put_file(task_id: str, name: str, path: Path, *, preview: str = "", force: bool = False) -> str:
    """Upload a file and register it as an artifact; return its address.

    The task must be created, queued or in progress, unless by `force`, which is for `redraft.tracking.forgetting`:
    nothing else changes what a finished task holds.

    Raises:
        ServerUnavailable: The upload did not arrive whole.
        Refusal: The task does not take artifacts any more (400/110).
    """
    uploaded = upload_file(task_id, f"artifacts/{name}", path)
    size = path.stat().st_size
    artifact = {
        "key": name,
        "type": "custom",
        "mode": "output",
        "uri": uploaded,
        "hash": hashlib.sha256(path.read_bytes()).hexdigest(),
        "content_size": size,
        "timestamp": int(time.time()),
        "type_data": {"preview": preview[:PREVIEW_CHARS] or f"{path.name} - {size} bytes", "content_type": _mime(path)},
    }
    call("tasks.add_or_update_artifacts", task=task_id, artifacts=[artifact], force=force)
    return uploaded


def upload_file(task_id: str, folder: str, path: Path) -> str:
    """Upload a file into a folder of a task's storage and check that it arrived; return its address.

    Raises:
        ServerUnavailable: It did not arrive whole.
    """
    from clearml import StorageManager
    from clearml.backend_api.session import Session

    task = call("tasks.get_by_id", task=task_id)["task"]
    base = ((task.get("output") or {}).get("destination") or Session.get_files_server_host()).rstrip("/")
    # a name of its own for every upload: readers with an older file in their cache cannot get that one
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    url = f"{base}/{_folder_of(task)}/{folder}/{digest[:12]}-{path.name}"
    _give_up_soon(url)
    try:
        uploaded = StorageManager.upload_file(str(path), url, wait_for_upload=True, retries=1 if fails_soon() else 3)
    except Exception as error:  # of the storage's driver, of which there are many
        raise ServerUnavailable(
            f"{path.name} could not be uploaded to {url} ({type(error).__name__})",
            remedy="check that this machine reaches that address",
        ) from error
    size = StorageManager.get_file_size_bytes(uploaded, silence_errors=True) if uploaded else None
    if size != path.stat().st_size and not (uploaded and _arrived(uploaded, path)):
        raise ServerUnavailable(
            f"{path.name} ({path.stat().st_size} bytes) did not arrive at {url}: found {size}",
            remedy="check the files server and its disk",
        )
    return str(uploaded)


def _arrived(url: str, path: Path) -> bool:
    """Whether what is read back is the file: of one that is sent compressed the size that is told is another one."""
    try:
        return get_file(url).read_bytes() == path.read_bytes()
    except ServerUnavailable:
        return False


def put_records(
    task_id: str, name: str, kind: type[RecordT], records: Iterable[RecordT], *, force: bool = False
) -> str:
    """Upload records as the artifact `name`, a JSONL file; `force`: see `put_file`."""
    text = dump_jsonl(kind, records)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{name}.jsonl"
        path.write_text(text, encoding="utf-8")
        return put_file(task_id, name, path, preview=text, force=force)


def artifact_urls(task_id: str) -> dict[str, str]:
    """Names and addresses of a task's artifacts.

    Raises:
        NoSuchTask: Somebody deleted it.
    """
    try:
        task = call("tasks.get_by_id", task=task_id)["task"]
    except Refusal as error:
        if error.subcode != NO_SUCH_TASK:
            raise
        raise NoSuchTask(task_id) from None
    execution = task.get("execution") or {}
    return {item["key"]: item["uri"] for item in execution.get("artifacts") or []}


def get_file(url: str) -> Path:
    """Bring an artifact's file here, never an older copy of it."""
    from clearml import StorageManager

    _give_up_soon(url)
    local = StorageManager.get_local_copy(url, extract_archive=False, force_download=True)
    if not local:
        raise ServerUnavailable(f"{url} could not be downloaded", remedy="check that this machine reaches that address")
    return Path(local)


def get_artifact(task_id: str, name: str) -> Path:
    """Bring a task's artifact here."""
    urls = artifact_urls(task_id)
    if name not in urls:
        raise Refusal("artifacts", 404, 0, f"task {task_id} has no artifact {name!r}, only {sorted(urls) or 'none'}")
    return get_file(urls[name])


def get_records(task_id: str, name: str, kind: type[RecordT]) -> list[RecordT]:
    """Read a task's artifact as records."""
    return parse_jsonl(kind, get_artifact(task_id, name).read_text(encoding="utf-8"), name=f"{name} of task {task_id}")


def _folder_of(task: Mapping[str, Any]) -> str:
    """Where the SDK keeps a task's files: below its project's name and its own, cut to what storages take."""
    project = _project_name(task["project"]) if task.get("project") else "unknown"
    folders = (project[:SDK_PROJECT_CHARS], f"{task['name'][: SDK_TASK_CHARS - len(task['id']) - 1]}.{task['id']}")
    return "/".join(quote(folder, safe="'[]{}()$^,.; -_+-=/") for folder in folders)


@functools.cache
def _project_name(project: str) -> str:
    return str(call("projects.get_by_id", project=project)["project"]["name"])


def _give_up_soon(url: str) -> None:
    """Let this thread's connection to a storage be tried twice, where the SDK tries for a quarter of a minute.

    The SDK keeps one a thread and storage, with the number of retries that it was first asked for with.
    """
    from clearml import StorageManager

    if fails_soon():
        StorageManager.storage_helper.get(url, retries=1)


def _mime(path: Path) -> str:
    return {".jsonl": "application/x-ndjson", ".zip": "application/zip"}.get(path.suffix, "application/octet-stream")
