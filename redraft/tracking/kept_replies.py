r"""Model replies on the server while their step runs, so that a kill costs only the calls in flight.

A thread writes what has come back as an artifact of the running step task, a file of records a segment, named by writer
and number (`kept-3f9a12bc-0`):

    {"redraft": "KeptReply", "schema": 2}
    {"key": "kr-9c41...", "reply": "{\"content\": \"...\", ...}"}

A call's slot is free again only when its reply is on the server (`redraft.llm.kept.keep`). That would make hundreds of
small artifacts, so a segment is uploaded again with what came since, under an address of its own each time, until it is
large; then the next one begins. The address it had before is deleted when the new one is registered.

The next attempt at the same step (a new task after its controller was resumed, or the same one) takes the replies of
earlier attempts that did not end well, each reply once, so that two samples of one question stay two. The batch also
takes those of the trial answers of its own run. To throw kept replies away, archive the task that holds them.
"""

from __future__ import annotations

import itertools
import logging
import re
import tempfile
import threading
import uuid
from collections import deque
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from redraft.errors import RedraftError
from redraft.jsonl import dump_jsonl, parse_jsonl
from redraft.records import KeptReply
from redraft.tracking.artifacts import get_file, put_file
from redraft.tracking.server import call, find_tasks
from redraft.tracking.step import Step

log = logging.getLogger("redraft")

ARTIFACT = "kept-"  # how the artifacts' names begin
SEGMENT_BYTES = 200_000
PAUSE_S = 0.05  # between two uploads
CLOSE_S = 30.0
MOST_ATTEMPTS = 50  # earlier tasks that are looked at
TRIED_BY = "prompts_task"  # parameter: the step that tried the new prompts
UNFINISHED = ("in_progress", "failed", "stopped", "closed")


class KeptReplies:
    """Keeps replies on a task, and hands out those of earlier attempts. Use it as a context manager.

    Args:
        task_id: The running step's.
        earlier: What earlier attempts kept, oldest first.
    """

    def __init__(self, task_id: str, earlier: Iterable[KeptReply] = ()) -> None:
        self._task_id = task_id
        self._earlier: dict[str, deque[str]] = {}
        self.add_earlier(earlier)
        self._changed = threading.Condition()
        self._waiting: list[tuple[str, str]] = []
        self._promised: list[Future[None]] = []
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None
        self._segment = _Segment(task_id)

    def __enter__(self) -> KeptReplies:
        return self

    def __exit__(self, *_: object) -> None:
        """Upload what is left."""
        with self._changed:
            self._closing.set()
            self._changed.notify()
        if self._thread is not None:
            self._thread.join(CLOSE_S)

    def add_earlier(self, earlier: Iterable[KeptReply]) -> None:
        """Take in replies that others paid for."""
        for kept in earlier:
            self._earlier.setdefault(kept.key, deque()).append(kept.reply)

    def take(self, key: str) -> str | None:
        """See `redraft.call_log.Replies`."""
        found = self._earlier.get(key)
        return found.popleft() if found else None

    def keep(self, replies: Sequence[tuple[str, str]]) -> Future[None]:
        """See `redraft.call_log.Replies`."""
        promise: Future[None] = Future()
        with self._changed:
            self._waiting += replies
            self._promised.append(promise)
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="redraft-kept", daemon=True)
                self._thread.start()
            self._changed.notify()
        return promise

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closing.is_set())
                replies, promised = self._waiting, self._promised
                self._waiting, self._promised = [], []
            if not replies:
                return
            try:
                self._segment.add(replies)
            finally:
                for promise in promised:
                    promise.set_result(None)
            self._closing.wait(PAUSE_S)


