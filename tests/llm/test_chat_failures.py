"""Faults: which are retried, what is recorded, and that no secret is."""

import json
import socket
import time
import urllib.request
from dataclasses import replace

import pytest
from crafted_server import Reply

from redraft.call_log import CallLog
from redraft.config import load_config
from redraft.jsonl import dump_jsonl
from redraft.llm import ChatModel, ChatRequest, chat_endpoint
from redraft.records import LlmCall

KEY = "sk-secret-of-this-test"


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_what_may_pass_is_retried_and_counted(crafted_server, make_chat, ask, log, status):
    crafted_server.enqueue(Reply(status=status, error="later", headers={"retry-after-ms": "1"}), Reply(text="Now."))
    reply = make_chat().ask(ask())
    assert (reply.text, reply.retries, reply.error) == ("Now.", 1, None)
    assert log.calls[0].retries == 1


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_what_will_not_pass_is_not_retried(crafted_server, make_chat, ask, status):
    crafted_server.otherwise = lambda _body: Reply(status=status, error="no")
    reply = make_chat(max_retries=5).ask(ask())
    assert reply.error is not None
    assert reply.error.startswith(f"HTTP {status}")
    assert (reply.text, reply.retries, len(crafted_server.requests)) == (None, 0, 1)


def test_retries_are_bounded_and_the_last_error_is_recorded(crafted_server, make_chat, ask, log):
    crafted_server.otherwise = lambda _body: Reply(status=503, error="overloaded", headers={"retry-after-ms": "1"})
    reply = make_chat(max_retries=3).ask(ask())
    assert (reply.error, reply.retries, len(crafted_server.requests)) == ("HTTP 503: overloaded", 3, 4)
    assert (log.calls[0].error, log.calls[0].retries, log.calls[0].reply) == ("HTTP 503: overloaded", 3, None)


def test_retry_after_is_honoured(crafted_server, make_chat, ask):
    crafted_server.enqueue(Reply(status=429, error="wait", headers={"retry-after": "1"}))
    started = time.perf_counter()
    assert make_chat().ask(ask()).text == "OK"
    assert time.perf_counter() - started >= 1.0


def test_a_retry_after_of_hours_fails_at_once(crafted_server, make_chat, ask):
    crafted_server.enqueue(Reply(status=429, error="tomorrow", headers={"retry-after": "9000"}))
    assert make_chat().ask(ask()).error == "HTTP 429: tomorrow"


def test_a_hanging_endpoint_times_out_and_is_retried(crafted_server, make_chat, ask):
    crafted_server.enqueue(Reply(delay_s=30), Reply(text="Now."))
    reply = make_chat(timeout_s=0.3).ask(ask())
    assert (reply.text, reply.retries) == ("Now.", 1)


def test_an_endpoint_that_drips_times_out_as_well(crafted_server, make_chat, ask):
    crafted_server.enqueue(Reply(drip_s=0.05))
    reply = make_chat(timeout_s=0.4, max_retries=0).ask(ask())
    assert reply.error == "timed out: no complete reply within 0.4 s"


def test_one_failed_call_loses_no_other(crafted_server, make_chat, ask):
    crafted_server.otherwise = lambda body: (
        Reply(raw="<html>", status=200) if body["messages"][1]["content"] == "3" else Reply()
    )
    replies = make_chat().ask_many([ask(str(number)) for number in range(8)])
    assert [reply.error is None for reply in replies] == [number != 3 for number in range(8)]


def test_a_call_that_fails_before_it_is_sent_holds_up_no_other(crafted_server, make_chat, ask):
    replies = make_chat().ask_many([ask(schema={"type": "object"}), ask()])  # a schema needs a title
    assert [reply.error is None for reply in replies] == [False, True]
    assert len(crafted_server.requests) == 1


def test_a_document_with_half_a_character_can_be_sent_and_logged(crafted_server, make_chat, ask, log):
    assert make_chat().ask(ask("a \ud83d b")).error is None
    assert crafted_server.requests[0]["messages"][1]["content"] == "a \ufffd b"
    assert "\ufffd" in dump_jsonl(LlmCall, log.calls)


def test_nobody_there_is_an_error_that_says_so(log, ask):
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        endpoint = chat_endpoint({"OPENAI_BASE_URL": f"http://127.0.0.1:{unused.getsockname()[1]}/v1"})
    settings = replace(load_config().answer, max_retries=0)
    error = ChatModel(endpoint, "m", settings=settings, step="test", log=log).ask(ask()).error
    assert error is not None
    assert error.startswith("cannot be reached")


@pytest.mark.parametrize("status", [400, 401, 403, 404, 429, 500])
def test_a_key_that_the_endpoint_echoes_is_nowhere(crafted_server, make_chat, ask, log, status):
    crafted_server.otherwise = lambda _body: Reply(
        status=status, error=f"Incorrect API key provided: {KEY}", headers={"retry-after-ms": "1"}
    )
    chat = make_chat()
    reply = chat.ask(ask(f"My key is {KEY}"))
    assert crafted_server.keys[0] == KEY
    assert KEY not in f"{reply} {dump_jsonl(LlmCall, log.calls)} {chat.endpoint!r}"


def test_openai_proxy_in_the_environment_breaks_nothing(make_chat, ask, monkeypatch):
    monkeypatch.setenv("OPENAI_PROXY", "http://127.0.0.1:1")
    assert make_chat().ask(ask()).error is None


@pytest.fixture
def set_faults(model_server):
    def put(**faults) -> None:
        url = model_server.removesuffix("/v1") + "/faults"
        request = urllib.request.Request(url, json.dumps(faults).encode(), method="PUT")
        urllib.request.urlopen(request).close()

    yield put
    put()


def test_with_thirty_percent_faults_the_batch_completes(model_server, set_faults):
    """429, 500 and silence at 10 % each: some calls need retries, and those that spend them fail as failures."""
    set_faults(rate_429=0.1, rate_500=0.1, rate_timeout=0.1, timeout_s=5, retry_after_s=0.01, seed=4)
    log = CallLog()
    settings = load_config().answer
    endpoint = chat_endpoint({"OPENAI_BASE_URL": model_server, "OPENAI_API_KEY": KEY})
    fields = {"temperature": 0.0, "max_concurrency": 16, "max_failed_share": 0.2, "timeout_s": 1.5, "max_retries": 1}
    chat = ChatModel(endpoint, "demo-chat", settings=replace(settings, **fields), step="test", log=log)
    replies = chat.ask_many(
        [ChatRequest(kind="answer", system="", user=f"Question {n}", temperature=0.0) for n in range(60)]
    )
    failed = [reply for reply in replies if reply.error is not None]
    assert len(replies) == log.n_calls == 60
    assert 0 < len(failed) < 20
    assert all(reply.text is None and reply.retries == 1 for reply in failed)
    assert log.n_failed == len(failed)
    assert log.n_retries == sum(reply.retries for reply in replies) > len(failed)
