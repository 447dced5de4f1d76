"""One rating of another tool, as it was read from a file and not joined to anything yet, and where it comes from."""

from __future__ import annotations

from dataclasses import dataclass

from redraft.learning.import_scales import Scale, Score
from redraft.learning.imported import PREFIX
from redraft.records import Split


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignRating:
    """What a row of a file says; texts are stripped, None is what it does not say."""

    place: str  # "line 12": where it stands
    question: str | None
    answer: str | None = None
    prompt: str | None = None
    extract_prompt: str | None = None
    score: Score | None = None
    comment: str | None = None
    reviewer: str | None = None
    model: str | None = None
    variant: str | None = None  # of an export of Redraft: tells settings apart that the row does not have
    answer_id: str | None = None
    tags: tuple[str, ...] = ()
    split: str | None = None
    created: float | None = None  # Unix time, seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Where rows come from, and what is taken for granted where they say nothing."""

    source: str  # langfuse, table, ...
    scale: Scale
    split: Split  # of questions that are new
    now: float  # Unix time, seconds: of ratings without a time of their own
    reviewer: str | None = None
    prompt: str | None = None

    @property
    def key(self) -> str:
        """Endpoint of imported variants and review key of imported ratings."""
        return f"{PREFIX}{self.source}"
