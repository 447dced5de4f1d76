"""The published prompt, for a bot that loads it when it starts.

    from redraft.tracking.published import load_prompt

    prompt = load_prompt("redraft", fallback=Path("prompt.json"))
    prompt.answer_prompt, prompt.extract_prompt, prompt.chat_model, prompt.retrieval["top_k"]

Every variant that people judged is a ClearML model (`redraft.tracking.registry`); a label on it says what it is. This
module imports no more than it needs: neither the learning nor a model's client.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from redraft.errors import InputError, RecordError, ServerError, ServerUnavailable
from redraft.jsonl import from_dict
from redraft.learning.labels import LABELS, Label, standing
from redraft.records import VariantScore
from redraft.tracking.artifacts import get_file
from redraft.tracking.history import load_decisions
from redraft.tracking.prompt_file import PublishedPrompt, parse_prompt, prompt_text, write_whole
from redraft.tracking.server import call, check_server

__all__ = ["PublishedPrompt", "find_prompt", "load_prompt"]

log = logging.getLogger("redraft")

MODEL_TAG = "redraft-prompt"
MODEL_NAME = "prompt "  # and the variant's id
PAGE = 500
_FIELDS = ["id", "name", "tags", "uri", "ready", "created", "metadata"]

# A model's metadata (columns of the model table) -> the field of its score.
FIGURES: Mapping[str, str] = {
    "score mean": "mean",
    "score low": "low",
    "score high": "high",
    "ratings": "n_ratings",
    "stale ratings": "n_stale",
    "P(best)": "p_best",
    "P(better)": "p_better_than_current",
}

_HOW_TO_GET: Mapping[Label, str] = {
    "candidate": "`redraft run` or `redraft demo` makes one",
    "current": "publish one: `redraft status` shows what waits for a yes",
    "previous": "a second promotion makes the first one previous",
}


def load_prompt(project: str = "redraft", label: Label = "current", *, fallback: Path | None = None) -> PublishedPrompt:
    """Load the prompt that has a label; of several candidates the newest.

    Args:
        project: ClearML project of the runs.
        label: `current`, `previous` or `candidate`.
        fallback: File that the prompt is copied to each time, and read from, with a logged warning, when the server is
            away. Keep it outside temporary folders.

    Raises:
        InputError: No prompt has that label: nothing is published yet.
        ServerError: The server is away, or refuses, and there is no copy to fall back to.
    """
    try:
        check_server()
        prompt = find_prompt(project, label=label)
    except ServerError as error:
        if fallback is None:
            raise
        prompt = _read_copy(fallback, project, label, error)
        log.warning("%s; using the copy of prompt %s in %s", error.message, prompt.variant_id, fallback)
        return prompt
    if fallback is not None:
        _keep_copy(fallback, prompt)
    return prompt


def find_prompt(project: str, *, label: Label = "current", variant_id: str | None = None) -> PublishedPrompt:
    """Load the prompt of a variant, or the one that has a label.

    Args:
        project: ClearML project of the runs.
        label: `current`, `previous` or `candidate`; of several candidates the newest.
        variant_id: Whatever its label; the beginning of the id will do.

    Raises:
        InputError: There is none; with `variant_id` the message names those that there are.
    """
    if label not in LABELS:
        raise InputError(f"label must be one of {', '.join(LABELS)}, got {label!r}")
    models = models_of(project)
    model = _of_variant(project, models, variant_id) if variant_id else _of_label(project, models, label)
    text = get_file(model["uri"]).read_text(encoding="utf-8")
    prompt = parse_prompt(text, name=f"model {model['id']}")
    if variant_id:
        label = next((known for known in ("current", "previous") if known in model["tags"]), "candidate")
    return dataclasses.replace(prompt, label=label, score=_latest_score(model, prompt.score))


def models_of(project: str) -> dict[str, dict[str, Any]]:
    """Models of a project's variants by variant id, oldest first, archived ones included; of twins, the older."""
    project_id = project_named(project)
    found: dict[str, dict[str, Any]] = {}
    for model in all_models(project_id) if project_id else []:
        found.setdefault(model["variant_id"], model)
    return found


