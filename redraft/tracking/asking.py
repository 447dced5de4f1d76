"""The bot outside any run: a question, answered with the published prompt or with any other, from the newest index.

`redraft ask` and the page Ask use it. Nothing is recorded here: what people think of an answer is (`feedback`).
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

from redraft.answering.answer import AnswerTask, answer_batch
from redraft.call_log import CallLog
from redraft.errors import InputError, ModelUnavailable
from redraft.llm import ChatModel, chat_endpoint
from redraft.records import Answer, Chunk, Question, Variant, content_id
from redraft.settings import Config, RetrievalSettings
from redraft.tracking.askable import Choice, asking_embedder, published_choice
from redraft.tracking.history import find_sources, load_history
from redraft.tracking.indexes import OpenIndex, newest_index

MAX_QUESTION_CHARS = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """An answer and what it was made from."""

    question: str
    text: str
    passages: tuple[Chunk, ...]
    answer: Answer
    choice: Choice


def answer_question(question: str, project: str, config: Config, folder: Path) -> Answered:
    """Answer with the prompt that was published last; before the first, with the seed prompt.

    Args:
        question: Of at most `MAX_QUESTION_CHARS` characters.
        project: ClearML project of the runs.
        config: Which models, and what the seed prompt is asked with.
        folder: An empty one, for the index.

    Raises:
        InputError: The project has no index for the configured embedding model; or see `check_question`.
        ModelError: The model did not answer.
    """
    asked = check_question(question)
    with OpenIndex(find_index(project, config), folder) as index:
        return ask(asked, [published_choice(load_history(find_sources(project)), config)], index, config)[0]


def check_question(text: str) -> str:
    """Return a question without the space around it.

    Raises:
        InputError: It is empty, or too long.
    """
    question = text.strip()
    if not question:
        raise InputError("the question is empty", remedy="write one")
    if len(question) > MAX_QUESTION_CHARS:
        raise InputError(
            f"the question has {len(question):,} characters, {MAX_QUESTION_CHARS:,} are the most", remedy="shorten it"
        )
    return question


def find_index(project: str, config: Config) -> str:
    """Id of the task that made the project's newest index with the configured embedding model.

    Raises:
        InputError: There is none.
    """
    embedder = asking_embedder(config).identity
    built = newest_index(project, embedder)
    if built is None:
        raise InputError(
            f"project {project!r} has no index made with {embedder}", remedy="run `redraft run` or `redraft demo`"
        )
    return built


def ask(question: str, asked: Sequence[Choice], index: OpenIndex, config: Config) -> tuple[Answered, ...]:
    """Ask several variants the same question; each with its own model, temperature and retrieval settings.

    The model endpoint is this machine's present one, whatever a variant was judged with; so is the index.

    Args:
        question: From `check_question`.
        asked: One or more.
        index: Made with the configured embedding model.
        config: Limits of the calls; retrieval settings that a variant does not name.

    Returns:
        The answers in the order of `asked`.

    Raises:
        ModelError: The endpoint cannot be used, or one of them did not answer: then nobody's answer counts.
    """
    given: dict[str, Answer] = {}
    for settings in dict.fromkeys(map(_settings, asked)):  # those that share all settings share the extracts too
        alike = [choice for choice in asked if _settings(choice) == settings]
        given |= {answer.variant_id: answer for answer in _ask_alike(question, alike, index, config)}
    failed = [(choice, given[choice.variant.id].error) for choice in asked if given[choice.variant.id].text is None]
    if failed:
        where = chat_endpoint(os.environ).name
        said = dict.fromkeys(f"no answer from {choice.variant.chat_model} at {where}: {why}" for choice, why in failed)
        raise ModelUnavailable(
            "; ".join(said), remedy="ask again, or see that OPENAI_BASE_URL is an endpoint that has this model"
        )
    return tuple(_answered(question, choice, given[choice.variant.id], index) for choice in asked)


def _ask_alike(question: str, alike: Sequence[Choice], index: OpenIndex, config: Config) -> list[Answer]:
    variant, calls = alike[0].variant, CallLog()
    sampling = {"temperature": config.answer.temperature, **json.loads(variant.sampling or "{}")}
    settings = replace(
        config.answer, temperature=float(sampling["temperature"]), calculator=bool(sampling.get("calculator"))
    )
    wanted = Question(id=content_id("q", question), text=question)
    return answer_batch(
        [
            AnswerTask(
                question=wanted, variant=c.variant, answer_prompt=c.answer_prompt, extract_prompt=c.extract_prompt
            )
            for c in alike
        ],
        index.index,
        chat=ChatModel(chat_endpoint(os.environ), variant.chat_model, settings=settings, step="ask", log=calls),
        embedder=asking_embedder(config, calls),
        retrieval=_retrieval(variant, config),
        run_id="",
        dataset_id=index.dataset_id,
    )


def _answered(question: str, choice: Choice, answer: Answer, index: OpenIndex) -> Answered:
    passages = tuple(index.index.chunks[chunk_id] for chunk_id in answer.chunk_ids)
    return Answered(question=question, text=answer.text or "", passages=passages, answer=answer, choice=choice)


def _settings(choice: Choice) -> tuple[str, str, str]:
    return choice.variant.chat_model, choice.variant.sampling, choice.variant.retrieval


def _retrieval(variant: Variant, config: Config) -> RetrievalSettings:
    """A variant's own; one of another Redraft may lack some, or have others."""
    known = {field.name for field in fields(RetrievalSettings)}
    own = {name: value for name, value in json.loads(variant.retrieval or "{}").items() if name in known}
    return replace(config.retrieval, **own)
