"""The loop with stand-ins for model and people: better prompts are rated better, and only they."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Iterator
from typing import Any

import pytest
from benchmark_scripts import load_benchmark

from redraft.config import ROOT
from redraft.learning.protocols import WritingBrief, Written
from redraft.records import Candidate, make_prompt

improvement = load_benchmark("improvement")
figures = load_benchmark("improvement_figures")


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


def without_time(result: Any) -> Any:
    return dataclasses.replace(result, seconds=0.0)


def test_the_loop_finds_a_prompt_that_fresh_ratings_of_held_out_questions_prefer(setting: Any) -> None:
    result = improvement.run_seed(setting, seed=101, iterations=3)
    assert result.gain >= 0.5
    assert [step.iteration for step in result.path] == [1, 2, 3]
    assert [step.ratings for step in result.path] == sorted({step.ratings for step in result.path})
    assert all(step.decision and step.screen for step in result.path)
    assert result.claim_low < result.claim < result.claim_high
    assert result.ratings <= 3 * setting.config.run.ratings


def test_the_same_seed_goes_the_same_way(setting: Any) -> None:
    first, again = (without_time(improvement.run_seed(setting, seed=104, iterations=2)) for _ in range(2))
    assert first == again


def test_with_a_writer_of_random_sentences_ratings_do_not_rise(setting: Any) -> None:
    """Model, writer and reviewers share no list of words by which one could please the other."""
    gains = [
        improvement.run_seed(setting, seed, iterations=2, write=random_sentences(setting, seed)).gain
        for seed in (102, 103)
    ]
    assert sum(gains) / len(gains) < 0.3


def result(**changes: Any) -> Any:
    given = {
        "seed": 0, "before": 2.0, "after": 4.0, "gain": 2.0, "gain_all": 1.5, "fresh_all": 3.5, "claim": 3.75,
        "claim_low": 3.25, "claim_high": 4.25, "claim_gain": 1.5, "ratings": 24, "seconds": 1.0, "path": (),
    }  # fmt: skip
    return figures.SeedResult(**{**given, **changes})


def test_a_claim_is_held_against_fresh_ratings_of_all_questions_and_of_val() -> None:
    assert result().over_claim == 0.25
    assert (result().claim_holds, result().val_holds) == (True, True)
    assert not result(fresh_all=3.0).claim_holds
    assert not result(after=4.5).val_holds
    unrated = result(claim=None, claim_low=None, claim_high=None, claim_gain=None)
    assert (unrated.over_claim, unrated.claim_holds, unrated.val_holds) == (None, False, False)


def test_the_summary_counts_gains_losses_and_claims() -> None:
    found = figures.summary([result(), result(gain=0.4, fresh_all=3.0), result(gain=-0.1, claim=None)])
    assert found["gain_at_least_half"] == 1
    assert found["worse_than_seed"] == 1
    assert found["claim_holds"] == 2
    assert found["mean_over_claim"] == pytest.approx((0.25 + 0.75) / 2)
    assert found["least_gain"] == -0.1
