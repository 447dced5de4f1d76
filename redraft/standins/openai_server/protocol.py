"""OpenAI's requests and refusals: what a call may hold, and the body of an error. Knows no role and no passage."""

import re
from dataclasses import dataclass
from typing import Any

CHAT_MODEL = "demo-chat"
EMBEDDING_MODEL = "demo-embed"
MODELS = (CHAT_MODEL, EMBEDDING_MODEL)

Json = dict[str, Any]
"""A decoded JSON object."""

_ROLES = {"system", "developer", "user", "assistant", "tool", "function"}
TOKEN = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af]|[A-Za-z0-9_]{1,5}|[^\sA-Za-z0-9_]")


class ApiError(Exception):
    """A refusal in OpenAI's shape: `{"error": {message, type, param, code}}`."""

    def __init__(self, status: int, message: str, *, code: str | None = None, param: str | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.headers: dict[str, str] = {}
        kinds = {429: "rate_limit_error", 500: "server_error", 503: "server_error"}
        kind = kinds.get(status, "invalid_request_error")
        self.body: Json = {"error": {"message": message, "type": kind, "param": param, "code": code}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """One message of a chat."""

    role: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatRequest:
    """A checked `/v1/chat/completions` request."""

    model: str
    messages: tuple[Message, ...]
    shape_name: str
    """Name of the JSON schema or of the forced tool; empty when plain text is wanted."""
    shape_fields: frozenset[str]
    """Top-level properties that the schema or tool asks for."""
    wants_json: bool
    tool_name: str | None
    """The tool that the reply calls: the forced one, or one that the model chose to call."""
    offered: frozenset[str]
    """Tools that the model may call, or not."""
    stream: bool
    include_usage: bool
    max_tokens: int | None
    choices: int
    variation: str
    """What distinguishes otherwise equal requests: the seed."""

    @property
    def system(self) -> str:
        """The instructions: every system and developer message."""
        return "\n\n".join(m.text for m in self.messages if m.role in {"system", "developer"})

    @property
    def user(self) -> str:
        """The last user message."""
        return next((m.text for m in reversed(self.messages) if m.role == "user"), "")

    @property
    def tool_results(self) -> tuple[str, ...]:
        """What tools returned since the last user message."""
        roles = [m.role for m in self.messages]
        last = max((i for i, role in enumerate(roles) if role == "user"), default=-1)
        return tuple(m.text for m in self.messages[last + 1 :] if m.role == "tool")

    @property
    def prompt_tokens(self) -> int:
        """Tokens of all messages, four extra for each message's frame."""
        return sum(count_tokens(m.text) + 4 for m in self.messages)


def count_tokens(text: str) -> int:
    """Approximate a tokenizer: one a Chinese character or sign, one for each five letters begun.

    >>> count_tokens("Install it, 安装")
    6
    """
    return sum(1 for _ in TOKEN.finditer(text))


def require_model(name: object, expected: str) -> str:
    """Return the model's name; refuse a missing, unknown or unfit one."""
    if not isinstance(name, str) or not name:
        raise ApiError(400, "you must provide a model parameter", param="model")
    if name not in MODELS:
        message = f"The model `{name}` does not exist or you do not have access to it."
        raise ApiError(404, message, code="model_not_found", param="model")
    if name != expected:
        raise ApiError(400, f"The model `{name}` does not serve this endpoint; use `{expected}`.", param="model")
    return name


def parse_chat(body: Json) -> ChatRequest:
    """Check a chat request; every refusal names the parameter."""
    model = require_model(body.get("model"), CHAT_MODEL)
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        code = "missing_required_parameter" if messages is None else "empty_array"
        raise ApiError(400, "Missing required parameter: 'messages'.", code=code, param="messages")
    shape_name, fields, wants_json, tool = _shape(body)
    limit = body.get("max_completion_tokens", body.get("max_tokens"))
    options = body.get("stream_options") or {}
    return ChatRequest(
        model=model,
        messages=tuple(_message(m, i) for i, m in enumerate(messages)),
        shape_name=shape_name,
        shape_fields=fields,
        wants_json=wants_json,
        tool_name=tool,
        offered=_offered(body),
        stream=bool(body.get("stream")),
        include_usage=isinstance(options, dict) and bool(options.get("include_usage")),
        max_tokens=None if limit is None else _whole(limit, "max_tokens", 1, 1_000_000),
        choices=_whole(body.get("n") or 1, "n", 1, 128),
        variation=str(body.get("seed")) if body.get("seed") is not None else "",
    )


def _message(raw: object, index: int) -> Message:
    if not isinstance(raw, dict) or raw.get("role") not in _ROLES:
        raise ApiError(400, f"Invalid value for messages[{index}].role.", param=f"messages[{index}].role")
    content = raw.get("content")
    if isinstance(content, list):
        content = "".join(str(p.get("text", "")) for p in content if isinstance(p, dict))
    if content is not None and not isinstance(content, str):
        raise ApiError(400, f"Invalid type for messages[{index}].content.", param=f"messages[{index}].content")
    return Message(role=str(raw["role"]), text=content or "")


def _whole(value: object, param: str, low: int, high: int) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        message = f"Invalid '{param}': expected an integer between {low} and {high}, got {value!r}."
        raise ApiError(400, message, param=param)
    return value


def _shape(body: Json) -> tuple[str, frozenset[str], bool, str | None]:
    """Read what the reply must look like, from `response_format` or from a forced tool."""
    wanted = body.get("response_format")
    if isinstance(wanted, dict) and wanted.get("type") == "json_schema":
        inner = wanted.get("json_schema")
        if not isinstance(inner, dict) or not inner.get("name"):
            raise ApiError(
                400, "Missing required parameter: 'response_format.json_schema.name'.", param="response_format"
            )
        return str(inner["name"]), _fields(inner.get("schema")), True, None
    if isinstance(wanted, dict) and wanted.get("type") == "json_object":
        return "", frozenset(), True, None
    function = _forced_function(body)
    if function is not None:
        name = str(function.get("name"))
        return name, _fields(function.get("parameters")), True, name
    return "", frozenset(), False, None


def _offered(body: Json) -> frozenset[str]:
    """Names of the tools, if calling one is left to the model."""
    if body.get("tool_choice", "auto") != "auto":
        return frozenset()
    return frozenset(str(function.get("name")) for function in _functions(body))


def _functions(body: Json) -> list[Json]:
    tools = body.get("tools") or []
    return [t["function"] for t in tools if isinstance(t, dict) and isinstance(t.get("function"), dict)]


def _forced_function(body: Json) -> Json | None:
    choice = body.get("tool_choice")
    functions = _functions(body)
    if isinstance(choice, dict):
        asked = (choice.get("function") or {}).get("name")
        return next((f for f in functions if f.get("name") == asked), None)
    return functions[0] if choice == "required" and functions else None


def _fields(schema: object) -> frozenset[str]:
    properties = schema.get("properties") if isinstance(schema, dict) else None
    return frozenset(properties) if isinstance(properties, dict) else frozenset()
