"""Every record that travels between steps, pages and runs. How they are written: `redraft.jsonl`.

Records are frozen; they join by id, never by position; missing is `None`. An id is a hash of what makes the record
what it is, so the same thing gets the same id on every machine.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from typing import Any, Literal

PromptKind = Literal["answer", "extract"]
Split = Literal["dev", "val"]
Role = Literal["new", "current", "anchor", "second"]
DecisionKind = Literal["promote", "keep", "reject", "rollback", "stop"]


def content_id(prefix: str, *parts: object) -> str:
    """Name a thing by its content: `prefix-` and 16 hex digits (64 bits).

    >>> content_id("q", "How?") == content_id("q", "How?") != content_id("q", "How ?")
    True
    """
    text = json.dumps(parts, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return f"{prefix}-{hashlib.sha256(text.encode()).hexdigest()[:16]}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """One page of the docs, as text."""

    path: str  # relative to the docs folder, with forward slashes: its identity
    sha256: str  # of the source file's bytes
    title: str  # first heading, else made from the file's name
    text: str  # converted to Markdown-like text
    source_kind: str  # markdown, text, rst, html, pdf, slack, qa
    source_url: str | None  # where a person can open it


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """A piece of a document that is searched and shown to the model."""

    id: str  # content_id("c", document path, heading path, text)
    document_path: str
    heading_path: str  # "Page title > Section > Subsection"
    text: str
    ordinal: int  # position within the document, from 0


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
class Question:
    """An example question."""

    id: str  # content_id("q", text)
    text: str
    split: Split = "dev"  # `val` questions are never shown to the prompt writer
    answerable: bool | None = None  # do the docs hold the answer? None: not known
    note: str | None = None
    replaces: str | None = None  # id of the question that this one is an edit of


@dataclass(frozen=True, slots=True, kw_only=True)
class Extract:
    """A part of a passage, copied verbatim."""

    chunk_id: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """What a program can see of an answer; flags beside the human rating, never instead of it."""

    sources_cited: bool | None = None  # any citation at all
    citations_valid: float | None = None  # share of cited sources that were retrieved, 0 to 1; None: none cited
    quotes_found: float | None = None  # share of quoted texts that occur in a passage, 0 to 1; None: no quotes
    unsupported: tuple[str, ...] = ()  # code, flags, URLs, numbers that occur in no passage
    absent_words: tuple[str, ...] = ()  # question words in no passage: a sign of a false premise
    extracts_dropped: int = 0  # extracts that did not occur in their passage
    refused: bool | None = None  # the answer says that the docs do not hold it
    refusal_right: bool | None = None  # against the question's label; None: no label
    words: int | None = None  # length of the answer (CJK: characters)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One answer of one variant to one question."""

    id: str  # content_id("a", variant, question, index, sample)
    run_id: str
    variant_id: str
    question_id: str
    dataset_id: str
    index_id: str
    sample: int  # 0, 1, ...: how many times this variant answered this question on this index before
    chunk_ids: tuple[str, ...] = ()
    extracts: tuple[Extract, ...] = ()
    text: str | None = None  # None exactly when `error` is set
    sources: tuple[str, ...] = ()  # document paths that the answer cites
    tokens_in: int = 0
    tokens_out: int = 0
    latency_s: float | None = None
    cost_usd: float | None = None  # None: the price is not known
    checks: Checks = Checks()
    error: str | None = None


def answer_id(variant_id: str, question_id: str, index_id: str, sample: int) -> str:
    """Name an answer before it is given."""
    return content_id("a", variant_id, question_id, index_id, sample)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanItem:
    """One answer that somebody is asked to rate."""

    review_key: str  # content_id("r", of the answers' and the plan's ids): known before the review task is
    answer_id: str
    letter: str  # A, B, ...: blind label of the variant within this review
    reviewer_slot: int  # 0, 1, ...: items of one slot go to one person
    position: int  # order in which the slot's items are shown, from 0
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Rating:
    """What one person thinks of one answer; a later row supersedes an earlier one by (review, reviewer, answer)."""

    id: str
    review_key: str
    answer_id: str
    reviewer: str
    score: int  # 1 to 5, see configs/rubric.yaml
    comment: str | None = None
    tags: tuple[str, ...] = ()
    position: int | None = None
    seconds: float | None = None  # time spent on it
    created: float = 0.0  # Unix time, seconds
    supersedes: str | None = None  # id of the row that this one replaces
    rubric: str | None = None  # version of the rubric that was shown


