"""Does the loop find a better prompt? Seeds in one process: the method with the stand-ins, without the pipeline.

    python benchmarks/improvement.py --seeds 10 --json improvement.json
    python benchmarks/improvement.py --corpus DIR --questions benchmarks/questions/fastapi-zh.jsonl

For each seed: ten iterations of 24 stand-in ratings from a poor seed prompt, each written, screened by the judge,
planned, scored and decided by the product's own policies (`promote: auto`), then fresh stand-in ratings of the seed
prompt's and of the published prompt's answers, against which is held what the score claimed of the published prompt.

Three means are told apart: `val`, of the questions that the writer never saw; `all`, of all questions; and the claim,
of an average question and reviewer. The model and the raters are stand-ins: the figures say that the loop works,
nothing about a real model.
"""

from __future__ import annotations

import argparse
import contextlib
import dataclasses
import json
import os
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import mean
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))  # scripts, not a package

from improvement_figures import SeedResult, Step, as_row, result_line, step_line, summary
from stand_in_bot import Setting, opened

from redraft.config import ROOT
from redraft.learning.candidates import ModelWriter
from redraft.learning.history import History, current_variant, make_history
from redraft.learning.loop import Iteration, World, run_iteration
from redraft.learning.protocols import DecisionCase, Scoreboard, ScreenCase, Screened, WriteCandidates
from redraft.learning.rounds import POLICIES, Policies, WritingRound
from redraft.learning.smoke import SmokeTrials, smoke_questions
from redraft.records import Prompt, Variant, VariantScore, make_prompt
from redraft.tracking.screening import judged_screen

# `--target extract` starts from a poor extract prompt under an answer prompt that is sound, and stays as it is.
EXTRACT_SEEDS = (
    make_prompt(
        "answer",
        "Answer the question from the passages only, in at most four short sentences, and begin with the answer. "
        "Name the sources that you used. If the passages do not hold the answer, say so.",
    ),
    make_prompt("extract", "Copy out text from the passages."),
)


class WatchedScreen:
    """The product's screen; remembers what it said last."""

    def __init__(self, setting: Setting) -> None:
        self.sentence = ""
        config = setting.config
        self._screen = judged_screen(setting.chat, config.run.chat_model, config.write.judge_answers)

    def __call__(self, case: ScreenCase) -> Screened:
        """Choose candidates."""
        screened = self._screen(case)
        self.sentence = screened.sentence
        return screened


def run_seed(
    setting: Setting, seed: int, iterations: int, *, write: WriteCandidates | None = None, verbose: bool = False
) -> SeedResult:
    """Run the loop from the seed prompt; rate the published prompt afresh.

    Args:
        setting: Bot, questions and people.
        seed: Of everything drawn by chance.
        iterations: How many, whatever the stop rule says.
        write: Another writer than the model; its prompts are not tried before people see them.
        verbose: Print each iteration as it ends.
    """
    started = time.perf_counter()
    history = make_history([*setting.questions, *setting.seed_prompts, setting.seed_variant])
    screen = WatchedScreen(setting)
    policies = dataclasses.replace(POLICIES, screen=screen)
    path = []
    for number in range(1, iterations + 1):
        drawn = seed * 1000 + number
        iteration = make_iteration(setting, number, drawn)
        world = World(
            write=write or _writer(setting, history, iteration.writing),
            answer=setting.answers,
            rate=lambda known, plan, drawn=drawn: setting.ratings(known, plan, drawn),  # type: ignore[misc]
        )
        history = run_iteration(history, iteration, world, policies=policies)
        path.append(_step(setting, history, number, screen.sentence, policies))
        if verbose:
            print(f"    {step_line(path[-1])}", flush=True)
    return _result(setting, history, seed, path, time.perf_counter() - started)


def make_iteration(setting: Setting, number: int, seed: int) -> Iteration:
    """What iteration `number` is given."""
    config = setting.config
    return Iteration(
        writing=WritingRound(
            questions=setting.questions,
            seed_variant=setting.seed_variant,
            seed_prompts=setting.seed_prompts,
            settings=config.write,
            n_candidates=config.run.candidates,
            writer_model=config.run.chat_model,
            interval=config.score.interval,
            seed=seed,
        ),
        index_id=setting.index.id,
        plan=config.plan,
        ratings=config.run.ratings,
        promote="auto",
        decide=config.decide,
        now=float(number),
        known_chunks=frozenset(setting.index.chunks),
    )


