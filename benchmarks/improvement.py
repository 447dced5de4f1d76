"""Does the loop find a better prompt? Seeds in one process: the method with the stand-ins, without the pipeline.

    python benchmarks/improvement.py --seeds 10 --json improvement.json

For each seed: three iterations of 24 stand-in ratings from the seed prompt on `data/`, then fresh stand-in ratings of
the seed prompt's and of the published prompt's answers to the `val` questions, which the writer never saw. The model
and the raters are stand-ins: the figure says that the loop works, nothing about a real model.
"""

from __future__ import annotations

import argparse
import dataclasses
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from redraft.answering.answer import AnswerTask, answer_batch
from redraft.call_log import CallLog
from redraft.cli.reviewers import REVIEWERS, SeenPassage, rate_answer, reviewer_for_slot
from redraft.config import ROOT, Config, load_config, to_tree
from redraft.corpus.chunking import split_document
from redraft.corpus.documents import read_documents
from redraft.corpus.index import Index, build_index, open_index
from redraft.learning.candidates import ModelWriter
from redraft.learning.history import History, current_variant, make_history
from redraft.learning.loop import Iteration, World, run_iteration
from redraft.learning.protocols import NeededAnswer, WriteCandidates
from redraft.learning.rounds import WritingRound
from redraft.llm import ChatModel, Embedder, Endpoint
from redraft.questions import read_questions
from redraft.records import Answer, PlanItem, Prompt, Question, Rating, Variant, content_id, make_variant
from redraft.tracking.prepare import read_seed_prompts

FRESH_SEED = 1_000_000  # fresh ratings share no draw with those that the loop learned from


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What every seed has in common."""

    config: Config
    index: Index
    chat: ChatModel
    embedder: Embedder
    questions: tuple[Question, ...]
    seed_prompts: tuple[Prompt, Prompt]

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

    def answers(self, history: History, needed: Sequence[NeededAnswer]) -> list[Answer]:
        """Make the answers that are needed."""
        by_id = {question.id: question for question in self.questions}
        tasks = [
            AnswerTask(
                question=by_id[each.question_id],
                variant=history.variant(each.variant_id),
                answer_prompt=history.prompt(history.variant(each.variant_id).answer_prompt_id),
                extract_prompt=history.prompt(history.variant(each.variant_id).extract_prompt_id),
                sample=each.sample,
            )
            for each in needed
        ]
        return answer_batch(
            tasks,
            self.index,
            chat=self.chat,
            embedder=self.embedder,
            retrieval=self.config.retrieval,
            run_id="",
            dataset_id="",
        )

    def passages(self, answer: Answer) -> list[SeenPassage]:
        """What the answer was made from, as a reviewer sees it."""
        chunks = [self.index.chunks[chunk_id] for chunk_id in answer.chunk_ids]
        return [SeenPassage(text=chunk.text, source=chunk.document_path) for chunk in chunks]

    def ratings(self, history: History, plan: Sequence[PlanItem], seed: int) -> list[Rating]:
        """Let the stand-in reviewers rate what the plan gives them."""
        found = []
        for item in plan:
            answer, reviewer = history.answers[item.answer_id], reviewer_for_slot(item.reviewer_slot)
            verdict = rate_answer(
                reviewer, history.questions[answer.question_id], answer, self.passages(answer), seed=seed
            )
            found.append(
                Rating(
                    id=content_id("rt", item.review_key, item.answer_id, reviewer.name),
                    review_key=item.review_key,
                    answer_id=item.answer_id,
                    reviewer=reviewer.name,
                    score=verdict.score,
                    comment=verdict.comment,
                    created=float(len(history.ratings) + len(found)),
                )
            )
        return found

    def fresh_mean(self, history: History, variant: Variant, seed: int) -> float:
        """Mean of fresh ratings of a variant's answers to the val questions, by every stand-in reviewer."""
        val = [question for question in self.questions if question.split == "val"]
        needed = [NeededAnswer(question_id=q.id, variant_id=variant.id, sample=FRESH_SEED) for q in val]
        answers = self.answers(history, needed)
        by_id = {question.id: question for question in val}
        scores = [
            rate_answer(
                reviewer, by_id[answer.question_id], answer, self.passages(answer), seed=FRESH_SEED + seed
            ).score
            for answer in answers
            for reviewer in REVIEWERS
        ]
        return sum(scores) / len(scores)


def run_seed(
    setting: Setting, seed: int, iterations: int, write: WriteCandidates | None = None
) -> dict[str, float | int]:
    """Run the loop from the seed prompt; return fresh ratings of both prompts."""
    history = make_history([*setting.questions, *setting.seed_prompts, setting.seed_variant])
    for number in range(1, iterations + 1):
        drawn = seed * 1000 + number
        world = World(
            write=write or ModelWriter(setting.chat),
            answer=setting.answers,
            rate=lambda known, plan, drawn=drawn: setting.ratings(known, plan, drawn),  # type: ignore[misc]
        )
        history = run_iteration(history, make_iteration(setting, number, drawn), world)
    published = current_variant(history, setting.seed_variant)
    before = setting.fresh_mean(history, setting.seed_variant, seed)
    after = setting.fresh_mean(history, published, seed)
    return {"seed": seed, "before": before, "after": after, "gain": after - before, "ratings": len(history.ratings)}


def make_iteration(setting: Setting, number: int, seed: int) -> Iteration:
    """What iteration `number` is given."""
    config = setting.config
    return Iteration(
        writing=WritingRound(
            questions=setting.questions,
            seed_variant=setting.seed_variant,
            seed_prompts=setting.seed_prompts,
            settings=config.write,
            n_candidates=config.run.candidates,
            writer_model=config.run.chat_model,
            interval=config.score.interval,
            seed=seed,
        ),
        index_id=setting.index.id,
        plan=dataclasses.replace(config.plan),
        ratings=config.run.ratings,
        promote="auto",
        now=float(number),
    )


@contextmanager
def opened(corpus: Path, questions: Path) -> Iterator[Setting]:
    """Start the stand-in model and index a docs folder, for the time of the `with` block."""
    config, log = load_config(ROOT / "configs" / "demo.yaml"), CallLog()
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
                chat=ChatModel(endpoint, config.run.chat_model, settings=config.answer, step="bench", log=log),
                embedder=embedder,
                questions=tuple(read_questions(questions)),
                seed_prompts=read_seed_prompts(ROOT / config.write.seed_prompts),
            )


def main() -> None:
    """Run all seeds and print a row each."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=10, help="how many (default 10)")
    parser.add_argument("--iterations", type=int, default=3, help="iterations of each (default 3)")
    parser.add_argument("--corpus", type=Path, default=ROOT / "data" / "docs", help="docs folder")
    parser.add_argument("--questions", type=Path, default=ROOT / "data" / "questions.jsonl", help="example questions")
    parser.add_argument("--json", type=Path, help="file for the figures")
    options = parser.parse_args()
    rows = []
    with opened(options.corpus, options.questions) as setting:
        for seed in range(options.seeds):
            row = run_seed(setting, seed, options.iterations)
            rows.append(row)
            print("  ".join(f"{key} {value:.2f}" for key, value in row.items()), flush=True)
    better = sum(row["gain"] >= 0.5 for row in rows)
    print(f"gain >= 0.5 rating points: {better} of {len(rows)}")
    if options.json:
        options.json.write_text(json.dumps({"rows": rows, "gain_at_least_half": better}, indent=2) + "\n")


if __name__ == "__main__":
    main()