@dataclass(frozen=True, slots=True, kw_only=True)
class Overall:
    """What one person thinks of one letter as a whole."""

    review_key: str
    letter: str
    reviewer: str
    score: int  # 1 to 5
    comment: str | None = None
    created: float = 0.0  # Unix time, seconds


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What the judge model thinks of one answer; it never changes a person's score."""

    id: str  # content_id("j", judge, answer, examples)
    answer_id: str
    judge: str  # content_id("judge", model, rubric, instructions): judgements of different judges never mix
    score: float  # 1 to 5, mean of the two orders in which the rated examples were shown
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class EditEffect:
    """What one edit of a prompt did to the ratings of the questions that it touched."""

    variant_id: str  # the variant that has the edit
    parent_id: str  # the variant without it, that it is compared with
    theme_id: str | None  # the comment theme that the edit answers
    sentence: str
    question_ids: tuple[str, ...]  # questions that it touched and that were rated on both sides
    difference: float | None  # change in their ratings, rating points; None: it cannot be told
    low: float | None  # interval of `difference`
    high: float | None
    n_ratings: int  # that the figure rests on
    note: str = ""  # why there is no figure, or what it cannot be told apart from


@dataclass(frozen=True, slots=True, kw_only=True)
class VariantScore:
    """What the ratings say of a variant."""

    variant_id: str
    mean: float | None  # expected rating, 1 to 5; None: no rating yet
    low: float | None  # 90 % interval
    high: float | None
    n_ratings: int
    p_best: float | None = None
    p_better_than_current: float | None = None
    n_stale: int = 0  # of its ratings, those of answers that quote a passage which changed since


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """The figures that a decision rests on; differences are the variant's minus the current one's, in rating points."""

    difference: float | None  # None: one of the two has no ratings
    low: float | None  # interval of `difference`
    high: float | None
    interval: float  # probability that the interval is meant to hold, 0 to 1
    p_better: float | None  # that the variant is better than the current one
    p_best: float | None  # that it is the best of all variants
    n_ratings: int  # of the variant
    val_difference: float | None = None  # from ratings of `val` questions alone
    n_val_ratings: int = 0  # of the variant, on `val` questions
    expected_gain: float | None = None  # of one more iteration
    drift: float | None = None  # of reviewers, from answers that they rated again
    variant_id: str | None = None  # the variant that the figures are of; a decision to keep may name another one


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """An entry of the decision log: who made which variant current, and on what evidence."""

    id: str
    kind: DecisionKind
    variant_id: str  # the variant that is decided on
    current_id: str | None  # the variant that was current before
    evidence: str  # one plain sentence
    author: str  # "redraft" or a person's name
    created: float  # Unix time, seconds
    iteration: int | None = None
    run_id: str | None = None
    figures: Evidence | None = None  # None: a person's decision


@dataclass(frozen=True, slots=True, kw_only=True)
class LlmCall:
    """One line of the call log."""

    step: str
    kind: str  # extract, answer, write, themes, judge, embed
    model: str
    messages: tuple[tuple[str, str], ...]  # (role, text)
    reply: str | None
    question_id: str | None = None
    variant_id: str | None = None
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float | None = None
    latency_s: float = 0.0
    retries: int = 0  # attempts beyond the first
    error: str | None = None
    created: float = 0.0  # Unix time, seconds


@dataclass(frozen=True, slots=True, kw_only=True)
class IterationResult:
    """What one iteration found: a row of the table that compares iterations."""

    iteration: int
    variant_id: str  # the new variant that people judged
    mean: float | None  # its rating, 1 to 5
    low: float | None  # 90 % interval
    high: float | None
    n_ratings: int
    citations_valid: float | None  # share of its answers whose citations are all valid, 0 to 1
    refusals_right: float | None  # share of its labelled answers that rightly refused or rightly did not, 0 to 1
    tokens: int  # of all model calls of the iteration
    seconds: float  # from the run's start to its scoring
    task_id: str  # the pipeline task
    decision: str  # one plain sentence
    published_id: str | None  # the variant that is current after this iteration
    prompt: str  # the new prompt, of the kind that was improved
    minutes: float | None = None  # people's time: sum of the seconds of its ratings / 60; None: no rating has them
    cost_usd: float | None = None  # of its model calls; None: a price is not known
    cost: str = ""  # one plain sentence
