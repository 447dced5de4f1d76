"""A chat model that says what it is told to, and remembers what it was asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from redraft.llm import ChatReply, ChatRequest


class FakeChat:
    """Has the interface of `redraft.learning.protocols.Chat`; replies are taken by the kind of the request."""

    def __init__(self) -> None:
        self.requests: list[ChatRequest] = []
        self._replies: dict[str, list[ChatReply]] = {}

    def enqueue(self, kind: str, *replies: dict[str, Any] | str | ChatReply) -> None:
        """Queue replies to requests of a kind: JSON, text where JSON was asked for, or a whole reply."""
        self._replies.setdefault(kind, []).extend(_reply(reply) for reply in replies)

    def ask_many(self, requests: Sequence[ChatRequest], *, progress: str | None = None) -> list[ChatReply]:
        """Answer each request with the next reply of its kind; without one the call fails."""
        del progress
        self.requests += requests
        return [self._next(request.kind) for request in requests]

    def asked(self, kind: str) -> list[ChatRequest]:
        """Return the requests of a kind."""
        return [request for request in self.requests if request.kind == kind]

    def _next(self, kind: str) -> ChatReply:
        queue = self._replies.get(kind)
        return queue.pop(0) if queue else ChatReply(text=None, error=f"nothing was enqueued for {kind}")


def _reply(reply: dict[str, Any] | str | ChatReply) -> ChatReply:
    if isinstance(reply, ChatReply):
        return reply
    if isinstance(reply, str):
        return ChatReply(text=reply, error="the reply is not the JSON that was asked for")
    return ChatReply(text=str(reply), parsed=reply)
