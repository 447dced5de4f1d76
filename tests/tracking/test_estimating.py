"""A run says what it will take before it starts, and does not start if that is over a limit."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest
from clearml import Task
from judged_project import C, judge

from redraft.config import ROOT, load_config
from redraft.errors import BudgetSpent
from redraft.records import LlmCall, Question, content_id
from redraft.settings import Config
from redraft.tracking.artifacts import put_records
from redraft.tracking.estimating import check_budget, estimate_run
from redraft.tracking.expected_calls import Estimate, Extent, count_calls, make_estimate, mean_tokens
from redraft.tracking.server import call

QUESTIONS = tuple(Question(id=content_id("q", str(n)), text=f"{n}?", split="dev") for n in range(20))
FIRST = Extent(questions=20, dev_questions=13, rated=0, docs_chars=4000)


def config(**overrides: Any) -> Config:
    return load_config(None, {key.replace("__", "."): value for key, value in overrides.items()})


def call_of(kind: str, sent: int, received: int, **more: Any) -> LlmCall:
    return LlmCall(step="s", kind=kind, model="m", messages=(), reply="", tokens_in=sent, tokens_out=received, **more)


def test_calls_follow_from_the_configuration() -> None:
    counted = count_calls(config(run__ratings=16, run__candidates=4, write__smoke_questions=3), FIRST)
    assert counted["build_index"] == {"embed": 1000}
    assert {k: counted["write_prompts"][k] for k in ("write", "extract", "answer")} == {
        "write": 4,
        "extract": 3,  # the extract prompt is the parent's for all
        "answer": 15,  # four candidates and their parent, three questions each
    }
    assert {k: counted["answer_questions"][k] for k in ("extract", "answer")} == {"extract": 16, "answer": 16}


def test_the_judge_and_the_themes_are_asked_once_there_are_ratings() -> None:
    for rated, themes, judged in ((0, 0, 0), (5, 1, 0), (20, 1, 2 * (20 + 12)), (900, 1, 2 * (24 + 12))):
        written = count_calls(config(), dataclasses.replace(FIRST, rated=rated))["write_prompts"]
        assert (written["themes"], written["judge"]) == (themes, judged)


def test_finished_steps_take_nothing() -> None:
    left = count_calls(config(), dataclasses.replace(FIRST, finished=frozenset({"build_index", "write_prompts"})))
    assert list(left) == ["answer_questions"]


def test_few_questions_bound_the_answers_not_the_rating_budget() -> None:
    few = count_calls(config(run__ratings=1000), dataclasses.replace(FIRST, questions=5))["answer_questions"]
    assert (few["extract"], few["answer"]) == (5, 10)


def test_tokens_a_call_are_the_means_of_calls_that_came_back() -> None:
    calls = [call_of("answer", 100, 10), call_of("answer", 300, 30), call_of("answer", 0, 0, error="timed out")]
    assert mean_tokens([*calls, call_of("embed", 7, 0)]) == {"answer": (200, 20)}


def test_tokens_and_money_are_hand_computed() -> None:
    one = config(run__ratings=2, run__candidates=1, write__smoke_questions=0, run__chat_model="gpt-4.1-mini")
    extent = dataclasses.replace(FIRST, questions=1, docs_chars=0)
    means = {"extract": (1000.0, 100.0), "answer": (500.0, 50.0), "write": (2000.0, 200.0)}
    found = make_estimate(one, extent, means, basis="b")
    assert found.calls == {"themes": 0, "write": 1, "extract": 1, "answer": 2, "judge": 0}
    assert found.tokens == 2200 + 1100 + 1100 + 16
    usd = ((2000 + 1000 + 1000) * 0.4 + (200 + 100 + 100) * 1.6 + 16 * 0.02) / 1e6
    assert found.usd == pytest.approx(usd)
    assert make_estimate(config(run__chat_model="own"), FIRST, {}, basis="b").usd is None
    assert found.sentence.startswith("Estimate: at most 1 write, 1 extract, 2 answer calls, about 4,416 tokens and")


def test_the_sentence_says_when_embedding_is_not_in_it() -> None:
    unknown = make_estimate(config(), dataclasses.replace(FIRST, docs_chars=None), {}, basis="b")
    nothing = make_estimate(config(), dataclasses.replace(FIRST, docs_chars=0), {}, basis="b")
    assert unknown.tokens == nothing.tokens
    added = " Embedding the docs is not in it: how much is new is not recorded."
    assert unknown.sentence == nothing.sentence + added


def estimate(tokens: int = 1000, usd: float | None = 0.5, ratings: int = 16) -> Estimate:
    return Estimate(calls={}, tokens=tokens, usd=usd, ratings=ratings, basis="b")


@pytest.mark.parametrize(
    ("limits", "said"),
    [
        (
            {"budget__run_tokens": 999},
            "this run is estimated at 1,000 tokens; budget.run_tokens allows 999. Raise the limit "
            "(--set budget.run_tokens=...), or lower run.candidates, write.smoke_questions or run.ratings.",
        ),
        ({"budget__run_usd": 0.4}, "this run is estimated at 0.50 USD; budget.run_usd allows 0.40"),
        ({"budget__run_ratings": 15}, "this run is estimated at 16 ratings; budget.run_ratings allows 15"),
        (
            {"budget__project_ratings": 20},
            "this run is estimated at 16 ratings, beside the 12 that the project has spent; budget.project_ratings",
        ),
        (
            {"budget__run_usd": 9, "run__chat_model": "our-own", "run__embedding_model": "our-embed"},
            "budget.run_usd cannot be kept: redraft/prices.yaml has no price of our-own, our-embed. Add the price",
        ),
    ],
)
def test_a_run_over_a_limit_is_refused_with_limit_estimate_and_remedy(
    project: str, limits: dict[str, Any], said: str
) -> None:
    judge(project, {C: 4})
    Task.create(project_name=f"{project}/.pipelines/improve prompt", task_name="improve prompt #1")
    with pytest.raises(BudgetSpent, match=re.escape(said)):
        check_budget(project, config(**limits), estimate())


def test_at_the_limit_it_starts_and_without_prices_tokens_are_limited_all_the_same(project: str) -> None:
    check_budget(project, config(budget__run_tokens=1000, budget__run_ratings=16), estimate())
    check_budget(project, config(run__chat_model="our-own", budget__run_tokens=1000), estimate(usd=None))


def test_a_first_run_is_estimated_from_its_docs_and_defaults(project: str, tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text("# Page\n" + "word " * 1000, encoding="utf-8")
    here = dataclasses.replace(
        load_config(ROOT / "configs" / "stand_ins.yaml", {"run.docs": str(tmp_path), "run.candidates": 1})
    )
    found = estimate_run(project, here, QUESTIONS)
    assert found.basis == "tokens a call by default"
    bare = make_estimate(here, dataclasses.replace(FIRST, dev_questions=20, docs_chars=0), {}, basis="")
    assert found.tokens - bare.tokens == 5007 // 4
    assert found.usd == 0


def test_a_later_run_is_estimated_from_the_last_one_and_a_resumed_one_from_what_is_left(project: str) -> None:
    here = load_config(ROOT / "configs" / "stand_ins.yaml", {"run.docs": "dataset:x"})
    done, resumed = run_with(project, "completed"), run_with(project, "failed")
    step_with(done, "answer_questions", "completed", [call_of("answer", 90, 10), call_of("extract", 190, 10)])
    later = estimate_run(project, here, QUESTIONS)
    assert later.basis == "tokens a call as in iteration 1"
    expected = {"answer": (90.0, 10.0), "extract": (190.0, 10.0)}
    extent = Extent(questions=20, dev_questions=20, rated=0, docs_chars=0)
    assert later.tokens == make_estimate(here, extent, expected, basis="").tokens
    step_with(resumed, "write_prompts", "completed", [])
    step_with(resumed, "answer_questions", "failed", [])
    left = estimate_run(project, here, QUESTIONS, run=resumed.id)
    assert (left.calls.get("write"), left.calls["answer"]) == (None, 16)


def run_with(project: str, status: str) -> Task:
    name = f"{project}/.pipelines/improve prompt"
    run = Task.create(project_name=name, task_name="improve prompt #1", task_type="controller")
    run.set_parameter("Args/iteration", 1 if status == "completed" else 2)
    call("tasks.started", task=run.id)
    call(f"tasks.{status}", task=run.id)
    return run


def step_with(run: Task, name: str, status: str, calls: list[LlmCall]) -> None:
    step = Task.create(project_name=run.get_project_name(), task_name=name, task_type="inference")
    call("tasks.edit", task=step.id, parent=run.id)
    call("tasks.started", task=step.id)
    put_records(step.id, "calls", LlmCall, calls)
    call(f"tasks.{status}", task=step.id)
