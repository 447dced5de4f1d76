"""What a kill costs: replies are on the server while their step runs."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
import uuid
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from clearml import Task
from crafted_server import CraftedServer, Reply

from redraft.call_log import CallLog
from redraft.config import ROOT, load_config
from redraft.llm import ChatModel, ChatRequest, Embedder, chat_endpoint, embedding_endpoint
from redraft.tracking import kept_replies
from redraft.tracking.artifacts import artifact_urls
from redraft.tracking.kept_replies import KeptReplies, earlier_replies
from redraft.tracking.kept_replies import kept_replies as open_replies
from redraft.tracking.server import call
from redraft.tracking.step import Step

IN_FLIGHT = 8
QUESTIONS = 60

# a step at work: it answers the questions in two stages, as `answer_questions` does, until somebody kills it
STEP = """
import sys
from test_kept_replies import answer_questions
from redraft.tracking.kept_replies import KeptReplies, earlier_replies
task, url = sys.argv[1:]
with KeptReplies(task, earlier_replies(task, "answer_questions")) as replies:
    print(len(answer_questions(url, replies)[0]))
"""


def chat(url: str, replies: KeptReplies | None, **changes: Any) -> tuple[ChatModel, CallLog]:
    log = CallLog(replies=replies, mask=changes.pop("mask", None))
    settings = replace(load_config().answer, max_concurrency=IN_FLIGHT, max_retries=0)
    environ = {"OPENAI_BASE_URL": url, "OPENAI_ENDPOINT_NAME": changes.pop("named", "")}
    model = ChatModel(chat_endpoint(environ), "model-a", settings=settings, step="answer_questions", log=log)
    return model, log


def request(user: str, **fields: Any) -> ChatRequest:
    return ChatRequest(**({"kind": "answer", "system": "Be brief.", "user": user, "temperature": 0.0} | fields))


def answer_questions(url: str, replies: KeptReplies) -> tuple[list[str | None], CallLog]:
    model, log = chat(url, replies)
    first = model.ask_many([request(f"extract {number}") for number in range(QUESTIONS)])
    second = model.ask_many([request(f"answer {number} from {reply.text}") for number, reply in enumerate(first)])
    return [reply.text for reply in second], log


def running_step(project: str, name: str = "answer_questions") -> str:
    task = Task.create(project_name=project, task_name=name, task_type="inference")
    call("tasks.started", task=task.id)
    return str(task.id)


def echo(body: dict[str, Any]) -> Reply:
    return Reply(text=f"reply to {body['messages'][1]['content']}")


def test_a_kill_costs_at_most_the_calls_in_flight(project: str, crafted_server: CraftedServer) -> None:
    killed_after = 75  # of 120 calls: in the second stage
    crafted_server.otherwise = lambda body: replace(echo(body), delay_s=0.3)
    first = running_step(project)
    with subprocess.Popen(
        [sys.executable, "-c", STEP, first, crafted_server.base_url],
        env={**os.environ, "PYTHONPATH": f"{ROOT}:{ROOT / 'tests'}:{ROOT / 'tests' / 'tracking'}"},
    ) as step:
        while len(crafted_server.requests) < killed_after:
            assert step.poll() is None
            time.sleep(0.01)
        step.kill()
    call("tasks.failed", task=first, status_message="worker execution exit code -9")
    crafted_server.otherwise = echo

    second = running_step(project)
    with KeptReplies(second, earlier_replies(second, "answer_questions")) as replies:
        answers, log = answer_questions(crafted_server.base_url, replies)

    asked = Counter(body["messages"][1]["content"] for body in crafted_server.requests)
    twice = sum(asked.values()) - len(asked)
    taken = sum(call.kept for call in log.calls)
    assert answers == [f"reply to answer {n} from reply to extract {n}" for n in range(QUESTIONS)]
    assert len(asked) == 2 * QUESTIONS
    assert twice <= IN_FLIGHT
    assert taken >= killed_after - IN_FLIGHT
    assert (log.tokens_in, log.cost_usd) == (11 * (2 * QUESTIONS - taken), None)


def test_what_is_kept_is_in_few_artifacts_however_many_replies(
    project: str, crafted_server: CraftedServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_replies, "SEGMENT_BYTES", 10_000)
    crafted_server.otherwise = echo
    step = running_step(project)
    with KeptReplies(step) as replies:
        answer_questions(crafted_server.base_url, replies)
    assert 2 <= len(artifact_urls(step)) <= 6
    assert len(earlier_replies(step, "answer_questions")) == 2 * QUESTIONS


def test_servers_with_one_model_name_never_share_replies(project: str, crafted_server: CraftedServer) -> None:
    step = running_step(project)
    for number, named in enumerate(("lab", "cloud", "lab")):
        with KeptReplies(step, earlier_replies(step, "answer_questions")) as replies:
            model, log = chat(crafted_server.base_url, replies, named=named)
            model.ask(request("Why?"))
            assert [call.kept for call in log.calls] == [number == 2]


def test_each_reply_is_given_once_and_samples_differ_by_their_seed(project: str, crafted_server: CraftedServer) -> None:
    crafted_server.otherwise = lambda _body: Reply(text=uuid.uuid4().hex)
    step = running_step(project)
    asked = [request("Why?"), request("Why?"), request("Why?", seed=1), request("Why?", temperature=0.5)]
    with KeptReplies(step) as replies:
        said = [reply.text for reply in chat(crafted_server.base_url, replies)[0].ask_many(asked)]
    with KeptReplies(step, earlier_replies(step, "answer_questions")) as replies:
        model, log = chat(crafted_server.base_url, replies)
        again = [reply.text for reply in model.ask_many([*asked, request("Why?")])]
    assert sorted(again[:2]) == sorted(said[:2])
    assert again[2:4] == said[2:]
    assert again[4] not in said
    assert sum(call.kept for call in log.calls) == 4


def test_a_step_that_ended_well_is_no_earlier_attempt(project: str, crafted_server: CraftedServer) -> None:
    done, other = running_step(project), running_step(project, "write_prompts")
    for task in (done, other):
        with KeptReplies(task) as replies:
            chat(crafted_server.base_url, replies)[0].ask(request("Why?"))
    call("tasks.completed", task=done)
    assert earlier_replies(running_step(project), "answer_questions") == []


def test_answers_that_new_prompts_were_tried_with_are_not_paid_for_again(
    project: str, crafted_server: CraftedServer
) -> None:
    crafted_server.otherwise = echo
    tried = running_step(project, "write_prompts")
    with KeptReplies(tried) as replies:
        chat(crafted_server.base_url, replies)[0].ask_many([request("one"), request("two")])
    call("tasks.completed", task=tried)
    task = Task.get_task(task_id=running_step(project))
    step = Step(task=task, name="answer_questions", args={"prompts_task": tried}, sections={})
    with open_replies(step) as replies:
        model, log = chat(crafted_server.base_url, replies)
        answered = model.ask_many([request("two"), request("three")])
    assert [reply.text for reply in answered] == ["reply to two", "reply to three"]
    assert [made.kept for made in log.calls] == [True, False]
    assert len(crafted_server.requests) == 3


def test_failed_calls_and_texts_to_be_masked_are_not_kept(project: str, crafted_server: CraftedServer) -> None:
    crafted_server.enqueue(Reply(status=400, error="no"), Reply(text="Write to ann@example.com"), Reply(text=None))
    step = running_step(project)
    with KeptReplies(step) as replies:
        model, _ = chat(crafted_server.base_url, replies, mask=lambda text: text.replace("ann@example.com", "***"))
        for text in ("a", "b", "c"):
            model.ask(request(text))
    assert artifact_urls(step) == {}


def test_tool_calls_are_taken_up_where_they_were(project: str, crafted_server: CraftedServer) -> None:
    from redraft.answering.calculator import calculator_tool

    step = running_step(project)
    asked = request("What is 2 + 3?", tools=(calculator_tool(),))
    name = asked.tools[0].name
    field = next(iter(asked.tools[0].parameters["properties"]))
    crafted_server.enqueue(
        Reply(text=None, calls=((name, json.dumps({field: "2 + 3"})),)), Reply(status=400, error="x")
    )
    with KeptReplies(step) as replies:
        assert chat(crafted_server.base_url, replies)[0].ask(asked).error is not None
    crafted_server.enqueue(Reply(text="It is 5."))
    before = len(crafted_server.requests)
    with KeptReplies(step, earlier_replies(step, "answer_questions")) as replies:
        reply = chat(crafted_server.base_url, replies)[0].ask(asked)
    assert (reply.text, [use.result for use in reply.used]) == ("It is 5.", ["5"])
    assert len(crafted_server.requests) == before + 1


def test_texts_embedded_before_a_kill_are_not_embedded_again(project: str, crafted_server: CraftedServer) -> None:
    step = running_step(project, "build_index")

    def embed(texts: list[str]) -> Any:
        log = CallLog(replies=KeptReplies(step, earlier_replies(step, "build_index")))
        endpoint = embedding_endpoint({"OPENAI_BASE_URL": crafted_server.base_url})
        embedder = Embedder(
            endpoint, "model-e", batch_size=2, max_concurrency=1, timeout_s=10, max_retries=0, step="b", log=log
        )
        return embedder.embed(texts), log

    sent: list[str] = []

    def seen(texts: list[str]) -> Any:
        sent.extend(texts)
        return [[float(len(text)), 0.1] for text in texts]

    crafted_server.embed = seen
    embed(["a", "bb", "ccc"])
    rows, log = embed(["ccc", "dddd", "a"])
    assert sent == ["a", "bb", "ccc", "dddd"]
    assert np.array_equal(rows, np.array([[3, 0.1], [4, 0.1], [1, 0.1]], dtype=np.float32))
    assert [call.kept for call in log.calls] == [True, False]


def test_a_server_that_refuses_costs_no_reply(project: str, crafted_server: CraftedServer) -> None:
    step = running_step(project)
    call("tasks.completed", task=step)  # takes no artifacts any more
    with KeptReplies(step) as replies:
        reply = chat(crafted_server.base_url, replies)[0].ask(request("Why?"))
    assert reply.error is None