def all_models(project_id: str) -> list[dict[str, Any]]:
    """Every model of a variant in a project, oldest first, with its `variant_id`."""
    found: list[dict[str, Any]] = []
    while True:
        models = call(
            "models.get_all",
            project=[project_id],
            tags=[MODEL_TAG],
            only_fields=_FIELDS,
            order_by=["created"],
            page=len(found) // PAGE,
            page_size=PAGE,
        )["models"]
        found += models
        if len(models) < PAGE:
            break
    named = [{**m, "tags": m.get("tags") or [], "variant_id": m["name"].removeprefix(MODEL_NAME)} for m in found]
    return sorted(named, key=lambda model: (str(model["created"]), model["id"]))


def project_named(name: str) -> str | None:
    """Id of the project of exactly this name."""
    found = call("projects.get_all", name=f"^{re.escape(name)}$", only_fields=["id", "name"])["projects"]
    return next((str(project["id"]) for project in found if project["name"] == name), None)


def _of_variant(project: str, models: Mapping[str, dict[str, Any]], variant_id: str) -> dict[str, Any]:
    found = [name for name in models if name == variant_id] or [name for name in models if name.startswith(variant_id)]
    if len(found) != 1:
        what = "several prompts of variants that begin with" if found else "no prompt of variant"
        known = f"registered are {', '.join(models)}" if models else "no variant is registered yet"
        raise InputError(f"project {project!r} has {what} {variant_id}; {known}")
    return models[found[0]]


def _of_label(project: str, models: Mapping[str, dict[str, Any]], label: Label) -> dict[str, Any]:
    labelled = [model for model in models.values() if label in model["tags"]]
    if label == "candidate":
        labelled = sorted(labelled, key=lambda model: str(model["created"]))[-1:]
    elif len(labelled) != 1:  # somebody is changing labels right now, or died doing it: the log knows
        wanted = getattr(standing(load_decisions(project)), label)
        if wanted and wanted not in models:
            raise InputError(
                f"project {project!r}: {wanted} is {label}, but the registry has no model of it",
                remedy="the next scored iteration registers it",
            )
        labelled = [models[wanted]] if wanted else []
    if not labelled:
        raise InputError(f"project {project!r} has no {label} prompt yet", remedy=_HOW_TO_GET[label])
    return labelled[0]


def _latest_score(model: Mapping[str, Any], known: VariantScore) -> VariantScore:
    """The model's figures as they were updated; those in its file where it has none."""
    metadata = model.get("metadata") or {}
    try:
        told = {field: json.loads(metadata[name]["value"] or "null") for name, field in FIGURES.items()}
        return from_dict(VariantScore, {"variant_id": known.variant_id, **told})
    except (KeyError, TypeError, ValueError, RecordError):
        return known


def _keep_copy(path: Path, prompt: PublishedPrompt) -> None:
    """Copy a prompt for the day that the server is away; a bot must not fail because its disk is full."""
    try:
        text = prompt_text(prompt)
        if not path.is_file() or path.read_text(encoding="utf-8") != text:
            write_whole(path, text)
    except (InputError, OSError, UnicodeDecodeError) as error:
        log.warning("the published prompt was loaded, but not copied: %s", error)


def _read_copy(path: Path, project: str, label: Label, reason: ServerError) -> PublishedPrompt:
    try:
        prompt = parse_prompt(path.read_text(encoding="utf-8"), name=str(path))
    except (OSError, UnicodeDecodeError, RecordError) as error:
        why = error.message if isinstance(error, RecordError) else f"{path} cannot be read ({type(error).__name__})"
        raise ServerUnavailable(f"{reason.message}, and there is no copy to fall back to: {why}") from None
    if (prompt.project, prompt.label) != (project, label):
        raise ServerUnavailable(
            f"{reason.message}, and {path} is a copy of the {prompt.label} prompt of {prompt.project!r}, "
            f"not of the {label} one of {project!r}"
        )
    return prompt
