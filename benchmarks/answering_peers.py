"""Who answers the batch of `answering.py` beside Redraft: LangChain's `.batch`, and the bare HTTP client."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp

sys.path.insert(0, str(Path(__file__).resolve().parent))  # scripts, not a package

from answering_batch import EXTRACT, answer_call, questions_and_chunks

from redraft.answering.extract import extract_request, read_extracts
from redraft.llm import ChatReply, ChatRequest
from redraft.llm.requests import options
from redraft.llm.structured import read_json, response_format
from redraft.records import Question
from redraft.settings import AnswerSettings


def langchain(base_url: str, settings: AnswerSettings, stages: int) -> Callable[[], int]:
    """Return what answers all questions with LangChain's `.batch` and counts the failures."""
    from langchain_core.prompts import ChatPromptTemplate
    from langchain_core.runnables import RunnableLambda
    from langchain_openai import ChatOpenAI
    from pydantic import SecretStr

    questions, chunks = questions_and_chunks()
    model = ChatOpenAI(
        model="demo-chat",
        base_url=base_url,
        api_key=SecretStr("none"),
        temperature=0.0,
        timeout=60,
        use_responses_api=False,
    )
    template = ChatPromptTemplate.from_messages([("system", "{system}"), ("human", "{user}")])

    def texts(request: ChatRequest) -> dict[str, str]:
        return {"system": request.system, "user": request.user}

    def first(question: Question) -> ChatRequest:
        return extract_request(EXTRACT, question, chunks[question.id], 0.0)

    def second(reply: Any) -> dict[str, str]:
        question = by_system[reply["question"]]
        schema = first(question).schema or {}
        parsed = ChatReply(text=reply["text"].text, parsed=read_json(reply["text"].text, schema))
        extraction = read_extracts(parsed, chunks[question.id])
        return texts(answer_call(question, chunks[question.id], extraction.extracts))

    by_system = {question.id: question for question in questions}
    answer_chain = template | model
    if stages == 1:
        inputs: list[Any] = [texts(answer_call(q, chunks[q.id])) for q in questions]
        chain: Any = answer_chain
    else:
        schema = first(questions[0]).schema or {}
        extract_chain = template | model.bind(response_format=response_format(schema))
        inputs = [{**texts(first(question)), "question": question.id} for question in questions]
        both = {"text": extract_chain, "question": RunnableLambda(lambda given: given["question"])}
        chain = RunnableLambda(lambda given: given) | both | RunnableLambda(second) | answer_chain

    def run() -> int:
        config = {"max_concurrency": settings.max_concurrency}
        return sum(isinstance(r, Exception) for r in chain.batch(inputs, config=config, return_exceptions=True))

    return run


def bare(base_url: str, in_flight: int, stages: int) -> Callable[[], int]:
    """Return what sends ready-made requests with as little work as possible and counts the failures."""
    questions, chunks = questions_and_chunks()

    def body(request: ChatRequest) -> bytes:
        messages = [{"role": "system", "content": request.system}, {"role": "user", "content": request.user}]
        return json.dumps({"model": "demo-chat", "messages": messages, **options(request, frozenset())}).encode()

    def bodies(question: Question) -> list[bytes]:
        own = chunks[question.id]
        if stages == 1:
            return [body(answer_call(question, own))]
        return [body(extract_request(EXTRACT, question, own, 0.0)), body(answer_call(question, own[:1]))]

    work = [bodies(question) for question in questions]
    headers = {"Authorization": "Bearer none", "Content-Type": "application/json"}

    async def send_all() -> int:
        slots = asyncio.Semaphore(in_flight)
        connector = aiohttp.TCPConnector(limit=in_flight)
        async with aiohttp.ClientSession(connector=connector, headers=headers) as session:

            async def one(calls: list[bytes]) -> int:
                failed = 0
                for call in calls:
                    async with slots, session.post(f"{base_url}/chat/completions", data=call) as reply:
                        await reply.read()
                        failed += reply.status != 200
                return failed

            return sum(await asyncio.gather(*map(one, work)))

    return lambda: asyncio.run(send_all())
