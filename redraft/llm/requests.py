"""What a chat model is asked and what comes back, and which parameters an endpoint may turn out to refuse."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from redraft.llm.structured import response_format

NOT_JSON = "the reply is not the JSON that was asked for"
EMPTY = "the reply is empty"
DECLINED = "the model declined to answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """Something that the model may have done while it answers."""

    name: str
    description: str  # for the model
    parameters: Mapping[str, Any]  # JSON schema of its arguments
    run: Callable[[Mapping[str, Any]], str]  # arguments (a model's: data) -> result; never raises


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolUse:
    """One use of a tool."""

    tool: str
    result: str  # begins with "error: " if there is none


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """One question to a chat model."""

    kind: str  # extract, answer, write, themes, judge: for the call log
    system: str
    user: str
    question_id: str | None = None
    variant_id: str | None = None
    schema: Mapping[str, Any] | None = None  # JSON schema of the reply; its "title" is its name. None: plain text
    temperature: float
    seed: int | None = None
    tools: tuple[Tool, ...] = ()  # not together with a schema


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatReply:
    """What came back: text, or an error, or both where the text is not the JSON that was asked for."""

    text: str | None
    parsed: dict[str, Any] | None = None
    tokens_in: int = 0
    tokens_out: int = 0
    cost_usd: float | None = None
    latency_s: float = 0.0  # from the first attempt to the end of the last, waits between them included
    retries: int = 0  # HTTP attempts beyond the first
    error: str | None = None
    used: tuple[ToolUse, ...] = ()  # tools, in the order of their use

    @property
    def came(self) -> bool:
        """Whether the model replied at all, be it with nothing: a call that failed says nothing of the model."""
        return self.text is not None or self.parsed is not None or (self.error or "").startswith((EMPTY, DECLINED))


def options(request: ChatRequest, left_out: frozenset[str]) -> dict[str, Any]:
    """List the optional parameters of a call, but for those that the endpoint is known to refuse."""
    wanted: dict[str, Any] = {"temperature": request.temperature}
    if request.seed is not None:
        wanted["seed"] = request.seed
    if request.schema is not None:
        wanted["response_format"] = response_format(request.schema)
    return {name: value for name, value in wanted.items() if name not in left_out}


def blamed(message: str, code: str | None, options: Mapping[str, Any]) -> str | None:
    """Guess which optional parameter a 400 is about.

    Reasoning models refuse `temperature`; many servers refuse `response_format`, and say so in words of their own.
    """
    message = message.lower()
    if code == "context_length_exceeded" or "context length" in message:
        return None
    for name in ("temperature", "seed"):
        if name in options and name in message:
            return name
    return "response_format" if "response_format" in options else None