def _writer(setting: Setting, history: History, task: WritingRound) -> ModelWriter:
    """The model, its candidates tried on a few dev questions as the pipeline does."""
    asked = smoke_questions(task.questions, task.settings.smoke_questions, seed=task.seed)
    known = history.add([task.seed_variant, *task.seed_prompts])
    trials = SmokeTrials(questions=asked, history=known, answer=setting.answer_tasks) if asked else None
    return ModelWriter(setting.chat, try_prompts=trials)


def _board(setting: Setting, history: History, policies: Policies) -> tuple[Variant, Scoreboard]:
    current = current_variant(history, setting.seed_variant)
    return current, policies.score(history, current_id=current.id, interval=setting.config.score.interval)


def _step(setting: Setting, history: History, number: int, screen: str, policies: Policies) -> Step:
    current, board = _board(setting, history, policies)
    score, decision = board.of(current.id), history.decisions[-1]
    case = DecisionCase(
        current_id=current.id, new_ids=(), promote="auto", settings=setting.config.decide, now=float(number),
        iteration=number,
    )  # fmt: skip
    return Step(
        iteration=number,
        current=current.id,
        mean=score.mean,
        low=score.low,
        high=score.high,
        n_ratings=score.n_ratings,
        ratings=len(history.ratings),
        kind=decision.kind,
        decision=decision.evidence,
        screen=screen,
        prompt=_prompt(setting, history, current).text,
        p_best=score.p_best,
        expected_gain=decision.figures.expected_gain if decision.figures else None,
        drift=decision.figures.drift if decision.figures else None,
        stop=policies.stop(history, board, case),
    )


def _result(setting: Setting, history: History, seed: int, path: Sequence[Step], seconds: float) -> SeedResult:
    published, board = _board(setting, history, POLICIES)
    score, seed_score = board.of(published.id), board.of(setting.seed_variant.id)
    before = setting.fresh_scores(history, setting.seed_variant, seed)
    after = setting.fresh_scores(history, published, seed)
    val = [question.id for question in setting.questions if question.split == "val"]
    return SeedResult(
        seed=seed,
        before=_mean(before, val),
        after=_mean(after, val),
        gain=_mean(after, val) - _mean(before, val),
        gain_all=_mean(after, after) - _mean(before, before),
        fresh_all=_mean(after, after),
        claim=score.mean,
        claim_low=score.low,
        claim_high=score.high,
        claim_gain=_difference(score, seed_score),
        ratings=len(history.ratings),
        seconds=seconds,
        path=tuple(path),
    )


def _prompt(setting: Setting, history: History, variant: Variant) -> Prompt:
    target = setting.config.write.target
    return history.prompt(variant.answer_prompt_id if target == "answer" else variant.extract_prompt_id)


def _mean(scores: Mapping[str, float], question_ids: Any) -> float:
    return mean(scores[question_id] for question_id in question_ids)


def _difference(one: VariantScore, other: VariantScore) -> float | None:
    return None if one.mean is None or other.mean is None else one.mean - other.mean


def main() -> None:
    """Run all seeds and print their paths, a row each, and a summary."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10, help="how many (default 10)")
    parser.add_argument("--iterations", type=int, default=10, help="iterations of each (default 10)")
    parser.add_argument("--corpus", type=Path, default=ROOT / "data" / "docs", help="docs folder")
    parser.add_argument("--questions", type=Path, default=ROOT / "data" / "questions.jsonl", help="example questions")
    parser.add_argument("--target", choices=("answer", "extract"), default="answer", help="the prompt that is improved")
    parser.add_argument("--json", type=Path, help="file for the figures")
    options = parser.parse_args()
    results = []
    with opened(
        options.corpus, options.questions, target=options.target, seed_prompts=_seeds(options.target)
    ) as setting:
        for seed in range(options.seeds):
            print(f"seed {seed}", flush=True)
            with Path(os.devnull).open("w") as nowhere, contextlib.redirect_stderr(nowhere):  # progress bars
                result = run_seed(setting, seed, options.iterations, verbose=True)
            results.append(result)
            print(f"    {result_line(result)}", flush=True)
    figures = summary(results)
    print("\n".join(f"{name:20} {value:.2f}" for name, value in figures.items()))
    if options.json:
        rows = [as_row(result) for result in results]
        options.json.write_text(json.dumps({"summary": figures, "rows": rows}, ensure_ascii=False, indent=2) + "\n")


def _seeds(target: str) -> tuple[Prompt, Prompt] | None:
    return EXTRACT_SEEDS if target == "extract" else None


if __name__ == "__main__":
    main()
