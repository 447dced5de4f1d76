"""A chat reply as server-sent events, and the broken stream that fault injection asks for."""

import re
from collections.abc import Iterator

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from redraft.standins.openai_server.protocol import ChatRequest, Json
from redraft.standins.openai_server.replies import cut_to_tokens, encode, end_of, head, usage

_PIECE = re.compile(r"\S{1,12}\s*|\s+")


def events(request: ChatRequest, text: str, *, created: int) -> Iterator[str]:
    """Yield the events of a streamed reply: role, pieces of text, reason, usage if asked for, `[DONE]`."""
    text, was_cut = cut_to_tokens(text, request.max_tokens)
    frame = head(request, text, "chat.completion.chunk", created)
    if request.include_usage:
        frame["usage"] = None

    def event(delta: Json, reason: str | None = None) -> str:
        choices = [
            {"index": i, "delta": delta, "logprobs": None, "finish_reason": reason} for i in range(request.choices)
        ]
        return f"data: {encode(frame | {'choices': choices})}\n\n"

    yield event({"role": "assistant", "content": ""})
    for number, piece in enumerate(_PIECE.findall(text)):
        yield event(_tool_delta(request.tool_name, piece, number) if request.tool_name else {"content": piece})
    yield event({}, "length" if was_cut else end_of(request))
    if request.include_usage:
        yield f"data: {encode(frame | {'choices': [], 'usage': usage(request, text)})}\n\n"
    yield "data: [DONE]\n\n"


def _tool_delta(name: str, piece: str, number: int) -> Json:
    function: Json = {"arguments": piece}
    call: Json = {"index": 0, "function": function}
    if number == 0:
        function["name"] = name
        call |= {"id": "call_demo", "type": "function"}
    return {"tool_calls": [call]}


class CutStream(Response):
    """An ASGI reply that stops in the middle: the connection closes without the final chunk."""

    def __init__(self, parts: list[str], headers: dict[str, str]) -> None:
        super().__init__(headers=headers, media_type="text/event-stream")
        del self.headers["content-length"]
        self._parts = parts[: max(2, len(parts) // 2)]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI's signature
        """Send half of the events and return without ending the body; the server then drops the connection."""
        await send({"type": "http.response.start", "status": 200, "headers": self.raw_headers})
        for part in self._parts:
            await send({"type": "http.response.body", "body": part.encode(), "more_body": True})
