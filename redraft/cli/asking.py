"""`redraft ask`: one question, answered with the published prompt from the newest index."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from redraft.answering.answer import answer_one
from redraft.call_log import CallLog
from redraft.config import ROOT, Config, RetrievalSettings, to_tree
from redraft.corpus.index import open_index
from redraft.errors import InputError, ModelUnavailable
from redraft.learning.history import History
from redraft.llm import ChatModel, chat_endpoint
from redraft.records import Chunk, Prompt, Variant, make_variant
from redraft.tracking.bot import make_embedder
from redraft.tracking.history import find_sources, load_history
from redraft.tracking.indexes import newest_index, unpacked
from redraft.tracking.prepare import read_seed_prompts
from redraft.tracking.registry import current_prompts


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An answer and what it was made from."""

    text: str
    passages: tuple[Chunk, ...]


def answer_question(question: str, project: str, config: Config, folder: Path) -> Answered:
    """Answer with the prompt that was published last; before the first, with the seed prompt.

    Raises:
        InputError: The project has no index for the configured embedding model.
        ModelUnavailable: The model did not answer.
    """
    calls = CallLog()
    embedder = make_embedder(config.run.embedding_model, config.answer, "ask", calls)
    built = newest_index(project, embedder.identity)
    if built is None:
        raise InputError(
            f"project {project!r} has no index made with {embedder.identity}",
            remedy="run `redraft run` or `redraft demo`",
        )
    history = load_history(find_sources(project))
    variant, answer_prompt, extract_prompt = _published(history, config, embedder.identity)
    retrieval = RetrievalSettings(**json.loads(variant.retrieval))
    endpoint = chat_endpoint(os.environ)
    with open_index(unpacked(built, folder / "index")) as index:
        answer = answer_one(
            question,
            index,
            chat=ChatModel(endpoint, variant.chat_model, settings=config.answer, step="ask", log=calls),
            embedder=embedder,
            retrieval=retrieval,
            variant=variant,
            answer_prompt=answer_prompt,
            extract_prompt=extract_prompt,
        )
        passages = tuple(index.chunks[chunk_id] for chunk_id in answer.chunk_ids)
    if answer.text is None:
        raise ModelUnavailable(f"no answer from {variant.chat_model} at {endpoint.name}: {answer.error}")
    return Answered(text=answer.text, passages=passages)


def _published(history: History, config: Config, embedder: str) -> tuple[Variant, Prompt, Prompt]:
    current = current_prompts(history)
    if current is not None:
        return current
    answer, extract = read_seed_prompts(ROOT / config.write.seed_prompts)
    variant = make_variant(
        answer_prompt_id=answer.id,
        extract_prompt_id=extract.id,
        chat_model=config.run.chat_model,
        endpoint=chat_endpoint(os.environ).name,
        sampling=json.dumps({"temperature": config.answer.temperature}),
        retrieval=json.dumps(to_tree(config.retrieval), sort_keys=True),
        embedder=embedder,
    )
    return variant, answer, extract
