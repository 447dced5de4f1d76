"""What the scores from 1 to 5 mean to the people who rate, in the team's own words (`configs/rubric.yaml`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from redraft.config import RUBRIC, read_yaml
from redraft.errors import ConfigError, all_problems

KEYS = ("version", "scores", "tags", "comment_required_at_or_below")


@dataclass(frozen=True, slots=True, kw_only=True)
class Rubric:
    """What people are told before they rate."""

    version: str  # stored with every rating
    scores: Mapping[int, str]  # 1 to 5 -> what it means
    tags: tuple[str, ...]
    comment_required_at_or_below: int  # 0: never


def read_rubric(path: Path = RUBRIC) -> Rubric:
    """Read and check a rubric.

    Raises:
        ConfigError: Every problem of the file at once.
    """
    tree = read_yaml(path)
    scores, tags, required = tree.get("scores"), tree.get("tags", []), tree.get("comment_required_at_or_below", 2)
    problems = [f"{path}: unknown key {key}; known keys: {', '.join(KEYS)}" for key in tree if key not in KEYS]
    if not isinstance(scores, dict) or set(scores) != {1, 2, 3, 4, 5}:
        found = ", ".join(map(str, scores)) if isinstance(scores, dict) else repr(scores)
        problems.append(f"{path}: scores must say what each of 1, 2, 3, 4 and 5 means, got {found}")
    if not isinstance(tags, list) or not all(isinstance(tag, str) and tag.strip() for tag in tags):
        problems.append(f"{path}: tags must be a list of words, got {tags!r}")
    if type(required) is not int or not 0 <= required <= 5:
        problems.append(f"{path}: comment_required_at_or_below must be a whole number from 0 to 5, got {required!r}")
    if not str(tree.get("version") or "").strip():
        problems.append(f"{path}: version is missing: it is stored with every rating")
    if problems:
        raise ConfigError(all_problems(problems))
    return Rubric(
        version=str(tree["version"]).strip(),
        scores={int(score): " ".join(str(meaning).split()) for score, meaning in dict(scores or {}).items()},
        tags=tuple(dict.fromkeys(tags)),
        comment_required_at_or_below=required,
    )
