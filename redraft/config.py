"""The configuration: `configs/default.yaml`, a profile's differences, then run parameters; checked as a whole.

Each section is a frozen dataclass without defaults: the defaults are in the YAML file alone. Values that come as text
(from ClearML's form or a command line) are cast by the field's type. Addresses and keys are not configuration; they
come from the environment (`redraft.llm`).
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from redraft.errors import ConfigError, all_problems

ROOT = Path(__file__).resolve().parent.parent
DEFAULTS = ROOT / "configs" / "default.yaml"
RUBRIC = ROOT / "configs" / "rubric.yaml"  # what the scores mean: the QA team's own words


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
    """Names of the ClearML queues."""

    services: str
    steps: str
    review: str


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


def load_config(profile: Path | None = None, overrides: Mapping[str, Any] | None = None) -> Config:
    """Read the defaults, a profile on top, overrides (`{"run.docs": "..."}`) on top of both.

    Raises:
        ConfigError: Every problem of one source together, each naming file, key, value and what was expected.
    """
    layers = [(str(profile), read_yaml(profile))] if profile is not None else []
    layers += [("run parameters", _unflatten(overrides))] if overrides else []
    return over_defaults(layers)


def over_defaults(layers: Sequence[tuple[str, Mapping[str, Any]]]) -> Config:
    """Put one layer of differences after another over the defaults; each has a name for messages.

    Raises:
        ConfigError: Every problem of one layer together.
    """
    tree = read_yaml(DEFAULTS)
    config = parse_config(tree, name=str(DEFAULTS))
    for name, changes in layers:
        problems = [f"{name}: {problem}" for problem in _unknown_keys(tree, changes)]
        tree = _merge(tree, changes)
        wrong: list[str] = []
        parsed = _parse(Config, tree, "", wrong)
        problems += [f"{name}: {problem}" for problem in wrong]
        if problems:
            raise ConfigError(all_problems(problems))
        config = parsed
    return config


def read_yaml(path: Path) -> dict[str, Any]:
    """Read a configuration file as a mapping."""
    try:
        return parse_yaml(path.read_text(encoding="utf-8"), name=str(path))
    except FileNotFoundError:
        raise ConfigError(f"{path}: no such configuration file") from None
    except (UnicodeDecodeError, IsADirectoryError):
        raise ConfigError(f"{path}: not a text file in UTF-8") from None


def parse_yaml(text: str, *, name: str) -> dict[str, Any]:
    """Parse configuration text as a mapping."""
    try:
        tree = yaml.safe_load(text) or {}
    except yaml.YAMLError as error:
        raise ConfigError(f"{name}: not valid YAML: {' '.join(str(error).split())}") from None
    if not isinstance(tree, dict):
        raise ConfigError(f"{name}: expected `key: value` lines, got {type(tree).__name__}")
    return tree


def parse_config(tree: Mapping[str, Any], *, name: str) -> Config:
    """Check a whole configuration; all problems are reported together."""
    problems: list[str] = []
    config = _parse(Config, tree, "", problems)
    if problems:
        raise ConfigError(all_problems([f"{name}: {problem}" for problem in problems]))
    return typing.cast(Config, config)


def parse_section(kind: type[Any], text: str, *, name: str) -> Any:
    """Read one section back from the text that `section_text` made of it (a step's configuration object)."""
    problems: list[str] = []
    section = _parse(kind, parse_yaml(text, name=name), "", problems, section=name)
    if problems:
        raise ConfigError(all_problems([f"configuration object {name}: {problem}" for problem in problems]))
    return section


def to_tree(config: Any) -> dict[str, Any]:
    """Turn a configuration (or section) into plain values, keys as in the YAML file."""
    return {
        field.name.rstrip("_"): to_tree(value) if dataclasses.is_dataclass(value) else _plain(value)
        for field in dataclasses.fields(config)
        for value in [getattr(config, field.name)]
    }


def section_text(section: Any) -> str:
    """Write a section as the YAML text that its step receives."""
    return yaml.safe_dump(to_tree(section), sort_keys=False, allow_unicode=True)


def _plain(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def _unknown_keys(base: Mapping[str, Any], changes: Mapping[str, Any]) -> list[str]:
    problems: list[str] = []
    for key, value in changes.items():
        if key not in base:
            problems.append(f"unknown key {key!r}; known keys: {', '.join(base)}")
        elif isinstance(base[key], dict) and not isinstance(value, dict):
            problems.append(f"{key} must hold `key: value` lines, got {value!r}")
        elif isinstance(base[key], dict):
            unknown = [inner for inner in value if inner not in base[key]]
            problems += [f"unknown key {key}.{inner}; known keys: {', '.join(base[key])}" for inner in unknown]
    return problems


def _merge(base: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    """Put what is known of the changes over the base."""
    merged = dict(base)
    for key, value in changes.items():
        if isinstance(base.get(key), dict):
            known = value if isinstance(value, dict) else {}
            merged[key] = {**base[key], **{inner: known[inner] for inner in known if inner in base[key]}}
        elif key in base:
            merged[key] = value
    return merged


def _unflatten(flat: Mapping[str, Any]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for key, value in flat.items():
        section, _, name = key.partition(".")
        if name:
            tree.setdefault(section, {})[name] = value
        else:
            tree[section] = value
    return tree


def _parse(kind: type[Any], tree: Mapping[str, Any], prefix: str, problems: list[str], *, section: str = "") -> Any:
    hints = typing.get_type_hints(kind)
    by_key = {name.rstrip("_"): name for name in hints}
    unknown = [key for key in tree if key not in by_key]
    problems += [f"unknown key {prefix}{key}; known keys: {', '.join(by_key)}" for key in unknown]
    values: dict[str, Any] = {}
    for key, name in by_key.items():
        where, expected = f"{prefix}{key}", hints[name]
        if key not in tree:
            problems.append(f"{where} is missing")
        elif dataclasses.is_dataclass(expected):
            inner = tree[key] if isinstance(tree[key], dict) else {}
            values[name] = _parse(typing.cast("type[Any]", expected), inner, f"{key}.", problems)
        else:
            limits = LIMITS.get(f"{section}.{key}" if section else where)
            try:
                values[name] = cast_value(where, expected, tree[key], limits)
            except ConfigError as error:
                problems.append(error.message)
    return kind(**values) if not problems else None


def cast_value(where: str, expected: Any, value: Any, limits: tuple[float, float] | None = None) -> Any:
    """Cast one value, text included, to what its field expects.

    >>> cast_value("retrieval.top_k", int, "6", (1, 200))
    6
    >>> cast_value("retrieval.top_k", int, "0", (1, 200))
    Traceback (most recent call last):
    redraft.errors.ConfigError: retrieval.top_k must be >= 1, got 0
    """
    if typing.get_origin(expected) is Literal:
        choices = typing.get_args(expected)
        if value not in choices:
            raise ConfigError(f"{where} must be one of {', '.join(choices)}, got {value!r}")
        return value
    if typing.get_origin(expected) is tuple:
        return _cast_texts(where, value)
    if expected is bool:
        return _cast_switch(where, value)
    if expected is str:
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            return str(value)
        raise ConfigError(f"{where} must be text, got {value!r}")
    return _cast_number(where, expected, value, limits)


def _cast_switch(where: str, value: Any) -> bool:
    known = {"true": True, "false": False}
    if str(value).lower() not in known:
        raise ConfigError(f"{where} must be true or false, got {value!r}")
    return known[str(value).lower()]


def _cast_texts(where: str, value: Any) -> tuple[str, ...]:
    if isinstance(value, Sequence) and not isinstance(value, str) and all(isinstance(item, str) for item in value):
        return tuple(value)
    raise ConfigError(f"{where} must be a list of texts, got {value!r}")


def _cast_number(where: str, expected: type, value: Any, limits: tuple[float, float] | None) -> int | float:
    try:
        if isinstance(value, bool) or (expected is int and isinstance(value, float) and not value.is_integer()):
            raise ValueError
        number = expected(value)
    except (TypeError, ValueError, OverflowError):
        raise ConfigError(
            f"{where} must be {'a whole number' if expected is int else 'a number'}, got {value!r}"
        ) from None
    if limits and not number >= limits[0]:
        raise ConfigError(f"{where} must be >= {limits[0]:g}, got {value}")
    if limits and number > limits[1]:
        raise ConfigError(f"{where} must be <= {limits[1]:g}, got {value}")
    return typing.cast("int | float", number)
