"""The product's own bot and the stand-in people in one process, for benchmarks of the loop: no ClearML, no pipeline.

The stand-in model runs in a process of its own. It gives the same reply to the same request, so a reply is remembered,
and so are each question's passages: seeds that go the same way do not pay for it again.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from redraft.answering.answer import AnswerTask, Place, answer_from
from redraft.call_log import CallLog
from redraft.cli.reviewers import REVIEWERS, Reviewer, SeenPassage, rate_answer, reviewer_for_slot
from redraft.config import ROOT, load_config, to_tree
from redraft.corpus.chunking import split_document
from redraft.corpus.documents import read_documents
from redraft.corpus.index import Index, build_index, open_index
from redraft.corpus.retrieval import retrieve
from redraft.learning.history import History
from redraft.learning.plan import answer_tasks
from redraft.learning.protocols import NeededAnswer
from redraft.llm import Ask, ChatModel, ChatReply, ChatRequest, Embedder, Endpoint
from redraft.questions import read_questions
from redraft.records import Answer, Chunk, PlanItem, Prompt, Question, Rating, Variant, content_id, make_variant
from redraft.settings import Config
from redraft.tracking.given import read_seed_prompts

T = TypeVar("T")

FRESH_SEED = 1_000_000  # fresh ratings share no draw with those that the loop learned from


class ForgetfulLog(CallLog):
    """Keeps no call: a hundred iterations would be a gigabyte of them."""

    def add(self, call: Any) -> None:
        """Drop the call."""


class RememberingChat(ChatModel):
    """A chat model that is asked the same only once."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        self._replies: dict[str, ChatReply] = {}

    def run(self, flow: Callable[[Ask], Awaitable[T]]) -> T:
        """Run a flow of calls; see `ChatModel.run`."""

        async def remembering(ask: Ask) -> T:
            async def once(request: ChatRequest) -> ChatReply:
                name = (request.schema or {}).get("title")
                key = content_id("x", request.system, request.user, name, request.temperature, request.seed)
                if key not in self._replies:
                    reply = await ask(request)
                    if reply.error is not None:
                        return reply
                    self._replies[key] = reply
                return self._replies[key]

            return await flow(once)

        return super().run(remembering)


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What every seed has in common: bot, questions and people."""

    config: Config
    index: Index
    chat: ChatModel
    embedder: Embedder
    questions: tuple[Question, ...]
    seed_prompts: tuple[Prompt, Prompt]
    _chunks: dict[str, tuple[Chunk, ...]] = field(default_factory=dict)

    @property
    def seed_variant(self) -> Variant:
        """The seed prompts with the configured model and retrieval."""
        answer, extract = self.seed_prompts
        return make_variant(
            answer_prompt_id=answer.id,
            extract_prompt_id=extract.id,
            chat_model=self.config.run.chat_model,
            endpoint="stand-in",
            sampling=json.dumps({"temperature": self.config.answer.temperature}),
            retrieval=json.dumps(to_tree(self.config.retrieval), sort_keys=True),
            embedder=self.embedder.identity,
        )

    def answer_tasks(self, tasks: Sequence[AnswerTask]) -> list[Answer]:
        """Answer a batch, as the pipeline's steps do."""
        texts = {task.question.id: task.question.text for task in tasks}
        new = [question_id for question_id in texts if question_id not in self._chunks]
        found = retrieve(self.index, [texts[i] for i in new], self.embedder, self.config.retrieval) if new else []
        for question_id, passages in zip(new, found, strict=True):
            self._chunks[question_id] = tuple(passage.chunk for passage in passages)
        temperature = self.config.answer.temperature
        place = Place(run_id="", dataset_id="", index_id=self.index.id, temperature=temperature)
        return answer_from(tasks, self._chunks, chat=self.chat, place=place)

    def answers(self, history: History, needed: Sequence[NeededAnswer]) -> list[Answer]:
        """Make the answers that are needed."""
        return self.answer_tasks(answer_tasks(needed, history, self.questions))

    def ratings(self, history: History, plan: Sequence[PlanItem], seed: int) -> list[Rating]:
        """Let the stand-in reviewers rate what the plan gives them."""
        found = []
        for item in plan:
            answer, reviewer = history.answers[item.answer_id], reviewer_for_slot(item.reviewer_slot)
            verdict = self._verdict(reviewer, answer, seed)
            found.append(
                Rating(
                    id=content_id("rt", item.review_key, item.answer_id, reviewer.name),
                    review_key=item.review_key,
                    answer_id=item.answer_id,
                    reviewer=reviewer.name,
                    score=verdict.score,
                    comment=verdict.comment,
                    tags=verdict.tags,
                    position=item.position,
                    created=float(len(history.ratings) + len(found)),
                )
            )
        return found

    def fresh_scores(self, history: History, variant: Variant, seed: int) -> dict[str, float]:
        """Mean of fresh ratings of a variant's answer to each question, by every stand-in reviewer; by question id."""
        needed = [NeededAnswer(question_id=q.id, variant_id=variant.id, sample=FRESH_SEED) for q in self.questions]
        found = {}
        for answer in self.answers(history, needed):
            if answer.error is not None:
                raise SystemExit(f"question {answer.question_id} was not answered: {answer.error}")
            scores = [self._verdict(reviewer, answer, FRESH_SEED + seed).score for reviewer in REVIEWERS]
            found[answer.question_id] = sum(scores) / len(scores)
        return found

    def _verdict(self, reviewer: Reviewer, answer: Answer, seed: int) -> Any:
        question = next(question for question in self.questions if question.id == answer.question_id)
        chunks = [self.index.chunks[chunk_id] for chunk_id in answer.chunk_ids]
        passages = [SeenPassage(text=chunk.text, source=chunk.document_path) for chunk in chunks]
        return rate_answer(reviewer, question, answer, passages, seed=seed)


