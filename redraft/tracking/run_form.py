"""The form of NEW RUN: at most ten parameters, each with what it means.

ClearML's form shows the names; the descriptions stand beside the template's hyperparameters.
"""

from __future__ import annotations

from redraft.tracking.server import call

DESCRIPTIONS = {
    "docs": "folder of documents, dataset:latest, or dataset:<id> of an earlier version",
    "questions": "file of example questions (.jsonl or .csv), or dataset:<id>",
    "iteration": "0: the next one; a number: that iteration again, finished steps from the cache",
    "iterations": "how many in a row, with continue = auto",
    "continue": "ask: a person starts the next iteration; auto: it starts by itself",
    "promote": "confirm: a better prompt waits for a person's yes; auto: it is published at once",
    "chat_model": "model that answers and extracts",
    "embedding_model": "model that embeds",
    "candidates": "prompts that the writer model proposes",
    "ratings": "answers that people are asked to rate",
}


def describe(template: str) -> None:
    """Write the descriptions on a template: the SDK (2.1.12) takes them, and loses them on the way to the server."""
    form = call("tasks.get_by_id", task=template)["task"]["hyperparams"]["Args"]
    items = [{**form[name], "description": text} for name, text in DESCRIPTIONS.items() if name in form]
    call("tasks.edit_hyper_params", task=template, hyperparams=items, replace_hyperparams="none")
