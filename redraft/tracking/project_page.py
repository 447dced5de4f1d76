"""What stands on the project's page in ClearML: what this is, where NEW RUN is, what the queues are for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from redraft.settings import QueueSettings
from redraft.tracking.given import GivenVersion

BEGIN, END = "<!-- redraft: written by `redraft install` -->", "<!-- redraft: end -->"


def description(urls: Mapping[str, str], template: str, given: Sequence[GivenVersion], queues: QueueSettings) -> str:
    """The project's description, in Markdown.

    Args:
        urls: Addresses of `web`, `pipeline` and `project`.
        template: Id of the template's task.
        given: What was stored as datasets.
        queues: Names of the queues.
    """
    stored = [f"- {version.name}: `dataset:{version.dataset_id}`" for version in given]
    lines = [
        "## Redraft: the prompt of a documentation bot, improved by what people say about its answers",
        "",
        f"- [Runs, and NEW RUN]({urls['pipeline']}): every run is a clone of the template `{template}`. "
        "Never abort, archive or delete a template here: ClearML would do the same to its runs.",
        f"- [Versions of the docs]({urls['web']}/datasets)",
        *stored,
        f"- Queues: `{queues.services}` for controllers, `{queues.steps}` for their steps, "
        f"`{queues.review}` for open reviews, which no agent may serve.",
    ]
    return "\n".join(lines)


def with_description(before: str, text: str) -> str:
    """A project's description with our part anew and people's words around it as they are.

    >>> once = with_description("Ours since 2024.", "Text.")
    >>> with_description(once, "Other text.").splitlines()[0], with_description(once, "Text.") == once
    ('Ours since 2024.', True)
    """
    part = f"{BEGIN}\n{text}\n{END}"
    head, begins, rest = before.partition(BEGIN)
    _, ends, tail = rest.partition(END)
    if begins and ends:
        return f"{head}{part}{tail}"
    return f"{before.rstrip()}\n\n{part}" if before.strip() else part
