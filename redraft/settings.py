"""What can be configured: a frozen dataclass without defaults for each section of `configs/default.yaml`; limits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSettings:
    """One run's choices: the parameters of the NEW RUN form."""

    docs: str
    questions: str
    iteration: int
    iterations: int
    continue_: Literal["ask", "auto"]
    promote: Literal["auto", "confirm"]
    chat_model: str
    embedding_model: str
    candidates: int
    ratings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class DocsSettings:
    """How documents are read."""

    source_url_prefix: str
    max_file_mb: float


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexSettings:
    """How documents are split and embedded."""

    max_chars: int
    min_chars: int
    batch_size: int
    max_concurrency: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrievalSettings:
    """Which chunks a question is answered from; part of a variant's identity."""

    top_k: int
    chunks_per_page: int
    pool: int
    rank_constant: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerSettings:
    """How the batch of answers is made."""

    temperature: float
    max_concurrency: int
    max_failed_share: float
    timeout_s: float
    max_retries: int
    calculator: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class WriteSettings:
    """How prompts are written and which reach people."""

    seed_prompts: str
    writer_model: str
    temperature: float
    shown_prompts: int
    shown_answers: int
    max_prompt_chars: int
    required_clauses: tuple[str, ...]
    duplicate_ratio: float
    target: Literal["answer", "extract"]
    smoke_questions: int
    judge_answers: int
    chosen: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PlanSettings:
    """How the rating budget is spent."""

    current_share: float
    reviewers: int
    second_share: float
    anchor_share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreSettings:
    """How ratings become scores."""

    interval: float


@dataclass(frozen=True, slots=True, kw_only=True)
class DecideSettings:
    """When a variant is promoted, and when to stop."""

    promote_at: float
    stop_at: float
    smallest_gain: float
    largest_drift: float


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewSettings:
    """How people review; read by the review page, not by the pipeline's steps."""

    leads: tuple[str, ...]
    deadline_hours: float
    settle_s: float
    away_minutes: float


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueSettings:
    """Names of the ClearML queues, and whether agents are started only when something waits in them."""

    services: str
    steps: str
    review: str
    autoscaled: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetSettings:
    """What may be spent, 0: anything. Read from the run, not by a step's section: no limit changes a result."""

    run_tokens: int
    run_usd: float
    run_ratings: int
    project_tokens: int
    project_usd: float
    project_ratings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallLogSettings:
    """What is masked in the call log; read from the run, like the budget."""

    mask: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ScaleSettings:
    """How a step's work is spread over agents. Read from the run, like the budget: it changes no result."""

    answer_shards: int
    embed_shards: int
    calls_per_minute: int


@dataclass(frozen=True, slots=True, kw_only=True)
class KeeperSettings:
    """What the keeper does by itself; read by `redraft watch`, not by the pipeline's steps."""

    tick_s: float
    schedule: str
    timezone: str
    git_url: str
    git_branch: str
    git_folder: str
    thumbs_down: int
    deadline_ratings: int
    page_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """Everything that is configured; see `configs/default.yaml` for what each value means."""

    run: RunSettings
    docs: DocsSettings
    index: IndexSettings
    retrieval: RetrievalSettings
    answer: AnswerSettings
    write: WriteSettings
    plan: PlanSettings
    score: ScoreSettings
    decide: DecideSettings
    review: ReviewSettings
    keeper: KeeperSettings
    queues: QueueSettings
    budget: BudgetSettings
    scale: ScaleSettings
    call_log: CallLogSettings
    seed: int


# Texts that must not be empty: an empty path would be the folder that a process happens to be in.
REQUIRED = frozenset({"run.docs", "run.questions", "run.chat_model", "run.embedding_model", "write.seed_prompts"})

# Smallest and largest allowed value of every number, by key.
LIMITS: Mapping[str, tuple[float, float]] = {
    "run.iteration": (0, 1_000_000),
    "run.iterations": (1, 1000),
    "run.candidates": (1, 64),
    "run.ratings": (2, 100_000),
    "docs.max_file_mb": (0.001, 10_000),
    "index.max_chars": (200, 100_000),
    "index.min_chars": (0, 100_000),
    "index.batch_size": (1, 2048),
    "index.max_concurrency": (1, 1000),
    "retrieval.top_k": (1, 200),
    "retrieval.chunks_per_page": (1, 200),
    "retrieval.pool": (1, 10_000),
    "retrieval.rank_constant": (1, 10_000),
    "answer.temperature": (0, 2),
    "answer.max_concurrency": (1, 4096),
    "answer.max_failed_share": (0, 1),
    "answer.timeout_s": (0.1, 3600),
    "answer.max_retries": (0, 20),
    "write.temperature": (0, 2),
    "write.shown_prompts": (1, 100),
    "write.shown_answers": (0, 100),
    "write.max_prompt_chars": (100, 1_000_000),
    "write.duplicate_ratio": (1, 100),
    "write.smoke_questions": (0, 100),
    "write.judge_answers": (0, 1000),
    "write.chosen": (1, 8),
    "plan.current_share": (0, 0.9),
    "plan.reviewers": (1, 1000),
    "plan.second_share": (0, 0.5),
    "plan.anchor_share": (0, 0.5),
    "score.interval": (0.5, 0.999),
    "decide.promote_at": (0.5, 0.999),
    "decide.stop_at": (0.5, 0.999),
    "decide.smallest_gain": (0, 4),
    "decide.largest_drift": (0.01, 4),
    "review.deadline_hours": (0.1, 10_000),
    "review.settle_s": (0, 1_000_000),
    "review.away_minutes": (1, 100_000),
    "keeper.tick_s": (1, 3600),
    "keeper.thumbs_down": (0, 1_000_000),
    "keeper.deadline_ratings": (1, 100_000),
    "scale.answer_shards": (1, 1000),
    "scale.embed_shards": (1, 1000),
    "scale.calls_per_minute": (0, 1_000_000),
    "budget.run_tokens": (0, 10**15),
    "budget.run_usd": (0, 10**9),
    "budget.run_ratings": (0, 10**9),
    "budget.project_tokens": (0, 10**15),
    "budget.project_usd": (0, 10**9),
    "budget.project_ratings": (0, 10**9),
    "seed": (0, 2**31 - 1),
}
