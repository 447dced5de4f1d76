"""Names of people in the texts of a task: its messages, comment, results, settings, and the lease of a closer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from redraft.learning.pseudonyms import Pseudonym
from redraft.tracking.closing import DECISION, lease_of
from redraft.tracking.inbox import LEASE
from redraft.tracking.server import call
from redraft.tracking.step import CONFIG_OBJECT

# A status message is written by a change of status: to the same one.
CALLS: Mapping[str, str] = {
    "in_progress": "tasks.started",
    "completed": "tasks.completed",
    "stopped": "tasks.stopped",
    "failed": "tasks.failed",
    "closed": "tasks.close",
    "published": "tasks.publish",
}
RESULTS = "Result"  # section of a pipeline task's parameters


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskTexts:
    """What is to change in the texts of one task."""

    task: Mapping[str, Any]  # as the server describes it
    labels: Mapping[str, str]  # its name and comment
    messages: Mapping[str, str]  # of its status
    parameters: tuple[Mapping[str, str], ...]
    settings: Mapping[str, str] | None  # the configuration object in which an e-mail address of a lead stands
    has_lease: bool  # of this person, who closed it: of no use any more

    @property
    def n(self) -> int:
        """How many texts change."""
        others = (self.settings is not None) + self.has_lease
        return len(self.labels) + len(self.messages) + len(self.parameters) + others


def texts_to_change(task: Mapping[str, Any], change: Pseudonym, *, about: bool) -> TaskTexts:
    """Find the texts of a task that hold the name.

    Args:
        task: As the server describes it.
        change: The name, and what it becomes.
        about: The task keeps something that this person said: its message begins with who said it.
    """
    lease = lease_of(dict(task))
    messages = _changed(task, ("status_message", "status_reason"), lambda text: change.in_message(text, about=about))
    sections = task.get("hyperparams") or {}
    texts = {(RESULTS, name): item for name, item in (sections.get(RESULTS) or {}).items()}
    texts |= {("properties", name): item for name, item in (sections.get("properties") or {}).items()}
    parameters = [
        {**item, "section": section, "name": name, "value": change.in_sentence(item["value"], about=False)}
        for (section, name), item in texts.items()
        if name == DECISION or section == RESULTS
        if item.get("value") and change.in_sentence(item["value"], about=False) != item["value"]
    ]
    return TaskTexts(
        task=task,
        labels=_changed(task, ("name", "comment"), lambda text: change.in_sentence(text, about=about)),
        messages=messages if task["status"] in CALLS else {},
        parameters=tuple(parameters),
        settings=_settings(task, change),
        has_lease=lease is not None and change.is_person(lease.owner.rpartition(" ")[0]),
    )


def change_texts(texts: TaskTexts) -> None:
    """Write the texts; its status stays, and so do its results."""
    task = texts.task["id"]
    if texts.labels:
        call("tasks.update", task=task, **texts.labels)
    if texts.parameters:
        call(
            "tasks.edit_hyper_params",
            task=task,
            hyperparams=list(texts.parameters),
            replace_hyperparams="none",
            force=True,
        )
    if texts.settings is not None:
        call(
            "tasks.edit_configuration",
            task=task,
            configuration=[texts.settings],
            replace_configuration=False,
            force=True,
        )
    if texts.has_lease:
        gone = {"section": "properties", "name": LEASE}
        call("tasks.delete_hyper_params", task=task, hyperparams=[gone], force=True)
    if texts.messages:
        status = str(texts.task["status"])
        kept = {name: texts.task.get(name) or "" for name in ("status_message", "status_reason")}
        more = {"publish_model": False} if status == "published" else {}
        call(CALLS[status], task=task, force=True, **{**kept, **texts.messages}, **more)


def _changed(task: Mapping[str, Any], names: tuple[str, ...], replaced: Callable[[str], str]) -> dict[str, str]:
    texts = {name: str(task.get(name) or "") for name in names}
    return {name: replaced(text) for name, text in texts.items() if replaced(text) != text}


def _settings(task: Mapping[str, Any], change: Pseudonym) -> dict[str, str] | None:
    """A run keeps the settings that it was started with: `review.leads` among them, which are e-mail addresses."""
    item = (task.get("configuration") or {}).get(CONFIG_OBJECT) or {}
    text = str(item.get("value") or "")
    if "@" not in change.name or change.in_words(text) == text:
        return None
    return {**item, "name": CONFIG_OBJECT, "value": change.in_words(text)}
