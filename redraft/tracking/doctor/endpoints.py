"""The models: each is asked for a word, the embedding model for a vector, from this machine."""

from __future__ import annotations

import os
from collections.abc import Mapping

from redraft.answering.calculator import calculator_tool
from redraft.llm import chat_endpoint, check_models, embedding_endpoint
from redraft.settings import Config
from redraft.tracking.doctor.finding import Check, Seen, Subject

TIMEOUT_S = 150.0  # two attempts of a minute each: a self-hosted endpoint may have to load the model


def check_endpoints(config: Config) -> None:
    """Ask this machine's model endpoints for the configured models.

    Raises:
        ModelUnavailable: One does not answer.
        ModelRefused: Wrong key, unknown model, or one that takes no tools while `answer.calculator` is on.
    """
    _ask_chat(config, os.environ)
    _embed(config, os.environ)


def chat_models(config: Config) -> tuple[str, ...]:
    """Names of the models that answer and that write prompts."""
    return tuple(dict.fromkeys((config.run.chat_model, config.write.writer_model or config.run.chat_model)))


def look_chat(subject: Subject) -> Seen:
    """Ask each chat model for a word.

    Raises:
        ModelError: It does not answer, or refuses.
    """
    _ask_chat(subject.config, subject.environ)
    return Seen(words=f"{', '.join(chat_models(subject.config))} answered at {chat_endpoint(subject.environ).address}")


def look_embedding(subject: Subject) -> Seen:
    """Embed a word.

    Raises:
        ModelError: It does not answer, or refuses.
    """
    _embed(subject.config, subject.environ)
    where = embedding_endpoint(subject.environ).address
    return Seen(words=f"{subject.config.run.embedding_model} embedded a word at {where}")


def _ask_chat(config: Config, environ: Mapping[str, str]) -> None:
    tools = {config.run.chat_model: (calculator_tool(),)} if config.answer.calculator else {}
    check_models(environ, chat_models=chat_models(config), embedding_model=None, tools=tools)


def _embed(config: Config, environ: Mapping[str, str]) -> None:
    check_models(environ, chat_models=(), embedding_model=config.run.embedding_model)


CHAT = Check(name="chat model", look=look_chat, timeout_s=TIMEOUT_S)
EMBEDDING = Check(name="embedding model", look=look_embedding, timeout_s=TIMEOUT_S)
