"""Reads a world of one's own for benchmarks/learning.py (`--world FILE.json`); every key is optional.

    {"mu": 3.3, "prompts": 8, "questions": 12, "reviewers": 3,
     "deviations": {"prompt": 0.4, "edit": 0.35, "question": 0.6, "cell": 0.45, "reviewer": 0.35, "noise": 0.7},
     "factor": 2.0, "gain": -0.1, "candidates": 4, "judge": {"sd": 1.0, "length_bias": 0.5},
     "reviewer_drift": 0.05, "careless_share": 0.1, "duplicated_questions": 0.5}

What is not given is as in the default worlds; `questions`, `mu` and the like then hold for both benchmarks. A deviation
that is given is every world's; the others are drawn, between default / factor and default * factor.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from learning_worlds import WorldSettings

from redraft.errors import InputError, all_problems
from redraft.learning.deviations import DEFAULTS

Limits = tuple[type, float, float]  # whole number or not, smallest, largest

NUMBERS: Mapping[str, Limits] = {
    "mu": (float, 1, 5),
    "prompts": (int, 2, 200),
    "questions": (int, 3, 200),
    "reviewers": (int, 1, 50),
    "factor": (float, 1, 10),
    "gain": (float, -4, 4),
    "candidates": (int, 1, 64),
    "reviewer_drift": (float, -1, 1),
    "careless_share": (float, 0, 1),
    "duplicated_questions": (float, 0, 0.9),
}
JUDGE: Mapping[str, Limits] = {"sd": (float, 0, 10), "length_bias": (float, -10, 10)}
DEVIATIONS: Mapping[str, Limits] = {name: (float, 0.01 if name == "noise" else 0, 5) for name in asdict(DEFAULTS)}
KEYS = ("deviations", "judge", *NUMBERS)


def read_world(path: Path) -> WorldSettings:
    """Read a world's settings.

    Raises:
        InputError: The file cannot be read, or holds something else; every problem names file, key and value.
    """
    try:
        tree = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}", remedy="give a JSON file") from None
    except ValueError as error:
        raise InputError(f"{path}: not valid JSON: {error}", remedy="see --help for an example") from None
    problems: list[str] = []
    numbers = _numbers(tree, "", NUMBERS, problems, sections=("deviations", "judge"))
    inner = tree if isinstance(tree, dict) else {}
    deviations = _numbers(inner.get("deviations", {}), "deviations", DEVIATIONS, problems)
    judge = _numbers(inner.get("judge", {}), "judge", JUDGE, problems)
    if problems:
        raise InputError(all_problems([f"{path}: {problem}" for problem in problems]))
    given = {{"sd": "judge_sd"}.get(name, name): value for name, value in judge.items()}
    return WorldSettings(deviations=deviations, **numbers, **given)


def _numbers(
    tree: Any, where: str, known: Mapping[str, Limits], problems: list[str], *, sections: tuple[str, ...] = ()
) -> dict[str, Any]:
    """Cast the numbers of one object; problems are added to the list."""
    if not isinstance(tree, dict):
        problems.append(f"{where or 'the file'} must be an object of {', '.join((*sections, *known))}, got {tree!r}")
        return {}
    found = {}
    for key, value in tree.items():
        named = f"{where}.{key}" if where else key
        if key in sections:
            continue
        if key not in known:
            problems.append(f"unknown key {named!r} with value {value!r}; known keys: {', '.join((*sections, *known))}")
            continue
        kind, low, high = known[key]
        if isinstance(value, bool) or not isinstance(value, int if kind is int else int | float):
            problems.append(f"{named} must be a {'whole ' if kind is int else ''}number, got {value!r}")
        elif not low <= value <= high:
            problems.append(f"{named} must be from {low:g} to {high:g}, got {value!r}")
        else:
            found[key] = kind(value)
    return found
