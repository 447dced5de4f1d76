import asyncio
import time

import pytest
from crafted_server import Reply

from redraft.llm import NOT_JSON

SCHEMA = {"title": "x", "type": "object", "properties": {"n": {"type": "integer"}}, "required": ["n"]}


def test_a_call_is_one_line_of_the_log(crafted_server, make_chat, ask, log):
    crafted_server.enqueue(Reply(text="Yes."))
    reply = make_chat().ask(ask(question_id="q-1", variant_id="v-1"))
    (call,) = log.calls
    assert (reply.text, reply.tokens_in, reply.tokens_out, reply.error) == ("Yes.", 11, 7, None)
    assert (call.step, call.kind, call.model, call.reply) == ("test", "answer", "model-a", "Yes.")
    assert call.messages == (("system", "Be brief."), ("user", "Hello"))
    assert (call.question_id, call.variant_id, call.tokens_in, call.tokens_out) == ("q-1", "v-1", 11, 7)
    assert (call.cost_usd, call.retries, call.error) == (None, 0, None)
    assert call.latency_s > 0
    assert call.created == pytest.approx(time.time(), abs=30)


def test_a_known_price_is_charged(make_chat, ask):
    assert make_chat("gpt-4.1-mini").ask(ask()).cost_usd == pytest.approx((11 * 0.4 + 7 * 1.6) / 1e6)


def test_without_usage_the_cost_is_unknown(crafted_server, make_chat, ask):
    crafted_server.enqueue(Reply(usage=False))
    reply = make_chat("gpt-4.1-mini").ask(ask())
    assert (reply.text, reply.tokens_in, reply.cost_usd) == ("OK", 0, None)


def test_braces_in_texts_arrive_as_they_are(crafted_server, make_chat, ask):
    text = "{a} {{b}} {0} %s $x {user} {"
    make_chat().ask(ask(text, system=text))
    assert [message["content"] for message in crafted_server.requests[0]["messages"]] == [text, text]


@pytest.mark.parametrize("model", ["gpt-5-pro", "gpt-5.2-pro", "o1-pro", "gpt-5-codex", "codex-mini-latest"])
def test_no_model_name_switches_to_the_responses_api(crafted_server, make_chat, ask, model):
    assert make_chat(model).ask(ask()).error is None
    assert crafted_server.requests[0]["model"] == model


def test_replies_come_in_the_order_of_the_requests(crafted_server, make_chat, ask):
    crafted_server.otherwise = lambda body: Reply(
        text=body["messages"][1]["content"], delay_s=0.05 if body["messages"][1]["content"] == "0" else 0
    )
    replies = make_chat().ask_many([ask(str(number)) for number in range(20)])
    assert [reply.text for reply in replies] == [str(number) for number in range(20)]


def test_no_more_calls_are_in_flight_than_configured(crafted_server, make_chat, ask):
    crafted_server.otherwise = lambda _body: Reply(hold_for=3)
    make_chat(max_concurrency=3).ask_many([ask(str(number)) for number in range(12)])
    assert crafted_server.flight.most == 3


def test_over_a_hundred_calls_are_in_flight_when_configured(crafted_server, make_chat, ask):
    crafted_server.otherwise = lambda _body: Reply(hold_for=150)
    replies = make_chat(max_concurrency=150, timeout_s=60.0).ask_many([ask(str(number)) for number in range(150)])
    assert all(reply.error is None for reply in replies)
    assert crafted_server.flight.most == 150


def test_nothing_asked_is_nothing_replied(make_chat, crafted_server):
    assert make_chat().ask_many([]) == []
    assert crafted_server.requests == []


def test_it_works_inside_a_running_event_loop(make_chat, ask):
    async def in_a_notebook():
        return make_chat().ask(ask())

    assert asyncio.run(in_a_notebook()).text == "OK"


def test_options_are_sent_per_request(crafted_server, make_chat, ask):
    make_chat().ask_many([ask(temperature=0.7, seed=5)])
    sent = crafted_server.requests[0]
    assert (sent["temperature"], sent["seed"]) == (0.7, 5)
    assert "response_format" not in sent


