"""A model may have something calculated in the middle of an answer; every turn is a line of the call log."""

from __future__ import annotations

from typing import Any

import pytest
from crafted_server import Reply

from redraft.errors import ModelRefused
from redraft.llm import Tool, ToolUse, check_models

ASKED: list[Any] = []


def doubled(arguments: Any) -> str:
    ASKED.append(arguments)
    return str(2 * arguments["n"])


SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}
DOUBLE = Tool(name="double", description="Doubles.", parameters=SCHEMA, run=doubled)
CALL = Reply(calls=(("double", '{"n": 21}'),), finish_reason="tool_calls")


def test_a_tool_is_called_and_its_result_goes_back_to_the_model(crafted_server, make_chat, ask, log):
    crafted_server.enqueue(CALL, Reply(text="It is 42."))
    reply = make_chat().ask(ask(tools=(DOUBLE,)))
    assert (reply.text, reply.error, reply.used) == ("It is 42.", None, (ToolUse(tool="double", result="42"),))
    assert (reply.tokens_in, reply.tokens_out) == (22, 14)
    first, second = crafted_server.requests
    assert first["tools"][0]["function"]["name"] == "double"
    assert [m["role"] for m in second["messages"]] == ["system", "user", "assistant", "tool"]
    assert second["messages"][3] == {"role": "tool", "content": "42", "tool_call_id": "call-0"}
    assert [call.reply for call in log.calls] == ['double({"n": 21})', "It is 42."]
    assert log.calls[1].messages[2:] == (("assistant", 'double({"n": 21})'), ("tool", "42"))


def test_after_four_calls_the_model_must_answer(crafted_server, make_chat, ask):
    crafted_server.otherwise = lambda body: Reply(text="Enough.") if body.get("tool_choice") == "none" else CALL
    reply = make_chat().ask(ask(tools=(DOUBLE,)))
    assert (reply.text, len(reply.used), len(crafted_server.requests)) == ("Enough.", 4, 5)


def test_more_calls_at_once_than_are_left_are_not_made(crafted_server, make_chat, ask):
    crafted_server.enqueue(Reply(calls=CALL.calls * 6), Reply(text="Done."))
    reply = make_chat().ask(ask(tools=(DOUBLE,)))
    results = [m["content"] for m in crafted_server.requests[1]["messages"] if m["role"] == "tool"]
    assert (reply.text, len(reply.used), results[:4]) == ("Done.", 4, ["42"] * 4)
    assert all(result.startswith("error: more than 4 calls") for result in results[4:])


def test_a_model_that_asks_for_a_tool_for_ever_has_not_answered(crafted_server, make_chat, ask):
    crafted_server.otherwise = lambda _body: CALL
    reply = make_chat().ask(ask(tools=(DOUBLE,)))
    assert reply.text is None
    assert "asks for a tool once more" in (reply.error or "")


@pytest.mark.parametrize(
    ("name", "arguments", "said"),
    [("double", "{", "error: the arguments are not JSON"), ("rm", "{}", "error: there is no tool 'rm', only double")],
)
def test_a_senseless_call_is_told_to_the_model(crafted_server, make_chat, ask, name, arguments, said):
    crafted_server.enqueue(Reply(calls=((name, arguments),)), Reply(text="Well."))
    ASKED.clear()
    assert make_chat().ask(ask(tools=(DOUBLE,))).text == "Well."
    assert (crafted_server.requests[1]["messages"][3]["content"], ASKED) == (said, [])


def test_without_tools_none_are_sent_and_a_call_of_the_model_is_no_answer(crafted_server, make_chat, ask):
    crafted_server.enqueue(CALL)
    reply = make_chat().ask(ask())
    assert "tools" not in crafted_server.requests[0]
    assert (reply.text, reply.used) == (None, ())
    assert "empty" in (reply.error or "")


def test_an_endpoint_that_takes_no_tools_is_an_error_with_its_remedy(crafted_server, make_chat, ask):
    refusal = Reply(status=400, error="model-a does not support tools")
    crafted_server.enqueue(refusal)
    assert "answer.calculator = false" in (make_chat().ask(ask(tools=(DOUBLE,))).error or "")
    crafted_server.enqueue(refusal)
    environ = {"OPENAI_BASE_URL": crafted_server.base_url}
    with pytest.raises(ModelRefused, match=r"model-a at .* takes no tools .*does not support tools"):
        check_models(environ, chat_models=["model-a"], embedding_model=None, tools={"model-a": [DOUBLE]})
