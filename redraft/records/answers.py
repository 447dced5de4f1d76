"""What the bot says, and what programs see of it."""

from __future__ import annotations

from dataclasses import dataclass

from redraft.records.ids import content_id


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
class Judgement:
    """What the judge model thinks of one answer; it never changes a person's score."""

    id: str  # content_id("j", judge, answer, examples)
    answer_id: str
    judge: str  # content_id("judge", model, rubric, instructions): judgements of different judges never mix
    score: float  # 1 to 5, mean of the two orders in which the rated examples were shown
    reason: str = ""


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
    kept: bool = False  # nothing was called: an earlier attempt paid for this reply; tokens and cost are 0


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptReply:
    """A model's reply, kept while a step runs so that its next attempt need not pay for it again."""

    key: str  # of the call, by content (`redraft.llm.kept`)
    reply: str  # what came back, as JSON or as a vector's bytes in base64