class _Segment:
    """The artifact that is being written."""

    def __init__(self, task_id: str) -> None:
        self._task_id = task_id
        self._writer = uuid.uuid4().hex[:8]
        self._number = 0
        self._replies: list[KeptReply] = []
        self._url = ""
        self._warned = False

    def add(self, replies: Sequence[tuple[str, str]]) -> None:
        """Upload it with these replies too; what cannot be uploaded now is with the next."""
        self._replies += [KeptReply(key=key, reply=reply) for key, reply in replies]
        text = dump_jsonl(KeptReply, self._replies)
        name = f"{ARTIFACT}{self._writer}-{self._number}"
        try:
            url = self._put(name, text)
        except RedraftError as error:
            if not self._warned:
                log.warning("model replies cannot be kept now, a kill would cost them: %s", error)
            self._warned = True
            return
        before, self._url = self._url, url
        if before:
            _delete(before)
        if len(text) >= SEGMENT_BYTES:
            self._number, self._replies, self._url = self._number + 1, [], ""

    def _put(self, name: str, text: str) -> str:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"{name}.jsonl"
            path.write_text(text, encoding="utf-8")
            return put_file(self._task_id, name, path, preview=f"{len(self._replies)} model replies")


def kept_replies(step: Step) -> KeptReplies:
    """Open the replies of a step: what others paid for already, and where its own are kept.

    Taken are the replies of its earlier attempts, and those of the step that tried the new prompts on some of the same
    questions (`write_prompts`): what is asked again word for word is not paid for twice.
    """
    earlier, tried = earlier_replies(step.id, step.name), step.args.get(TRIED_BY)
    if earlier:
        log.info("%d model replies of earlier attempts need not be paid for again", len(earlier))
    if tried:
        earlier += replies_on(find_tasks(id=[tried], only_fields=["execution.artifacts"]))
    return KeptReplies(step.id, earlier)


def earlier_replies(task_id: str, name: str) -> list[KeptReply]:
    """Replies that attempts at a step kept which did not end well, and their shards, oldest first.

    Args:
        task_id: Of the attempt that begins; it may have begun before.
        name: The step's.
    """
    project = call("tasks.get_by_id", task=task_id)["task"]["project"]
    wanted: dict[str, Any] = {
        "project": [project],
        "system_tags": ["-archived"],
        "only_fields": ["status", "execution.artifacts", "hyperparams.Args.shard_of"],
        "order_by": ["-created"],
        "page_size": MOST_ATTEMPTS,
    }
    found = find_tasks(name=f"^{re.escape(name)}(, shard .*)?$", status=list(UNFINISHED), **wanted)
    attempts = [
        task
        for task in itertools.islice(found, MOST_ATTEMPTS)
        if task["status"] != "in_progress" or task["id"] == task_id  # who is at work still has its replies
    ]
    ids = {task["id"] for task in attempts}
    shards = find_tasks(name=f"^{re.escape(name)}, shard .*$", status=["completed"], **wanted)
    done = [task for task in itertools.islice(shards, MOST_ATTEMPTS) if _step_of(task) in ids]
    return replies_on(reversed([*done, *attempts]))


def replies_on(tasks: Iterable[dict[str, Any]]) -> list[KeptReply]:
    """Read the replies that these tasks hold.

    Args:
        tasks: With the field `execution.artifacts`.
    """
    replies: list[KeptReply] = []
    for task in tasks:
        for item in (task.get("execution") or {}).get("artifacts") or []:
            if item["key"].startswith(ARTIFACT):
                replies += _read(item["uri"], f"{item['key']} of task {task['id']}")
    return replies


def _step_of(shard: dict[str, Any]) -> str:
    """Id of the step that a shard was a part of."""
    given = ((shard.get("hyperparams") or {}).get("Args") or {}).get("shard_of") or {}
    return str(given.get("value"))


def _read(url: str, title: str) -> list[KeptReply]:
    """Read a file; one that is gone was replaced by its writer, who is alive."""
    try:
        return parse_jsonl(KeptReply, get_file(url).read_text(encoding="utf-8"), name=title)
    except RedraftError as error:
        log.warning("kept replies cannot be read, their calls are made again: %s", error)
        return []


def _delete(url: str) -> None:
    """Delete a file that no task refers to any more; one that stays is in nobody's way."""
    from clearml.storage.helper import StorageHelper

    StorageHelper.get(url).delete(url, silent=True)
