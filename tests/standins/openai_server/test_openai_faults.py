"""Faults on demand, as a client meets them."""

from __future__ import annotations

import json
from collections.abc import Callable

import httpx
import openai
import pytest
from bot_requests import question_message
from conftest import Server

HELLO = {"model": "demo-chat", "messages": [{"role": "user", "content": "Hello"}]}
CHAT = "/v1/chat/completions"


def statuses(server: Server, count: int) -> list[int]:
    return [server.post(CHAT, HELLO).status_code for _ in range(count)]


def test_there_are_no_faults_unless_asked_for(server: Server) -> None:
    assert statuses(server, 30) == [200] * 30


def test_a_429_says_when_to_come_back(start: Callable[..., Server]) -> None:
    reply = start("--fault-429", "1").post(CHAT, HELLO)
    assert reply.status_code == 429
    assert reply.headers["retry-after"] == "1"
    assert reply.json()["error"]["code"] == "rate_limit_exceeded"


def test_the_client_gets_through_some_429_and_500(start: Callable[..., Server]) -> None:
    running = start()
    running.client.put("/faults", json={"rate_429": 0.3, "rate_500": 0.2, "retry_after_s": 0.01})
    with openai.OpenAI(base_url=f"{running.url}/v1", api_key="x", max_retries=12) as client:
        for _ in range(5):
            assert client.embeddings.create(model="demo-embed", input="x").data
    running.client.put("/faults", json={})
    assert statuses(running, 5) == [200] * 5


def test_the_same_seed_gives_the_same_faults(start: Callable[..., Server]) -> None:
    options = ("--fault-500", "0.5", "--fault-seed", "3")
    first = statuses(start(*options, folder="one"), 20)
    assert first == statuses(start(*options, folder="two"), 20)
    assert set(first) == {200, 500}


def test_a_call_that_times_out_is_kept_waiting_and_then_answered(start: Callable[..., Server]) -> None:
    running = start("--fault-timeout", "1", "--timeout-s", "0.6")
    with pytest.raises(httpx.ReadTimeout):
        running.post(CHAT, HELLO, timeout=0.2)
    assert running.post(CHAT, HELLO).status_code == 200


def test_a_waiting_call_does_not_keep_the_server_from_stopping(start: Callable[..., Server]) -> None:
    running = start("--fault-timeout", "1", "--timeout-s", "60")
    with pytest.raises(httpx.ReadTimeout):
        running.post(CHAT, HELLO, timeout=0.2)
    assert running.stop() == 0


def test_a_cut_stream_breaks_off_without_its_end(start: Callable[..., Server]) -> None:
    running = start("--fault-cut-stream", "1")
    received: list[str] = []
    body = {**HELLO, "stream": True}
    with pytest.raises(httpx.RemoteProtocolError), running.client.stream("POST", CHAT, json=body) as reply:
        received.extend(reply.iter_text())
    assert "[DONE]" not in "".join(received)
    assert running.post(CHAT, HELLO).status_code == 200


def test_prose_comes_where_json_was_asked(start: Callable[..., Server]) -> None:
    running = start("--fault-non-json", "1")
    shape = {"type": "json_schema", "json_schema": {"name": "extracts", "schema": {}}}
    text = running.chat("", question_message("How do I install Harbor?"), response_format=shape)
    with pytest.raises(json.JSONDecodeError):
        json.loads(text)
    assert "stand-in" in running.chat("", "Hello")
    assert running.client.get("/stats").json()["faults"] == {"non_json": 1}


@pytest.mark.parametrize("settings", [{"rate_429": 2}, {"rate_500": "often"}, {"nonsense": 1}, {"timeout_s": -1}])
def test_fault_settings_that_make_no_sense_are_refused(server: Server, settings: dict[str, object]) -> None:
    reply = server.client.put("/faults", json=settings)
    assert reply.status_code == 400
    assert next(iter(settings)) in reply.json()["error"]["message"]
    assert server.client.get("/faults").json()["rate_429"] == 0
