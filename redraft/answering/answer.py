"""A batch of answers: retrieve, copy out what helps, answer from that, check. Failed ones are records too.

Both stages share one pool of slots: a question's answer call starts as soon as its extracts are there, not when
everybody's are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from redraft.answering.calculator import calculator_tool
from redraft.answering.checks import check_answer
from redraft.answering.extract import Extraction, extract_request, kept_passages, read_extracts
from redraft.answering.messages import system_message, user_message
from redraft.llm import Ask, ChatModel, ChatReply, ChatRequest, Embedder, progress_bar
from redraft.records import Answer, Checks, Chunk, Prompt, Question, Variant, answer_id
from redraft.settings import RetrievalSettings

if TYPE_CHECKING:
    from redraft.corpus.index import Index


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerTask:
    """One answer to make."""

    question: Question
    variant: Variant
    answer_prompt: Prompt
    extract_prompt: Prompt
    sample: int = 0  # how many times this variant answered this question on this index before


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What the answers of a batch have in common."""

    run_id: str
    dataset_id: str
    index_id: str
    temperature: float
    calculator: bool = False  # the model may use it


def answer_batch(  # noqa: PLR0913 - the parts of a variant and the identities that an answer carries
    tasks: Sequence[AnswerTask],
    index: Index,
    *,
    chat: ChatModel,
    embedder: Embedder,
    retrieval: RetrievalSettings,
    run_id: str,
    dataset_id: str,
) -> list[Answer]:
    """Answer every task, in the order of the tasks.

    Args:
        tasks: All for the same chat model; tasks that share question and extract prompt share the extracts.
        index: Where passages come from.
        chat: The model that copies out and answers.
        embedder: For the questions.
        retrieval: Which passages.
        run_id: The pipeline task's.
        dataset_id: The docs version's.

    Returns:
        An answer a task; one that failed has `error` set and no text. Tokens, cost and latency are of both stages,
        as if each answer had been made alone; what was really spent is in the call log.

    Raises:
        ModelError: The questions cannot be embedded.
    """
    from redraft.corpus.retrieval import retrieve

    questions = {task.question.id: task.question.text for task in tasks}
    if not questions:
        return []
    found = retrieve(index, list(questions.values()), embedder, retrieval)
    chunks = {
        question_id: tuple(passage.chunk for passage in passages)
        for question_id, passages in zip(questions, found, strict=True)
    }
    place = Place(
        run_id=run_id,
        dataset_id=dataset_id,
        index_id=index.id,
        temperature=chat.settings.temperature,
        calculator=chat.settings.calculator,
    )
    return answer_from(tasks, chunks, chat=chat, place=place)


def answer_from(
    tasks: Sequence[AnswerTask], chunks: Mapping[str, Sequence[Chunk]], *, chat: ChatModel, place: Place
) -> list[Answer]:
    """Answer from chunks that were retrieved already, by question id."""

    async def flow(ask: Ask) -> list[Answer]:
        extractions: dict[tuple[str, str], asyncio.Task[Extraction]] = {}
        for task in tasks:  # all of them are queued before the first answer call: see `ChatModel.run`
            key = (task.question.id, task.extract_prompt.id)
            if key not in extractions:
                extractions[key] = asyncio.create_task(_extract(ask, task, chunks[task.question.id], place))
        with progress_bar("answers", len(tasks)) as bar:

            async def one(task: AnswerTask) -> Answer:
                extraction = await extractions[task.question.id, task.extract_prompt.id]
                answer = await _answer(ask, task, chunks[task.question.id], extraction, place)
                bar.update()
                return answer

            return list(await asyncio.gather(*map(one, tasks)))

    return chat.run(flow)


def too_many_failed(answers: Sequence[Answer], max_share: float) -> str | None:
    """Say why the step must fail, if more than this share of its answers failed.

    >>> too_many_failed([], 0.2) is None
    True
    """
    failed = [answer.error for answer in answers if answer.error is not None]
    if not failed or len(failed) <= max_share * len(answers):
        return None
    commonest = max(dict.fromkeys(failed), key=failed.count)
    return (
        f"{len(failed)} of {len(answers)} answers failed, more than answer.max_failed_share = {max_share:g} allows; "
        f"{failed.count(commonest)} of them: {commonest}"
    )


async def _extract(ask: Ask, task: AnswerTask, chunks: Sequence[Chunk], place: Place) -> Extraction:
    if not chunks:
        return Extraction()
    request = extract_request(task.extract_prompt, task.question, chunks, place.temperature)
    return read_extracts(await ask(request), chunks)


async def _answer(ask: Ask, task: AnswerTask, chunks: Sequence[Chunk], extraction: Extraction, place: Place) -> Answer:
    if extraction.error is not None:
        return _record(task, chunks, extraction, None, place)
    request = ChatRequest(
        kind="answer",
        system=system_message(task.answer_prompt.text),
        user=user_message(kept_passages(chunks, extraction.extracts), task.question.text),
        question_id=task.question.id,
        variant_id=task.variant.id,
        temperature=place.temperature,
        seed=task.sample or None,  # a second sample must be able to differ
        tools=(calculator_tool(),) if place.calculator else (),
    )
    return _record(task, chunks, extraction, await ask(request), place)


def _record(
    task: AnswerTask, chunks: Sequence[Chunk], extraction: Extraction, reply: ChatReply | None, place: Place
) -> Answer:
    replies = [each for each in (extraction.reply, reply) if each is not None]
    error = f"extract: {extraction.error}" if extraction.error is not None else reply.error if reply else None
    costs = [each.cost_usd for each in replies]
    text = reply.text if reply is not None and error is None else None
    checks, sources = Checks(extracts_dropped=extraction.dropped), tuple[str, ...]()
    if text is not None:
        computed = [use.result for use in reply.used] if reply is not None else []
        checks, sources = check_answer(text, task.question, chunks, extraction.dropped, computed)
    return Answer(
        id=answer_id(task.variant.id, task.question.id, place.index_id, task.sample),
        run_id=place.run_id,
        variant_id=task.variant.id,
        question_id=task.question.id,
        dataset_id=place.dataset_id,
        index_id=place.index_id,
        sample=task.sample,
        chunk_ids=tuple(chunk.id for chunk in chunks),
        extracts=extraction.extracts,
        text=text,
        sources=sources,
        tokens_in=sum(each.tokens_in for each in replies),
        tokens_out=sum(each.tokens_out for each in replies),
        latency_s=sum(each.latency_s for each in replies),
        cost_usd=None if None in costs else sum(cost for cost in costs if cost is not None),
        checks=checks,
        error=error,
    )
