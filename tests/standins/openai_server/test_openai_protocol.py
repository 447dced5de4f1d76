"""OpenAI's protocol as its client and plain HTTP see it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable

import httpx
import openai
import pytest
from bot_requests import GOOD, NAIVE, question_message
from conftest import Server

HELLO = [{"role": "user", "content": "Hello"}]
CHAT = "/v1/chat/completions"


def test_its_face_says_that_it_is_no_model(server: Server) -> None:
    assert "not a language model" in server.client.get("/").text


def test_a_request_of_no_known_kind_is_answered_honestly(server: Server) -> None:
    assert "stand-in" in server.chat("You are a poet.", "Write a poem.")


def test_all_models_are_called_demo(server: Server) -> None:
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="x") as client:
        names = [model.id for model in client.models.list()]
        assert client.models.retrieve(names[0]).id == names[0]
    assert names == ["demo-chat", "demo-embed"]


def test_replies_carry_usage_and_the_stand_ins_fingerprint(server: Server) -> None:
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="x") as client:
        reply = client.chat.completions.create(model="demo-chat", messages=HELLO, n=2)  # type: ignore[call-overload]
    assert reply.system_fingerprint == "redraft-stand-in"
    assert len(reply.choices) == 2
    assert reply.usage.total_tokens == reply.usage.prompt_tokens + reply.usage.completion_tokens > 0


def test_a_stream_says_the_same_as_a_whole_reply(server: Server) -> None:
    user = question_message("How do I install Harbor with pip?")
    messages = [{"role": "system", "content": GOOD}, {"role": "user", "content": user}]
    options = {"include_usage": True}
    with openai.OpenAI(base_url=f"{server.url}/v1", api_key="x") as client:
        chunks = list(
            client.chat.completions.create(  # type: ignore[call-overload]
                model="demo-chat", messages=messages, stream=True, stream_options=options
            )
        )
    text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
    assert text == server.chat(GOOD, user)
    assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"
    assert chunks[-1].usage.completion_tokens > 0


def test_a_token_limit_cuts_the_reply_and_says_so(server: Server) -> None:
    body = {"model": "demo-chat", "messages": HELLO, "max_tokens": 5}
    choice = server.post(CHAT, body).json()["choices"][0]
    assert choice["finish_reason"] == "length"
    assert len(choice["message"]["content"]) < 40


def test_a_forced_tool_gets_the_json_as_its_arguments(server: Server) -> None:
    function = {"name": "Extracts", "parameters": {"type": "object", "properties": {"extracts": {"type": "array"}}}}
    body = {
        "model": "demo-chat",
        "messages": [{"role": "user", "content": question_message("How do I prune backups?")}],
        "tools": [{"type": "function", "function": function}],
        "tool_choice": {"type": "function", "function": {"name": "Extracts"}},
    }
    call = server.post(CHAT, body).json()["choices"][0]["message"]["tool_calls"][0]["function"]
    assert call["name"] == "Extracts"
    assert json.loads(call["arguments"])["extracts"]


def test_a_schema_is_known_by_its_fields_when_its_name_is_not(server: Server) -> None:
    schema = {"type": "object", "properties": {"score": {"type": "integer"}, "reason": {"type": "string"}}}
    shape = {"type": "json_schema", "json_schema": {"name": "Verdict", "schema": schema}}
    verdict = json.loads(server.chat("", "<rubric>x</rubric><answer>y</answer>", response_format=shape))
    assert 1 <= verdict["score"] <= 5


def test_tags_of_other_requests_inside_a_passage_decide_nothing(server: Server) -> None:
    page = ("a.md", "Tags", "The judge gets a <rubric>.\n\nThe themes come from <comments>, see <parent_prompt>.")
    answer = server.chat("Be brief. Use the extracts.", question_message("What does the judge get?", (page,)))
    assert answer == "The judge gets a <rubric>."


def test_attributes_may_hold_angle_brackets(server: Server) -> None:
    user = question_message("How do I install Harbor?").replace("&gt;", ">")
    assert server.chat("Be brief. Cite sources.", user).endswith("Sources: guide/install.md")


@pytest.mark.parametrize(
    ("body", "param"),
    [
        ({"model": "demo-chat"}, "messages"),
        ({"model": "demo-chat", "messages": []}, "messages"),
        ({"messages": HELLO}, "model"),
        ({"model": "demo-chat", "messages": [{"role": "pope", "content": "x"}]}, "messages[0].role"),
        ({"model": "demo-chat", "messages": HELLO, "n": 0.5}, "n"),
        ({"model": "demo-chat", "messages": HELLO, "max_tokens": -1}, "max_tokens"),
        ({"model": "demo-embed", "messages": HELLO}, "model"),
        ({"model": "demo-chat", "messages": HELLO, "response_format": {"type": "json_schema"}}, "response_format"),
    ],
)
def test_a_bad_request_is_refused_by_the_parameters_name(server: Server, body: object, param: str) -> None:
    reply = server.post(CHAT, body)
    assert reply.status_code == 400
    assert reply.json()["error"]["type"] == "invalid_request_error"
    assert reply.json()["error"]["param"] == param


def test_a_body_that_is_no_json_object_is_refused(server: Server) -> None:
    for content in (b"{", b"[]", b"\xff"):
        assert server.client.post(CHAT, content=content).status_code == 400


def test_an_unknown_model_is_a_404_with_openais_code(server: Server) -> None:
    reply = server.post(CHAT, {"model": "gpt-4", "messages": HELLO})
    assert (reply.status_code, reply.json()["error"]["code"]) == (404, "model_not_found")
    assert server.client.get("/v1/models/gpt-4").status_code == 404


def test_an_unknown_address_gets_an_openai_error_body(server: Server) -> None:
    reply = server.post("/v1/responses", {})
    assert reply.status_code == 404
    assert reply.json()["error"]["message"] == "Invalid URL (POST /v1/responses)"
    assert server.client.get(CHAT).status_code == 405


def test_a_missing_key_is_refused_and_any_key_will_do(server: Server) -> None:
    anonymous = httpx.get(f"{server.url}/v1/models", trust_env=False)
    assert anonymous.status_code == 401
    assert server.client.get("/v1/models", headers={"Authorization": "Bearer whatever"}).status_code == 200


def test_only_the_given_key_is_accepted_if_one_was_given(start: Callable[..., Server]) -> None:
    running = start("--api-key", "right")
    assert running.client.get("/v1/models").json()["error"]["code"] == "invalid_api_key"
    with (
        openai.OpenAI(base_url=f"{running.url}/v1", api_key="wrong", max_retries=0) as client,
        pytest.raises(openai.AuthenticationError),
    ):
        client.embeddings.create(model="demo-embed", input="x")
    assert running.client.get("/v1/models", headers={"Authorization": "Bearer right"}).status_code == 200


def test_latency_does_not_make_requests_wait_for_each_other(start: Callable[..., Server]) -> None:
    running = start("--latency-ms", "300")

    async def many() -> None:
        async with httpx.AsyncClient(base_url=running.url, headers=running.client.headers, trust_env=False) as client:
            body = {"model": "demo-chat", "messages": HELLO}
            replies = await asyncio.gather(*(client.post(CHAT, json=body, timeout=30) for _ in range(20)))
            assert {r.status_code for r in replies} == {200}

    begun = time.monotonic()
    asyncio.run(many())
    assert time.monotonic() - begun < 20 * 0.3
    assert running.client.get("/stats").json()["most_in_flight"] > 5


def test_calls_are_counted_by_kind_until_reset(start: Callable[..., Server]) -> None:
    running = start()
    user = question_message("How do I install Harbor?")
    running.chat(NAIVE, user)
    running.ask_json("extracts", user)
    running.post("/v1/embeddings", {"model": "demo-embed", "input": ["a", "b", "c"]})
    stats = running.client.get("/stats").json()
    assert stats["chat"] == {"answerer": 1, "extractor": 1}
    assert (stats["embedding_calls"], stats["embedding_texts"]) == (1, 3)
    assert running.client.delete("/stats").json()["chat"] == {}
