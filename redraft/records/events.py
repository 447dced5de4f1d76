"""What people say and do outside a review; each is kept by a small task of its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from redraft.records.docs import Question

EditKind = Literal["add", "edit", "retire"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Feedback:
    """What somebody thinks of an answer that they got when they asked the bot; no rating, and never scored as one."""

    id: str  # content_id("f", variant, question, reviewer, created)
    question: str  # as it was asked
    answer: str
    variant_id: str
    reviewer: str
    thumb: Literal["up", "down"] | None = None  # None: a comment alone, or one of two answers preferred
    comment: str | None = None
    preferred_to: str | None = None  # variant id of the other answer, when two were shown side by side and blind
    sources: tuple[str, ...] = ()
    dataset_id: str | None = None
    index_id: str | None = None
    created: float = 0.0  # Unix time, seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionEdit:
    """One change of the set of example questions; the set is what the questions file says, with all edits in order."""

    id: str  # content_id("qe", kind, question id, author, created)
    kind: EditKind
    question: Question  # as it is from now on; of `retire`: that is no longer asked
    author: str
    reason: str | None = None
    created: float = 0.0  # Unix time, seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Import:
    """That ratings were taken over from another tool."""

    id: str  # content_id("im", source, file's sha256)
    source: str  # langfuse, langsmith, argilla, openai, table, redraft
    file: str  # its name, without the folder
    sha256: str  # of the file
    columns: tuple[tuple[str, str], ...]  # (their column, our field)
    n_ratings: int
    author: str
    created: float = 0.0  # Unix time, seconds
