"""Replies that were paid for before: what names a call by its content, and how a reply is written down.

A call is named by everything that decides what comes back: endpoint, model, texts, and the parameters that were wished
for (temperature, seed, schema, tools). No key or password is part of it. Two servers with one model name are two.
"""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from redraft.call_log import CallLog
from redraft.llm.endpoints import Endpoint
from redraft.llm.requests import ChatRequest, options
from redraft.records import content_id

if TYPE_CHECKING:
    import numpy as np
    from langchain_core.messages import AIMessage
    from numpy.typing import NDArray

KEEP_WITHIN_S = 10.0  # longer, and the next call is begun all the same


def chat_key(
    endpoint: Endpoint,
    model: str,
    request: ChatRequest,
    *,
    tools: Sequence[Any] = (),
    further: Sequence[tuple[str, str]] = (),
) -> str:
    """Name a chat call by its content.

    Args:
        endpoint: Its name is part of the name, its key never is.
        model: As the endpoint calls it.
        request: What is asked.
        tools: The parameters that offer tools.
        further: What model and tools said to each other since, as (role, text).

    >>> lab, other = (Endpoint(base_url=f"http://{host}/v1", api_key="k", name=host) for host in ("lab", "other"))
    >>> ask = ChatRequest(kind="answer", system="Be brief.", user="Why?", temperature=0.0)
    >>> chat_key(lab, "m", ask) == chat_key(lab, "m", ask), chat_key(lab, "m", ask) == chat_key(other, "m", ask)
    (True, False)
    """
    wanted = options(request, frozenset())
    texts = json.dumps([request.system, request.user, list(further)])
    return content_id("kr", endpoint.name, model, texts, json.dumps([wanted, list(tools)], sort_keys=True))


def vector_key(identity: str, text: str) -> str:
    """Name the embedding of a text.

    Args:
        identity: Endpoint and model, as `Embedder.identity`.
        text: What is embedded.
    """
    return content_id("kv", identity, json.dumps(text))  # escaped: a lone surrogate cannot be hashed


async def keep(log: CallLog, endpoint: Endpoint, replies: Sequence[tuple[str, str]], *, texts: bool = True) -> None:
    """Keep replies, texts or vectors, before the next call may take this one's slot.

    So the calls that a kill can cost are those that hold a slot. A server that is away delays a call for a few seconds.
    """
    safe = log.keep([(key, reply) for key, reply in replies if endpoint.scrub(reply) == reply], texts=texts)
    if safe is not None:
        await asyncio.wait([asyncio.wrap_future(safe)], timeout=KEEP_WITHIN_S)


def message_text(message: AIMessage, latency_s: float) -> str:
    """Write down what a model replied, and how long that took."""
    kept = {
        "content": message.content,
        "tool_calls": message.tool_calls,
        "invalid_tool_calls": message.invalid_tool_calls,
        "finish_reason": message.response_metadata.get("finish_reason"),
        "usage": message.usage_metadata,
        "latency_s": round(latency_s, 4),
    }
    return json.dumps(kept)


def read_message(text: str) -> tuple[AIMessage, float] | None:
    """Read back what `message_text` wrote; None: something else."""
    from langchain_core.messages import AIMessage

    try:
        kept = json.loads(text)
        message = AIMessage(
            content=kept["content"],
            tool_calls=kept["tool_calls"],
            invalid_tool_calls=kept["invalid_tool_calls"],
            response_metadata={"finish_reason": kept["finish_reason"]},
            usage_metadata=kept["usage"],
        )
        return message, float(kept["latency_s"])
    except (ValueError, TypeError, KeyError):
        return None


def vector_text(row: NDArray[np.float32]) -> str:
    """Write down a vector, without losing a digit."""
    import numpy as np

    return base64.b64encode(np.asarray(row, dtype="<f4").tobytes()).decode()


def read_vector(text: str) -> NDArray[np.float32]:
    """Read back what `vector_text` wrote.

    >>> import numpy as np
    >>> read_vector(vector_text(np.array([0.1, -2.0], dtype=np.float32))).tolist()
    [0.10000000149011612, -2.0]
    """
    import numpy as np

    return np.frombuffer(base64.b64decode(text), dtype="<f4").astype(np.float32)
