"""A chat model and an embedder at the crafted server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from crafted_server import CraftedServer

from redraft.call_log import CallLog
from redraft.config import load_config
from redraft.llm import ChatModel, ChatRequest, Embedder, chat_endpoint, embedding_endpoint

KEY = "sk-secret-of-this-test"


@pytest.fixture
def log() -> CallLog:
    return CallLog()


@pytest.fixture
def make_chat(crafted_server: CraftedServer, log: CallLog) -> Callable[..., ChatModel]:
    def make(model: str = "model-a", **settings: Any) -> ChatModel:
        endpoint = chat_endpoint({"OPENAI_BASE_URL": crafted_server.base_url, "OPENAI_API_KEY": KEY})
        answer = replace(load_config().answer, **({"timeout_s": 10.0, "max_retries": 1} | settings))
        return ChatModel(endpoint, model, settings=answer, step="test", log=log)

    return make


@pytest.fixture
def make_embedder(crafted_server: CraftedServer, log: CallLog) -> Callable[..., Embedder]:
    def make(**options: Any) -> Embedder:
        endpoint = embedding_endpoint({"OPENAI_BASE_URL": crafted_server.base_url, "OPENAI_API_KEY": KEY})
        options = {"batch_size": 2, "max_concurrency": 2, "timeout_s": 10.0, "max_retries": 1} | options
        return Embedder(endpoint, "model-e", step="test", log=log, **options)

    return make


@pytest.fixture
def ask() -> Callable[..., ChatRequest]:
    def make(user: str = "Hello", **fields: Any) -> ChatRequest:
        return ChatRequest(**({"kind": "answer", "system": "Be brief.", "user": user, "temperature": 0.0} | fields))

    return make