@contextmanager
def stand_in_model() -> Iterator[Endpoint]:
    """Run the stand-in model for the time of the `with` block."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "redraft.standins.openai_server", "--dir", folder]
        server = subprocess.Popen([*command, "--exit-with-parent", str(os.getpid())], stdout=subprocess.DEVNULL)
        discovery = Path(folder) / "server.json"
        while not discovery.exists():
            if server.poll() is not None:
                raise SystemExit("the stand-in model did not start")
            time.sleep(0.05)
        base_url = json.loads(discovery.read_text())["base_url"]
        try:
            yield Endpoint(base_url=base_url, api_key="stand-in", name="stand-in")
        finally:
            server.terminate()
            server.wait(10)


@contextmanager
def opened(
    corpus: Path, questions: Path, *, target: str = "answer", seed_prompts: tuple[Prompt, Prompt] | None = None
) -> Iterator[Setting]:
    """Start the stand-in model and index a docs folder, for the time of the `with` block.

    Args:
        corpus: Docs folder.
        questions: File of example questions.
        target: Which of the two prompts is improved.
        seed_prompts: Answer and extract prompt to start from; None: the demo's.
    """
    config, log = load_config(ROOT / "configs" / "demo.yaml", {"write.target": target}), ForgetfulLog()
    documents = read_documents(corpus, config.docs).documents
    chunks = [chunk for document in documents for chunk in split_document(document, config.index)]
    with stand_in_model() as endpoint, tempfile.TemporaryDirectory() as folder:
        embedder = Embedder(
            endpoint,
            config.run.embedding_model,
            batch_size=128,
            max_concurrency=4,
            timeout_s=60,
            max_retries=3,
            step="bench",
            log=log,
        )
        build_index(chunks, embedder, Path(folder) / "index", parent=None)
        with open_index(Path(folder) / "index") as index:
            yield Setting(
                config=config,
                index=index,
                chat=RememberingChat(endpoint, config.run.chat_model, settings=config.answer, step="bench", log=log),
                embedder=embedder,
                questions=tuple(read_questions(questions)),
                seed_prompts=seed_prompts or read_seed_prompts(ROOT / config.write.seed_prompts),
            )
