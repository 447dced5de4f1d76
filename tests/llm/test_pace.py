"""Calls begin no faster than is allowed, those of several shards together."""

from __future__ import annotations

from dataclasses import replace

from redraft.call_log import CallLog
from redraft.config import load_config
from redraft.llm import ChatModel, Embedder, chat_endpoint, embedding_endpoint
from redraft.llm.pace import Pace


def test_every_call_that_is_made_waits_for_its_turn(crafted_server, ask):
    waited: list[float] = []

    def wait_s() -> float:
        waited.append(0.0)
        return 0.0

    log = CallLog(wait_s=wait_s)
    environ = {"OPENAI_BASE_URL": crafted_server.base_url}
    settings = replace(load_config().answer, max_retries=0)
    ChatModel(chat_endpoint(environ), "m", settings=settings, step="t", log=log).ask_many([ask("a"), ask("b")])
    embedder = Embedder(
        embedding_endpoint(environ), "e", batch_size=1, max_concurrency=2, timeout_s=5, max_retries=0, step="t", log=log
    )
    embedder.embed(["x", "y", "z"])
    assert len(waited) == len(crafted_server.requests) == 5


def test_a_minute_sees_no_more_calls_than_are_allowed_in_four_shards_together():
    now = [0.0]
    shards = [Pace(60 / 4, clock=lambda: now[0]) for _ in range(4)]
    begun = [pace.wait_s() for pace in shards for _ in range(100)]
    for start in range(0, 300, 7):
        assert sum(start <= at < start + 60 for at in begun) <= 60 + 4


def test_a_shard_has_its_part_of_the_calls_in_flight(crafted_server, ask):
    from crafted_server import Reply

    crafted_server.otherwise = lambda _body: Reply(hold_for=2)
    log = CallLog(shares=4)
    settings = replace(load_config().answer, max_concurrency=8, max_retries=0)
    model = ChatModel(
        chat_endpoint({"OPENAI_BASE_URL": crafted_server.base_url}), "m", settings=settings, step="t", log=log
    )
    model.ask_many([ask(str(number)) for number in range(8)])
    assert crafted_server.flight.most == 2
    log.join([])  # the other shards are done
    crafted_server.otherwise = lambda _body: Reply(hold_for=8)
    model.ask_many([ask(str(number)) for number in range(8)])
    assert crafted_server.flight.most == 8
