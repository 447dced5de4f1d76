"""Chunks and questions as short as they can be, and a chat model at the crafted server."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from crafted_server import CraftedServer

from redraft.call_log import CallLog
from redraft.config import load_config
from redraft.llm import ChatModel, chat_endpoint
from redraft.records import Chunk, Question, content_id


@pytest.fixture
def chunk() -> Callable[..., Chunk]:
    def make(text: str, path: str = "guide/install.md", heading: str = "Install > Linux") -> Chunk:
        return Chunk(
            id=content_id("c", path, heading, text), document_path=path, heading_path=heading, text=text, ordinal=0
        )

    return make


@pytest.fixture
def question() -> Callable[..., Question]:
    def make(text: str = "How do I install it?", **fields: Any) -> Question:
        return Question(id=content_id("q", text), text=text, **fields)

    return make


@pytest.fixture
def log() -> CallLog:
    return CallLog()


@pytest.fixture
def make_chat(crafted_server: CraftedServer, log: CallLog) -> Callable[..., ChatModel]:
    def make(**settings: Any) -> ChatModel:
        endpoint = chat_endpoint({"OPENAI_BASE_URL": crafted_server.base_url})
        answer = replace(load_config().answer, **({"timeout_s": 10.0, "max_retries": 0} | settings))
        return ChatModel(endpoint, "model-a", settings=answer, step="answer", log=log)

    return make
