"""Loads a benchmark: they are scripts in a folder, not a package."""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType

from redraft.config import ROOT


def load_benchmark(name: str) -> ModuleType:
    """Load `benchmarks/<name>.py` as a module."""
    spec = importlib.util.spec_from_file_location(f"benchmark_{name}", ROOT / "benchmarks" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module
