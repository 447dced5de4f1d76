"""A published prompt as a file: what a ClearML model holds, and what a bot keeps a copy of.

One JSON object, everything that is needed to answer as people judged it:

    {"project": "redraft", "variant_id": "v-6f0d2c4f9a1b7e35", "label": "current", "answer_prompt": "...", ...}
"""

from __future__ import annotations

import dataclasses
import json
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from redraft.errors import InputError, RecordError
from redraft.jsonl import from_dict
from redraft.learning.labels import Label
from redraft.records import VariantScore

_TEXTS = ("project", "variant_id", "label", "answer_prompt", "extract_prompt", "chat_model")


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedPrompt:
    """A variant that people judged: both prompts, and everything that must be as it was then."""

    project: str
    variant_id: str
    label: Label
    answer_prompt: str
    extract_prompt: str
    chat_model: str  # that the prompts were judged with
    endpoint: str  # the chat endpoint's identity
    embedder: str  # endpoint identity and embedding model
    retrieval: Mapping[str, Any]  # settings: top_k and the like
    sampling: Mapping[str, Any]  # settings: temperature and the like
    score: VariantScore  # what its ratings said when it was scored last
    parent_variant: str | None = None
    docs_version: str | None = None  # ClearML dataset whose documents it answered from, as rated last
    index: str | None = None  # id of that dataset's index
    iteration: int | None = None  # that judged it first


def prompt_text(prompt: PublishedPrompt) -> str:
    """Write a prompt as the JSON that bots load."""
    return json.dumps(dataclasses.asdict(prompt), ensure_ascii=False, indent=2) + "\n"


def parse_prompt(text: str, *, name: str) -> PublishedPrompt:
    """Read a prompt back.

    Args:
        text: What `prompt_text` wrote.
        name: What to call it in messages.

    Raises:
        RecordError: It is something else, or not whole.
    """
    try:
        values = json.loads(text)
        score = from_dict(VariantScore, values["score"])
        wrong = [field for field in _TEXTS if not isinstance(values[field], str)]
        if wrong:
            raise TypeError(f"{wrong[0]} is no text")
        # what a newer Redraft wrote besides is left out
        known = {
            field.name: values[field.name] for field in dataclasses.fields(PublishedPrompt) if field.name in values
        }
        return PublishedPrompt(**{**known, "score": score})
    except (ValueError, KeyError, TypeError, RecordError) as error:
        raise RecordError(
            f"{name} does not hold a published prompt ({type(error).__name__}: {error})",
            remedy="it was written by something else, or is not whole",
        ) from None


def write_whole(path: Path, content: str | bytes) -> None:
    """Write a file whole or not at all.

    Raises:
        InputError: It cannot be written there.
    """
    temporary = None
    try:
        handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
        Path(temporary).replace(path)
    except OSError as error:
        missing = isinstance(error, FileNotFoundError)
        raise InputError(
            f"{path} cannot be written: {error.strerror or error}",
            remedy=f"make the folder {path.parent} first" if missing else "name another place",
        ) from None
    finally:
        if temporary is not None:
            Path(temporary).unlink(missing_ok=True)
