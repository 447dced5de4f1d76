"""What was spent is counted on every step's task, and a step that may spend no more says so and ends."""

from __future__ import annotations

from dataclasses import replace

import pytest
from clearml import Task
from interruptions import calls_of
from review_world import ANSWERS, make_run
from spending_world import made, run_of, spend, spend_and_fail, step_of

from redraft.config import load_config
from redraft.errors import BudgetSpent, InputError, ModelUnavailable
from redraft.llm.budget import Spent
from redraft.records import IterationResult, LlmCall
from redraft.settings import Config
from redraft.tracking.artifacts import get_records, put_records
from redraft.tracking.call_report import not_made, recorded
from redraft.tracking.prepare import effective_config
from redraft.tracking.server import call
from redraft.tracking.spending import (
    budget_sentence,
    open_budget,
    raise_limits,
    run_settings,
    spent_by_project,
    spent_by_run,
)


def test_what_a_step_spent_is_on_its_task_and_counts_for_run_and_project(project: str) -> None:
    run, other = run_of(project), run_of(project)
    spend(step_of(run, "write_prompts"), 100)
    spend(step_of(run), 20)
    spend(step_of(other), 3)
    assert spent_by_run(run.project) == {run.id: Spent(tokens=120, usd=0.5), other.id: Spent(tokens=3, usd=0.25)}
    assert spent_by_project(run.project) == Spent(tokens=123, usd=0.75)


def test_a_step_that_fails_has_spent_what_it_spent_and_keeps_its_calls(project: str) -> None:
    run = run_of(project)
    step = step_of(run)
    with pytest.raises(ModelUnavailable):
        spend_and_fail(step, 7)
    assert spent_by_run(run.project)[run.id].tokens == 7
    assert [kept.tokens_in for kept in get_records(step.id, "calls", LlmCall)] == [7]


@pytest.mark.parametrize("limit", ["budget.run_tokens", "budget.project_tokens"])
def test_a_limit_that_earlier_steps_have_reached_ends_the_next_one(project: str, limit: str) -> None:
    run = run_of(project, **{limit.replace(".", "__"): 100})
    spend(step_of(run if "run" in limit else run_of(project), "write_prompts"), 100)
    with pytest.raises(BudgetSpent) as error:
        spend(step_of(run), 1)
    assert str(error.value) == (
        f"the limit {limit} = 100 tokens is reached: 100 are spent; 1 calls were not made, what was done is kept. "
        f"`redraft resume --set {limit}=MORE` goes on: finished steps come from the cache."
    )


def test_the_limit_is_named_whatever_else_goes_wrong_for_want_of_calls(project: str) -> None:
    step = step_of(run_of(project, budget__run_usd=0.2))
    with pytest.raises(BudgetSpent, match=r"budget\.run_usd = 0\.2 USD is reached: 0\.25 are spent"):
        spend_and_fail(step, 1)


def test_a_raised_limit_holds_for_the_run_in_every_status_and_changes_nothing_else(project: str) -> None:
    run = run_of(project, budget__run_tokens=100, run__ratings=9)
    call("tasks.failed", task=run.id, force=True)
    raise_limits(run.id, {"budget.run_tokens": "250", "budget.run_usd": "1.5"})
    raised: Config = effective_config(Task.get_task(task_id=run.id))
    assert (raised.budget.run_tokens, raised.budget.run_usd, raised.run.ratings) == (250, 1.5, 9)
    assert run_settings(run.id).budget == raised.budget


@pytest.mark.parametrize(
    ("setting", "why"),
    [
        ({"run.ratings": "9"}, "only limits can"),
        ({"budget.tokens": "9"}, "unknown key budget.tokens"),
        ({"budget.run_tokens": "many"}, "must be a whole number, got 'many'"),
    ],
)
def test_what_is_no_limit_cannot_be_changed_for_a_started_run(project: str, setting: dict[str, str], why: str) -> None:
    run = run_of(project)
    with pytest.raises(InputError, match=why):
        raise_limits(run.id, setting)
    assert run_settings(run.id) == load_config()


def test_runs_of_before_the_budget_count_as_they_reported(project: str) -> None:
    old, fields = make_run(project), dict.fromkeys(("mean", "low", "high", "citations_valid", "refusals_right"))
    result = IterationResult(
        iteration=1, variant_id="v", n_ratings=1, tokens=50, seconds=1.0, task_id=old.id, decision="",
        published_id=None, prompt="", cost_usd=0.5, **fields,
    )  # fmt: skip
    put_records(old.id, "iteration", IterationResult, [result])
    call("tasks.completed", task=old.id)
    spend(step_of(run_of(project)), 3)
    assert spent_by_project(old.project) == Spent(tokens=53, usd=0.75)


def test_a_step_without_limits_asks_the_server_for_no_list(project: str) -> None:
    step, limited = step_of(run_of(project)), load_config(None, {"budget.run_tokens": 1}).budget
    assert "tasks.get_all" not in calls_of(lambda: open_budget(step, load_config().budget))
    assert "tasks.get_all" in calls_of(lambda: open_budget(step, limited))


def test_the_sentence_names_each_limit_that_is_set() -> None:
    settings = load_config(None, {"budget.run_tokens": 100_000, "budget.project_ratings": 40}).budget
    sentence = budget_sentence(settings, Spent(tokens=81_230), Spent(), 24)
    assert (
        sentence == "Budget: 81,230 of 100,000 tokens (budget.run_tokens); 24 of 40 ratings (budget.project_ratings)."
    )
    assert budget_sentence(load_config().budget, Spent(tokens=1), Spent(), 1) == ""


def test_the_calls_are_masked_before_they_are_stored(project: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "the-key-of-this-test")
    run = run_of(project)
    step = step_of(run)
    with recorded(step) as calls:
        calls.add(made(1, text="It is the-key-of-this-test, or sk-0123456789abcdefghij."))
    assert get_records(step.id, "calls", LlmCall)[0].messages == (("user", "It is ***, or ***."),)


def test_an_answer_that_was_not_asked_for_is_not_kept_as_a_failed_one() -> None:
    refused = replace(ANSWERS[0], text=None, error="extract: not called: budget.run_tokens = 5 is reached")
    failed = replace(ANSWERS[0], text=None, error="timed out")
    assert [not_made(answer) for answer in (refused, failed, ANSWERS[0])] == [True, False, False]
