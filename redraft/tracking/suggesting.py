"""Suggests questions for pages that no question covers: the newest index, the configured chat model.

    pages = uncovered_pages("redraft", config, asked, history, folder)
    suggested = suggest_questions(pages.pages[:5], asked, config, on_done=print)

Nothing is recorded here: what a person keeps of it is an edit of the set (`redraft.tracking.question_set`).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from redraft.call_log import CallLog
from redraft.errors import InputError, ModelUnavailable
from redraft.learning.history import History
from redraft.learning.suggestions import (
    DocsPage,
    docs_pages,
    read_suggestions,
    suggestion_request,
    uncovered,
    without_copies,
)
from redraft.llm import Ask, ChatModel, ChatReply, chat_endpoint, check_models
from redraft.records import Question
from redraft.settings import Config
from redraft.tracking.embedding import make_embedder
from redraft.tracking.indexes import OpenIndex, newest_index


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncovered:
    """Pages of the newest docs that no question covers."""

    pages: tuple[DocsPage, ...]  # those with most text first
    n_pages: int  # of the docs


@dataclass(frozen=True, slots=True, kw_only=True)
class Suggested:
    """What a model suggested."""

    questions: tuple[Question, ...]  # dev, answerable; the note names the page
    n_copies: int = 0  # suggestions that were left out: they are in the set already, or nearly
    failures: tuple[str, ...] = ()  # why there is nothing for a page, each reason once


def newest_docs(project: str, config: Config) -> str:
    """Id of the task that made the newest index with the configured embedding model.

    Raises:
        InputError: There is none.
    """
    embedder = make_embedder(config.run.embedding_model, config.answer, "suggest", CallLog()).identity
    found = newest_index(project, embedder)
    if found is None:
        raise InputError(
            f"project {project!r} has no index made with {embedder}",
            remedy="a first iteration makes one: `redraft run`",
        )
    return found


def uncovered_pages(index_task: str, asked: Sequence[Question], history: History, folder: Path) -> Uncovered:
    """Find the pages of an index that no question covers.

    Args:
        index_task: From `newest_docs`.
        asked: The set of questions.
        history: With the answers so far.
        folder: Where the index is unpacked for a moment.
    """
    with OpenIndex(index_task, folder) as opened:
        index = opened.index
        pages = docs_pages(index.chunks.values())

        def best(text: str) -> str | None:
            return next((hit.chunk_id for hit in index.best_by_words(text, 1)), None)

        page_of = {chunk.id: chunk.document_path for chunk in index.chunks.values()}
        found = uncovered(pages, asked, history, page_of=page_of, best_by_words=best)
    return Uncovered(pages=found, n_pages=len(pages))


def suggest_questions(
    pages: Sequence[DocsPage],
    asked: Sequence[Question],
    config: Config,
    *,
    seed: int = 0,
    on_done: Callable[[int], None] = lambda _count: None,
) -> Suggested:
    """Let the chat model write a question or two for each page.

    Args:
        pages: One call each.
        asked: The set of questions: its copies are left out.
        config: Which model, and the limits of its calls.
        seed: Another one gives other suggestions.
        on_done: Called with the number of pages that are done.

    Raises:
        ModelError: The model is away, refuses, or did not answer for any page.
    """
    endpoint, model = chat_endpoint(os.environ), config.run.chat_model
    check_models(os.environ, chat_models=[model], embedding_model=None)
    chat = ChatModel(endpoint, model, settings=config.answer, step="suggest", log=CallLog())
    replies = chat.run(lambda ask: _ask_all(pages, ask, config.write.temperature, seed, on_done))
    failures = tuple(dict.fromkeys(reply.error for reply in replies if reply.error))
    if failures and all(reply.error for reply in replies):
        raise ModelUnavailable(f"no suggestion from {model} at {endpoint.name}: {failures[0]}")
    every = [q for page, reply in zip(pages, replies, strict=True) for q in read_suggestions(reply.parsed, page)]
    kept = without_copies(every, asked)
    return Suggested(questions=kept, n_copies=len(every) - len(kept), failures=failures)


async def _ask_all(
    pages: Sequence[DocsPage], ask: Ask, temperature: float, seed: int, on_done: Callable[[int], None]
) -> list[ChatReply]:
    import asyncio

    n_done = 0

    async def one(page: DocsPage) -> ChatReply:
        nonlocal n_done
        reply = await ask(suggestion_request(page, temperature=temperature, seed=seed))
        n_done += 1
        on_done(n_done)
        return reply

    return list(await asyncio.gather(*map(one, pages)))
