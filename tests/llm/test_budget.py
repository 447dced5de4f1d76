"""A budget ends the calls: what is in flight ends as it will, and nothing else is begun."""

from __future__ import annotations

from dataclasses import replace

import pytest
from crafted_server import Reply

from redraft.call_log import CallLog
from redraft.config import load_config
from redraft.errors import BudgetSpent
from redraft.llm import ChatModel, Embedder, chat_endpoint, embedding_endpoint
from redraft.llm.budget import Budget, Limit, Spent

TOKENS = 18  # of a reply of the crafted server


def tokens(most, before=0):
    return Limit(key="budget.run_tokens", unit="tokens", most=most, before=before)


@pytest.fixture
def chat_within(crafted_server):
    """A chat model with so many calls in flight, and its log."""

    def make(budget, *, in_flight=1, model="model-a"):
        settings = replace(load_config().answer, max_concurrency=in_flight, max_retries=0)
        log = CallLog(limits=budget)
        endpoint = chat_endpoint({"OPENAI_BASE_URL": crafted_server.base_url})
        return ChatModel(endpoint, model, settings=settings, step="test", log=log), log

    return make


@pytest.mark.parametrize("in_flight", [1, 4])
def test_the_overshoot_is_at_most_what_is_in_flight(crafted_server, chat_within, ask, in_flight):
    budget = Budget([tokens(TOKENS * 5)])
    chat, log = chat_within(budget, in_flight=in_flight)
    replies = chat.ask_many([ask(str(number)) for number in range(30)])
    made = [reply for reply in replies if reply.error is None]
    assert 5 <= len(made) <= 5 + in_flight - 1
    assert len(made) == len(crafted_server.requests) == log.n_calls
    assert {reply.error for reply in replies} == {None, "not called: budget.run_tokens = 90 is reached"}
    assert budget.refused == 30 - len(made)
    assert budget.spent == Spent(tokens=TOKENS * len(made), usd=None)


def test_what_others_spent_counts(crafted_server, chat_within, ask):
    chat, _ = chat_within(Budget([tokens(1000, before=1000)]))
    assert "is reached" in (chat.ask(ask()).error or "")
    assert crafted_server.requests == []


def test_money_is_limited_by_the_price_list(chat_within, ask):
    cost = (11 * 0.4 + 7 * 1.6) / 1e6
    chat, log = chat_within(Budget([Limit(key="budget.run_usd", unit="usd", most=2.5 * cost)]), model="gpt-4.1-mini")
    assert [chat.ask(ask()).error is None for _ in range(4)] == [True, True, True, False]
    assert log.cost_usd == pytest.approx(3 * cost)


def test_a_limit_that_the_last_call_reaches_refuses_nothing(chat_within, ask):
    budget = Budget([tokens(TOKENS * 2)])
    chat, _ = chat_within(budget)
    chat.ask_many([ask("1"), ask("2")])
    assert (budget.refused, budget.reached()) == (0, tokens(TOKENS * 2))


def test_an_endpoint_that_tells_no_tokens_is_counted_by_its_texts(crafted_server, chat_within, ask):
    crafted_server.enqueue(Reply(text="y" * 400, usage=False))
    budget = Budget([tokens(100)])
    chat, _ = chat_within(budget)
    chat.ask(ask("x" * 400))
    assert budget.spent.tokens == (len("Be brief.") + 400) // 4 + 100
    assert chat.ask(ask()).error is not None


def test_embedding_stops_as_a_whole_when_the_budget_is_spent(crafted_server):
    budget = Budget([tokens(5)])
    embedder = Embedder(
        embedding_endpoint({"OPENAI_BASE_URL": crafted_server.base_url}),
        "model-e",
        batch_size=1,
        max_concurrency=1,
        timeout_s=5,
        max_retries=0,
        step="test",
        log=CallLog(limits=budget),
    )
    with pytest.raises(BudgetSpent, match=r"budget.run_tokens = 5 is reached"):
        embedder.embed(["a", "b", "c", "d"])
    assert len(crafted_server.requests) == 2  # 3 tokens each


def test_what_was_spent_is_told_now_and_then_and_at_the_end(chat_within, ask):
    told: list[Spent] = []
    budget = Budget(keep=told.append)
    chat, _ = chat_within(budget)
    chat.ask(ask())
    assert told == []  # not after each call: that would be a request to the server each time
    budget.keep()
    assert told == [Spent(tokens=TOKENS, usd=None)]
