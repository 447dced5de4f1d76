"""What makes a step's result reusable: its parameters, its section, and the code it runs, by content.

ClearML's own key holds the commit, the diff and the interpreter, so that an edit of the README repeats every step. Ours
holds the content of the modules that the step imports, directly or not, and the pinned requirements.
"""

from __future__ import annotations

import ast
import hashlib
import re
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

PACKAGES = ("redraft", "steps", "pipelines")
PINS = ("requirements.txt", "constraints.txt")
# Parameters, and a line of the section `write`, that say where something is; what it is stands in other parameters.
REFERENCES = ("Args/index_task", "Args/pipeline_task")
_SEED_PROMPTS = re.compile(r"^seed_prompts:.*(\n[ \t].*)*", re.MULTILINE)  # a long path goes on in lines with an indent


def step_key(task: dict[str, Any], root: Path) -> dict[str, Any]:
    """Turn the SDK's description of a task into what its result depends on (a `BaseJob` hashing callback).

    Args:
        task: `{"script": {...}, "hyper_params": {"Args/name": value}, "configs": {name: text}}`.
        root: The repository.
    """
    script = task.get("script") or {}
    entry_point = script.get("entry_point") or ""
    parameters = {
        name: str(value)
        for name, value in (task.get("hyper_params") or {}).items()
        if name.startswith("Args/") and name not in REFERENCES
    }
    configs = {name: _text(value) for name, value in (task.get("configs") or {}).items()}
    if "write" in configs:
        configs["write"] = _SEED_PROMPTS.sub("", configs["write"])
    code = code_hash(root / entry_point, root) if entry_point else ""
    return {"script": {"entry_point": entry_point, "code": code}, "hyper_params": parameters, "configs": configs}


def code_hash(entry_point: Path, root: Path) -> str:
    """Hash the modules of ours that an entry point imports, directly or not, and the pinned requirements."""
    digest = hashlib.sha256()
    for path in [*import_closure(entry_point, root), *(root / name for name in PINS)]:
        if path.exists():
            digest.update(f"{path.relative_to(root).as_posix()}\0".encode())
            digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def import_closure(entry_point: Path, root: Path) -> list[Path]:
    """Files of ours that an entry point imports, inside functions too, itself first, then sorted."""
    seen: set[Path] = set()
    waiting = [entry_point]
    while waiting:
        path = waiting.pop()
        if path in seen or not path.exists():
            continue
        seen.add(path)
        waiting += _imports(path, root)
    return [entry_point, *sorted(seen - {entry_point})]


def _imports(path: Path, root: Path) -> Iterator[Path]:
    package = path.relative_to(root).parent.parts
    for name, level in _names(path, path.stat().st_mtime_ns):
        above = ".".join(package[: len(package) - level + 1]) if level else ""
        yield from _files(f"{above}.{name}".strip("."), root)


@cache
def _names(path: Path, _changed: int) -> tuple[tuple[str, int], ...]:
    """Modules, or names in them, that a file imports, each with the number of its leading dots."""
    found: dict[tuple[str, int], None] = {}
    for node in ast.walk(_parsed(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {(alias.name, 0): None for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found[node.module or "", node.level] = None
            found |= {(f"{node.module or ''}.{alias.name}".strip("."), node.level): None for alias in node.names}
    return tuple(found)


def _files(module: str, root: Path) -> Iterator[Path]:
    """The files that importing a module of ours runs: the module and the packages above it."""
    parts = module.split(".")
    if parts[0] not in PACKAGES:
        return
    for depth in range(1, len(parts) + 1):
        base = root.joinpath(*parts[:depth])
        for path in (base / "__init__.py", base.with_suffix(".py")):
            if path.is_file():
                yield path


def _parsed(source: str, attempts: int = 20) -> ast.Module:
    """Parse, also while the SDK parses in a thread of its own: Python before 3.11.5 then raises `SystemError`.

    Source: https://github.com/python/cpython/issues/106905 (the recursion depth was counted for all threads together).
    """
    for _ in range(attempts - 1):
        try:
            return ast.parse(source)
        except SystemError:
            time.sleep(0.05)
    return ast.parse(source)


def _text(value: Any) -> str:
    return str(getattr(value, "value", value))
