"""The loop with stand-ins for model and people: better prompts are rated better, and only they."""

from __future__ import annotations

import importlib.util
import random
import sys
from collections.abc import Iterator
from types import ModuleType
from typing import Any

import pytest

from redraft.config import ROOT
from redraft.learning.protocols import WritingBrief, Written
from redraft.records import Candidate, make_prompt


def load_benchmark(name: str) -> ModuleType:
    """Load a benchmark: they are scripts, not a package."""
    spec = importlib.util.spec_from_file_location(f"benchmark_{name}", ROOT / "benchmarks" / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


improvement = load_benchmark("improvement")


@pytest.fixture(scope="module")
def setting() -> Iterator[Any]:
    with improvement.opened(ROOT / "data" / "docs", ROOT / "data" / "questions.jsonl") as opened:
        yield opened


def random_sentences(setting: Any, seed: int) -> Any:
    """A writer that learns nothing: its prompts are sentences of the docs, drawn by chance."""
    sentences = [
        line
        for chunk in setting.index.chunks.values()
        for line in chunk.text.split("\n")
        if 40 < len(line) < 200 and line[0].isalpha()
    ]
    draw = random.Random(seed)

    def write(brief: WritingBrief) -> Written:
        texts = [" ".join(draw.sample(sentences, 3)) for _ in range(brief.n_candidates)]
        prompts = [make_prompt("answer", text, parent_ids=(brief.parent.id,)) for text in texts]
        return Written(candidates=tuple(Candidate(prompt=prompt, accepted=True) for prompt in prompts))

    return write


def test_the_loop_finds_a_prompt_that_fresh_ratings_of_held_out_questions_prefer(setting: Any) -> None:
    assert improvement.run_seed(setting, seed=101, iterations=3)["gain"] >= 0.5


def test_with_a_writer_of_random_sentences_ratings_do_not_rise(setting: Any) -> None:
    """Model, writer and reviewers share no list of words by which one could please the other."""
    gains = [
        improvement.run_seed(setting, seed, iterations=2, write=random_sentences(setting, seed))["gain"]
        for seed in (102, 103)
    ]
    assert sum(gains) / len(gains) < 0.3
