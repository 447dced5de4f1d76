"""Tools: what a chat model may have this machine do in the middle of an answer, by OpenAI's tool calling."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from redraft.llm.requests import EMPTY, ChatReply, Tool, ToolUse

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage, BaseMessage

MOST_CALLS = 4  # of tools, in one answer
NONE_LEFT = f"error: more than {MOST_CALLS} calls in one answer; answer with what there is"
NOT_JSON = "error: the arguments are not JSON"


class Exchange:
    """What a model and its tools say to each other before the reply: tool calls, their results."""

    def __init__(self, tools: tuple[Tool, ...]) -> None:
        self._tools = {tool.name: tool for tool in tools}
        self._replies: list[ChatReply] = []
        self._uses: list[ToolUse] = []
        self.messages: list[BaseMessage] = []  # that follow the question

    @property
    def options(self) -> dict[str, Any]:
        """The parameters of the next call; once all tool calls are used, the model is to answer."""
        if not self._tools:
            return {}
        spent = len(self._uses) >= MOST_CALLS
        return {"tools": [described(tool) for tool in self._tools.values()]} | (
            {"tool_choice": "none"} if spent else {}
        )

    @property
    def said(self) -> tuple[tuple[str, str], ...]:
        """The messages as (role, text), for the call log."""
        return tuple(
            ("tool", str(message.content)) if message.type == "tool" else ("assistant", calls_text(message))
            for message in self.messages
        )

    def go_on(self, message: AIMessage | None, reply: ChatReply) -> bool:
        """Take a reply; do what it asks of the tools. False: it asks for nothing, it is the answer."""
        self._replies.append(reply)
        asked = [*message.tool_calls, *message.invalid_tool_calls] if message is not None and self._tools else []
        if not asked or message is None or reply.error is not None:
            return False
        if len(self._uses) >= MOST_CALLS:
            if reply.text is None:
                self._replies[-1] = replace(reply, error=f"{EMPTY} (it asks for a tool once more)")
            return False
        from langchain_core.messages import ToolMessage

        self.messages.append(message)
        for wanted in asked:
            result = self._use(str(wanted["name"]), wanted["args"])
            self.messages.append(ToolMessage(content=result, tool_call_id=wanted["id"] or ""))
        return True

    def total(self) -> ChatReply:
        """The last reply, with the tokens, cost, time and tool results of all."""
        costs = [reply.cost_usd for reply in self._replies]
        return replace(
            self._replies[-1],
            tokens_in=sum(reply.tokens_in for reply in self._replies),
            tokens_out=sum(reply.tokens_out for reply in self._replies),
            cost_usd=None if None in costs else sum(cost for cost in costs if cost is not None),
            latency_s=sum(reply.latency_s for reply in self._replies),
            retries=sum(reply.retries for reply in self._replies),
            used=tuple(self._uses),
        )

    def _use(self, name: str, arguments: object) -> str:
        if len(self._uses) >= MOST_CALLS:
            return NONE_LEFT
        if not isinstance(arguments, Mapping):
            result = NOT_JSON
        elif name not in self._tools:
            result = f"error: there is no tool {name!r}, only {', '.join(self._tools)}"
        else:
            run: Callable[[Mapping[str, Any]], str] = self._tools[name].run
            result = run(arguments)
        self._uses.append(ToolUse(tool=name, result=result))
        return result


def calls_text(message: Any) -> str:
    """Write the tool calls of a message as a line each."""
    calls = [*message.tool_calls, *message.invalid_tool_calls]
    return "\n".join(f"{call['name']}({json.dumps(call['args'], ensure_ascii=False)})" for call in calls)


def described(tool: Tool) -> dict[str, Any]:
    """Describe a tool as the parameter `tools` takes it."""
    function = {"name": tool.name, "description": tool.description, "parameters": dict(tool.parameters)}
    return {"type": "function", "function": function}
