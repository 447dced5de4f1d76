r"""What people asked, what the bot answered and its system prompt, out of what tracing tools store as input and output.

Tools store a text, or what a function was called with: {"question": "..."}, a list of chat messages, {"args": [...]},
{"messages": [...]}, a completion {"choices": [{"message": ...}]}. In CSV files the same is JSON in a cell. What cannot
be told is None: then somebody has to name the part (--map question=input.request.text).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from redraft.learning.import_joins import flat

QUESTION_KEYS = ("question", "query", "user_input", "user_query", "input", "prompt", "text", "message", "content")
ANSWER_KEYS = ("answer", "output", "response", "completion", "result", "generation", "text", "message", "content")
USER, BOT, SYSTEM = ("user", "human"), ("assistant", "ai"), ("system", "developer")


def parsed(value: Any) -> Any:
    """A value, read as JSON if it is a text that holds an object or a list.

    >>> parsed('{"a": 1}'), parsed("[1]"), parsed("[sic]"), parsed("1")
    ({'a': 1}, [1], '[sic]', '1')
    """
    if isinstance(value, str) and value.strip()[:1] in ("{", "["):
        try:
            return json.loads(value)
        except (ValueError, RecursionError):
            return value
    return value


def question_text(value: Any) -> str | None:
    """What was asked.

    >>> question_text('[{"role": "system", "content": "Be brief."}, {"role": "user", "content": "How?"}]')
    'How?'
    >>> question_text({"args": ["How?"], "kwargs": {}}), question_text({"a": 1, "b": 2})
    ('How?', None)
    """
    return _text(parsed(value), QUESTION_KEYS, USER)


def answer_text(value: Any) -> str | None:
    """What was answered.

    >>> answer_text({"choices": [{"message": {"role": "assistant", "content": "So."}}]})
    'So.'
    """
    return _text(parsed(value), ANSWER_KEYS, BOT)


def system_text(value: Any) -> str | None:
    """The system message of a chat; None: there is none.

    >>> system_text({"messages": [{"role": "system", "content": "Be brief."}]}), system_text("How?")
    ('Be brief.', None)
    """
    value = parsed(value)
    if isinstance(value, Mapping):
        value = value.get("messages")
    return _of_role(value, SYSTEM) if _is_chat(value) else None


def _text(value: Any, keys: Sequence[str], roles: Sequence[str], depth: int = 0) -> str | None:
    if isinstance(value, str):
        return flat(value) or None
    if depth > 4 or value is None:
        return None
    if _is_chat(value):
        return _of_role(value, roles)
    if isinstance(value, Sequence):
        parts = [part["text"] for part in value if isinstance(part, Mapping) and isinstance(part.get("text"), str)]
        if parts:  # a message of several parts
            return flat("\n".join(parts)) or None
        return _text(value[-1] if roles is BOT else value[0], keys, roles, depth + 1) if len(value) == 1 else None
    if not isinstance(value, Mapping):
        return None
    for key in ("messages", "choices", "kwargs", "args", *keys):
        found = _text(parsed(value.get(key)), keys, roles, depth + 1) if key in value else None
        if found is not None:
            return found
    return _text(next(iter(value.values())), keys, roles, depth + 1) if len(value) == 1 else None


def _is_chat(value: Any) -> bool:
    return (
        isinstance(value, Sequence)
        and not isinstance(value, str)
        and bool(value)
        and all(isinstance(message, Mapping) and ("role" in message or "type" in message) for message in value)
        and any(_role(message) in (*USER, *BOT, *SYSTEM) for message in value)
    )


def _of_role(messages: Sequence[Mapping[str, Any]], roles: Sequence[str]) -> str | None:
    """The last message of a role; the system message is the first."""
    found = [message.get("content") for message in messages if _role(message) in roles]
    return None if not found else _text(found[0 if roles is SYSTEM else -1], ("text",), roles, 1)


def _role(message: Mapping[str, Any]) -> str:
    return str(message.get("role") or message.get("type")).lower()
