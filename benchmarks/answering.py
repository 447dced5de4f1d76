"""How fast a batch of questions is answered, beside LangChain's own `.batch` and the ideal.

    python benchmarks/answering.py --json answering.json        about four minutes

Starts the stand-in model with `--latency-ms 500` itself. 100 questions, 8, 32 and 256 calls in flight, and

- one stage: the answer call alone; ideal: latency x ceil(questions / in flight);
- two stages: extract, then answer; ideal: latency x max(2, ceil(2 x questions / in flight)), as each call takes one
  slot of one pool and a question's second call waits for its first.

`.batch` gets the same chain (for two stages: extract, read, answer) and holds a slot for a question's whole chain.
`bare` is the same requests, ready-made, through aiohttp alone: what machine and stand-in allow at all (the stand-in
takes some 4 ms of CPU a call on top of its latency).
"""

from __future__ import annotations

import argparse
import asyncio
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp

from redraft.answering.answer import AnswerTask, Place, answer_from
from redraft.answering.extract import extract_request, kept_passages, read_extracts
from redraft.answering.messages import shown, system_message, user_message
from redraft.call_log import CallLog
from redraft.config import load_config
from redraft.llm import ChatModel, ChatReply, ChatRequest, chat_endpoint
from redraft.llm.requests import options
from redraft.llm.structured import read_json, response_format
from redraft.records import Chunk, Question, content_id, make_prompt, make_variant
from redraft.settings import AnswerSettings

QUESTIONS, LATENCY_S, IN_FLIGHT = 100, 0.5, (8, 32, 256)
PASSAGES, SENTENCES = 6, 8

ANSWER = make_prompt("answer", "Answer in one sentence and cite the source.")
EXTRACT = make_prompt("extract", "Copy out, word for word, what helps to answer.")


def questions_and_chunks() -> tuple[list[Question], dict[str, list[Chunk]]]:
    """Make questions, each with six passages of about 500 characters."""
    questions, chunks = [], {}
    for number in range(QUESTIONS):
        text = f"How is valve {number} opened?"
        question = Question(id=content_id("q", text), text=text)
        questions.append(question)
        chunks[question.id] = [
            Chunk(
                id=content_id("c", number, page),
                document_path=f"plant/page{page}.md",
                heading_path=f"Plant > Page {page}",
                text=" ".join(
                    f"Valve {number + row * page} is opened by turning wheel {row} of panel {page} to the left."
                    for row in range(SENTENCES)
                ),
                ordinal=0,
            )
            for page in range(PASSAGES)
        ]
    return questions, chunks


def answer_call(question: Question, chunks: Sequence[Chunk], extracts: Any = None) -> ChatRequest:
    """Build the request of the second stage."""
    passages = shown(chunks) if extracts is None else kept_passages(chunks, extracts)
    return ChatRequest(
        kind="answer", system=system_message(ANSWER.text), user=user_message(passages, question.text), temperature=0.0
    )


def ours(chat: ChatModel, stages: int) -> Callable[[], int]:
    """Return what answers all questions with Redraft and counts the failures."""
    questions, chunks = questions_and_chunks()
    variant = make_variant(
        answer_prompt_id=ANSWER.id,
        extract_prompt_id=EXTRACT.id,
        chat_model=chat.model,
        endpoint="stand-in",
        sampling="{}",
        retrieval="{}",
        embedder="none",
    )
    tasks = [AnswerTask(question=q, variant=variant, answer_prompt=ANSWER, extract_prompt=EXTRACT) for q in questions]
    place = Place(run_id="", dataset_id="", index_id="", temperature=0.0)

    def one_stage() -> int:
        replies = chat.ask_many([answer_call(q, chunks[q.id]) for q in questions])
        return sum(reply.error is not None for reply in replies)

    def two_stages() -> int:
        return sum(answer.error is not None for answer in answer_from(tasks, chunks, chat=chat, place=place))

    return one_stage if stages == 1 else two_stages


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


def ideal_s(stages: int, in_flight: int) -> float:
    """The shortest time that the slots allow."""
    return LATENCY_S * max(stages, math.ceil(stages * QUESTIONS / in_flight))


def measure(base_url: str, repeats: int) -> list[dict[str, Any]]:
    """Time every combination, taking the methods in turn, after one unmeasured call of each."""
    rows = []
    endpoint = chat_endpoint({"OPENAI_BASE_URL": base_url})
    for stages in (1, 2):
        for in_flight in IN_FLIGHT:
            settings = replace(load_config().answer, max_concurrency=in_flight)
            chat = ChatModel(endpoint, "demo-chat", settings=settings, step="benchmark", log=CallLog())
            runs = {
                "ours": ours(chat, stages),
                "langchain_batch": langchain(base_url, settings, stages),
                "bare": bare(base_url, in_flight, stages),
            }
            chat.ask(ChatRequest(kind="answer", system="Warm up.", user="Hello", temperature=0.0))
            walls: dict[str, list[float]] = {name: [] for name in runs}
            failed = dict.fromkeys(runs, 0)
            for _ in range(repeats):
                for name, run in runs.items():
                    started = time.perf_counter()
                    failed[name] += run()
                    walls[name].append(time.perf_counter() - started)
            for name, values in walls.items():
                rows.append(
                    {
                        "stages": stages,
                        "in_flight": in_flight,
                        "method": name,
                        "wall_s": round(statistics.median(values), 2),
                        "all_wall_s": [round(value, 2) for value in values],
                        "ideal_s": ideal_s(stages, in_flight),
                        "over_ideal": round(statistics.median(values) / ideal_s(stages, in_flight) - 1, 3),
                        "over_bare": round(statistics.median(values) / statistics.median(walls["bare"]) - 1, 3),
                        "failed": failed[name],
                    }
                )
                print(rows[-1], flush=True)
    return rows


def main() -> None:
    """Measure and print; `--json` also writes the rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", type=Path, help="write the figures here")
    parser.add_argument("--repeats", type=int, default=3, help="of each figure; the median counts")
    arguments = parser.parse_args()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "redraft.standins.openai_server", "--dir", folder]
        command += ["--latency-ms", str(LATENCY_S * 1000), "--exit-with-parent", str(os.getpid())]
        server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        try:
            if server.stdout is not None:
                server.stdout.readline()  # written when it accepts connections
            base_url = json.loads((Path(folder) / "server.json").read_text(encoding="utf-8"))["base_url"]
            rows = measure(base_url, arguments.repeats)
        finally:
            server.terminate()
            server.wait()
    if arguments.json:
        arguments.json.write_text(
            json.dumps(
                {"benchmark": "answering", "load_before": load, "load_after": os.getloadavg()[0], "rows": rows},
                indent=1,
            )
            + "\n",
            encoding="utf-8",
        )


if __name__ == "__main__":
    main()
