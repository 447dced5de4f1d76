"""What is improved, and what people judge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from redraft.records.ids import content_id

PromptKind = Literal["answer", "extract"]


@dataclass(frozen=True, slots=True, kw_only=True)
class PromptEdit:
    """One sentence that a prompt gained, and the comment theme that it answers."""

    theme_id: str | None
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """An instruction to the model."""

    id: str  # content_id("p", kind, text)
    kind: PromptKind
    text: str
    parent_ids: tuple[str, ...] = ()
    edits: tuple[PromptEdit, ...] = ()
    writer_model: str | None = None  # None: written by a person
    run_id: str | None = None  # the pipeline task that wrote it


def make_prompt(kind: PromptKind, text: str, **fields: Any) -> Prompt:
    """Make a prompt with its id."""
    return Prompt(id=content_id("p", kind, text), kind=kind, text=text, **fields)


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """What people judge: both prompts, the model and the retrieval settings together."""

    id: str  # content_id("v", of everything below but the parent)
    answer_prompt_id: str
    extract_prompt_id: str
    chat_model: str
    endpoint: str  # the chat endpoint's identity: its configured name, else its address
    sampling: str  # JSON of temperature and the like, keys sorted
    retrieval: str  # JSON of the retrieval settings, keys sorted
    embedder: str  # endpoint identity and embedding model
    parent_id: str | None = None  # the variant that it was derived from


def make_variant(*, parent_id: str | None = None, **identity: str) -> Variant:
    """Make a variant with its id; the parent is not part of its identity."""
    return Variant(id=content_id("v", identity), parent_id=parent_id, **identity)


@dataclass(frozen=True, slots=True, kw_only=True)
class Theme:
    """What several comments have in common."""

    id: str  # content_id("t", text)
    text: str
    comment_ids: tuple[str, ...]  # ids of the ratings that carry the comments
    praise: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A prompt that the writer proposed, and what became of it."""

    prompt: Prompt
    accepted: bool
    reasons: tuple[str, ...] = ()  # why it was rejected, or why it was chosen
    judge_score: float | None = None
