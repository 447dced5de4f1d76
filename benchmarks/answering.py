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
import json
import math
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent))  # scripts, not a package

from answering_batch import ANSWER, EXTRACT, IN_FLIGHT, LATENCY_S, QUESTIONS, answer_call, questions_and_chunks
from answering_peers import bare, langchain

from redraft.answering.answer import AnswerTask, Place, answer_from
from redraft.call_log import CallLog
from redraft.config import load_config
from redraft.llm import ChatModel, ChatRequest, chat_endpoint
from redraft.records import make_variant


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
