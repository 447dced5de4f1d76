"""OpenAI's replies: a completion, its frame, its token counts."""

import hashlib
import json

from redraft.standins.openai_server.protocol import TOKEN, ChatRequest, Json, count_tokens

FINGERPRINT = "redraft-stand-in"


def cut_to_tokens(text: str, limit: int | None) -> tuple[str, bool]:
    """Return at most `limit` tokens of the text, and whether something was cut."""
    if limit is None:
        return text, False
    for count, match in enumerate(TOKEN.finditer(text)):
        if count == limit:
            return text[: match.start()].rstrip(), True
    return text, False


def completion(request: ChatRequest, text: str, *, created: int) -> Json:
    """Build the reply of a chat call that is not streamed."""
    text, was_cut = cut_to_tokens(text, request.max_tokens)
    message: Json = {"role": "assistant", "content": text, "refusal": None}
    reason = "length" if was_cut else end_of(request)
    if request.tool_name is not None:
        call = {"name": request.tool_name, "arguments": text}
        message |= {
            "content": None,
            "tool_calls": [{"id": "call_" + _digest(text), "type": "function", "function": call}],
        }
    choices = [
        {"index": i, "message": message, "logprobs": None, "finish_reason": reason} for i in range(request.choices)
    ]
    return head(request, text, "chat.completion", created) | {"choices": choices, "usage": usage(request, text)}


def end_of(request: ChatRequest) -> str:
    """Why a reply that is complete ends; a forced tool call ends like a text, as OpenAI's does."""
    return "tool_calls" if request.tool_name in request.offered else "stop"


def head(request: ChatRequest, text: str, kind: str, created: int) -> Json:
    """The fields that a completion and each of its chunks begin with."""
    identity = "chatcmpl-demo" + _digest(request.system + request.user + text)
    return {
        "id": identity,
        "object": kind,
        "created": created,
        "model": request.model,
        "system_fingerprint": FINGERPRINT,
    }


def usage(request: ChatRequest, text: str) -> Json:
    """Count the tokens of a call."""
    written = count_tokens(text) * request.choices
    return {
        "prompt_tokens": request.prompt_tokens,
        "completion_tokens": written,
        "total_tokens": request.prompt_tokens + written,
    }


def encode(value: object) -> str:
    """Write JSON the way replies do: readable Chinese, no spaces."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