@pytest.mark.parametrize("text", ['{"n": 1}', 'Sure: {"n": 1}.', '```json\n{"n": 1}\n```'])
def test_structured_replies_are_read_leniently(crafted_server, make_chat, ask, text):
    crafted_server.enqueue(Reply(text=text))
    reply = make_chat().ask(ask(schema=SCHEMA))
    assert (reply.parsed, reply.error, reply.text) == ({"n": 1}, None, text)


def test_prose_where_json_was_asked_is_an_error_that_keeps_the_text(crafted_server, make_chat, ask, log):
    crafted_server.enqueue(Reply(text="I would rather not."))
    reply = make_chat().ask(ask(schema=SCHEMA))
    assert (reply.parsed, reply.error, reply.text) == (None, NOT_JSON, "I would rather not.")
    assert log.calls[0].error == NOT_JSON


def refuses_json_schema(body):
    if "response_format" in body:
        return Reply(status=400, error="'response_format.type' must be 'text' or 'json_object'")
    return Reply(text='{"n": 2}')


def test_an_endpoint_that_refuses_json_schema_is_asked_in_words_and_remembered(crafted_server, make_chat, ask, log):
    crafted_server.otherwise = refuses_json_schema
    chat = make_chat()
    first, second = chat.ask(ask(schema=SCHEMA)), chat.ask(ask(schema=SCHEMA))
    assert (first.parsed, first.retries, second.parsed, second.retries) == ({"n": 2}, 1, {"n": 2}, 0)
    assert len(crafted_server.requests) == 3
    assert '"n"' in crafted_server.requests[1]["messages"][0]["content"]
    assert [call.error for call in log.calls] == [None, None]


def test_a_refusal_that_has_another_cause_is_not_remembered(crafted_server, make_chat, ask):
    crafted_server.otherwise = lambda body: (
        Reply(status=400, error="no") if body["messages"][1]["content"] == "bad" else Reply(text='{"n": 3}')
    )
    chat = make_chat()
    assert chat.ask(ask("bad", schema=SCHEMA)).error == "HTTP 400: no"
    assert chat.ask(ask("good", schema=SCHEMA)).parsed == {"n": 3}
    assert "response_format" in crafted_server.requests[-1]


def test_a_model_that_refuses_a_temperature_is_asked_without(crafted_server, make_chat, ask):
    crafted_server.otherwise = lambda body: (
        Reply(status=400, error="Unsupported value: 'temperature' does not support 0")
        if "temperature" in body
        else Reply()
    )
    chat = make_chat()
    assert [chat.ask(ask()).retries, chat.ask(ask()).retries] == [1, 0]


def test_a_text_that_is_too_long_is_not_asked_twice(crafted_server, make_chat, ask):
    crafted_server.otherwise = lambda _body: Reply(
        status=400, error={"message": "maximum context length is 8192 tokens", "code": "context_length_exceeded"}
    )
    assert make_chat().ask(ask(schema=SCHEMA)).error == "HTTP 400: maximum context length is 8192 tokens"
    assert len(crafted_server.requests) == 1


@pytest.mark.parametrize(
    ("crafted", "error"),
    [
        (Reply(text=""), "the reply is empty (finish reason: stop)"),
        (Reply(text=None), "the reply is empty (finish reason: stop)"),
        (Reply(text=None, refusal="I can't."), "the model declined to answer"),
        (Reply(raw="<html>Bad gateway</html>"), "not a chat completion"),
        (Reply(raw='{"choices": null}'), "not a chat completion"),
        (Reply(raw="{}"), "not a chat completion"),
        (Reply(text='{"n":', finish_reason="length"), "cut off"),
    ],
)
def test_a_reply_of_another_shape_is_an_error_not_an_answer(crafted_server, make_chat, ask, crafted, error):
    crafted_server.enqueue(crafted)
    reply = make_chat().ask(ask(schema=SCHEMA) if "cut" in error else ask())
    assert reply.error is not None
    assert error in reply.error


def test_the_progress_bar_goes_to_stderr(make_chat, ask, capsys):
    make_chat().ask_many([ask(), ask()], progress="questions")
    out, err = capsys.readouterr()
    assert out == ""
    assert "questions" in err
    assert "2/2" in err
