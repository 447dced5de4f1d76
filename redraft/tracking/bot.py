"""The bot inside a step: its index, its models and its settings, opened from what the step was given."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from redraft.answering.answer import AnswerTask, answer_batch
from redraft.call_log import CallLog
from redraft.config import to_tree
from redraft.corpus.index import Index, chroma_server, open_index
from redraft.errors import LaunchError
from redraft.learning.history import History
from redraft.learning.rounds import WritingRound
from redraft.learning.smoke import SmokeTrials, smoke_questions
from redraft.llm import ChatModel, Embedder, chat_endpoint
from redraft.records import Answer, Prompt, Variant, make_variant
from redraft.settings import AnswerSettings, RetrievalSettings
from redraft.tracking.embedding import make_embedder
from redraft.tracking.indexes import unpacked
from redraft.tracking.step import Step, results_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Bot:
    """Everything that answers are made with."""

    index: Index
    chat: ChatModel
    embedder: Embedder
    retrieval: RetrievalSettings
    answer: AnswerSettings
    chat_model: str
    endpoint: str
    run_id: str
    dataset_id: str

    def answer_all(self, tasks: Sequence[AnswerTask]) -> list[Answer]:
        """Answer a batch."""
        return answer_batch(
            tasks,
            self.index,
            chat=self.chat,
            embedder=self.embedder,
            retrieval=self.retrieval,
            run_id=self.run_id,
            dataset_id=self.dataset_id,
        )


def open_bot(step: Step, folder: Path, calls: CallLog) -> Bot:
    """Open the bot that a step's parameters describe.

    Raises:
        LaunchError: This machine's model endpoint is not the one that the run was started for.
    """
    endpoint = chat_endpoint(os.environ)
    wanted = step.args.get("chat_endpoint")
    if wanted and wanted != endpoint.name:
        raise LaunchError(
            f"this run was started for the model endpoint {wanted}, but here it is {endpoint.name}",
            remedy="give controller and agents the same OPENAI_BASE_URL",
        )
    answer: AnswerSettings = step.sections["answer"]
    return Bot(
        index=open_index(unpacked(step.args["index_task"], folder / "index"), chroma_server(os.environ)),
        chat=ChatModel(endpoint, step.args["chat_model"], settings=answer, step=step.name, log=calls),
        embedder=make_embedder(step.args["embedding_model"], answer, step.name, calls),
        retrieval=step.sections["retrieval"],
        answer=answer,
        chat_model=step.args["chat_model"],
        endpoint=endpoint.name,
        run_id=step.pipeline_id,
        dataset_id=results_of(step.args["index_task"])["dataset_id"],
    )


def sampling_of(answer: AnswerSettings) -> str:
    """What of the settings makes other answers, and so another variant; a calculator that is off is not named."""
    return json.dumps(({"calculator": True} if answer.calculator else {}) | {"temperature": answer.temperature})


def present_variant(bot: Bot, answer_prompt: Prompt, extract_prompt: Prompt) -> Variant:
    """Two prompts under the present model and retrieval settings, as a variant without parent."""
    return make_variant(
        answer_prompt_id=answer_prompt.id,
        extract_prompt_id=extract_prompt.id,
        chat_model=bot.chat_model,
        endpoint=bot.endpoint,
        sampling=sampling_of(bot.answer),
        retrieval=json.dumps(to_tree(bot.retrieval), sort_keys=True),
        embedder=bot.embedder.identity,
    )


def smoke_trials(bot: Bot, history: History, task: WritingRound) -> SmokeTrials | None:
    """Let candidates be tried on a few dev questions before people see them; None: on no question."""
    known = history.add([task.seed_variant, *task.seed_prompts, *task.questions])
    asked = [known.questions[question.id] for question in task.questions]  # `val` if it ever was
    questions = smoke_questions(asked, task.settings.smoke_questions, seed=task.seed)
    if not questions:
        return None
    return SmokeTrials(questions=questions, history=known, answer=bot.answer_all)
