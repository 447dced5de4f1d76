"""The configuration: `configs/default.yaml`, a profile's differences, then run parameters; checked as a whole.

The sections are in `redraft.settings`, the defaults in the YAML file alone. Values that come as text
(from ClearML's form or a command line) are cast by the field's type. Addresses and keys are not configuration; they
come from the environment (`redraft.llm`).
"""

from __future__ import annotations

import dataclasses
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from redraft.errors import ConfigError, all_problems
from redraft.settings import LIMITS, REQUIRED, Config

ROOT = Path(__file__).resolve().parent.parent
DEFAULTS = ROOT / "configs" / "default.yaml"
RUBRIC = ROOT / "configs" / "rubric.yaml"  # what the scores mean: the QA team's own words


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
            full = f"{section}.{key}" if section else where
            try:
                values[name] = cast_value(where, expected, tree[key], LIMITS.get(full))
                if full in REQUIRED and not values[name].strip():
                    raise ConfigError(f"{where} must not be empty")
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
    if typing.get_origin(expected) is typing.Literal:
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
