"""Whether the models can be used, found out by using them: before a run starts, not an hour into it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any

from redraft.errors import ModelError, ModelRefused
from redraft.llm.endpoints import Endpoint, chat_endpoint, embedding_endpoint
from redraft.llm.requests import Tool
from redraft.llm.tools import described

TIMEOUT_S = 60.0  # a self-hosted endpoint may have to load the model first
_MOST_NAMES = 8  # models that a message lists

_Use = tuple[Endpoint, str, Sequence[Tool] | None]
"""Where a model is, its name, and what a chat model will be offered; None: it is the embedding model."""


def check_models(
    environ: Mapping[str, str],
    *,
    chat_models: Sequence[str],
    embedding_model: str | None,
    tools: Mapping[str, Sequence[Tool]] = MappingProxyType({}),
) -> None:
    """Ask each model for a word, and the embedding model for one vector.

    Args:
        environ: Where addresses and keys come from.
        chat_models: Names; the same name twice is asked once.
        embedding_model: None: no embeddings are needed.
        tools: What a chat model will be offered, by its name.

    Raises:
        ModelUnavailable: An endpoint cannot be reached, or keeps failing.
        ModelRefused: It refuses the key, has no such model, or the model takes no tools.
        ModelReplyError: Something else than a model endpoint answers at the address.
    """
    from redraft.llm import transport

    uses: list[_Use] = [(chat_endpoint(environ), name, tools.get(name, ())) for name in dict.fromkeys(chat_models)]
    if embedding_model is not None:
        uses.append((embedding_endpoint(environ), embedding_model, None))
    problem = transport.run(_first_problem(uses))
    if problem is not None:  # raised here, not where it was caught: nothing is chained to it
        raise problem


async def _first_problem(uses: Sequence[_Use]) -> ModelError | None:
    for endpoint, model, tools in uses:
        problem = await _problem(endpoint, model, tools)
        if problem is not None:
            return problem
    return None


async def _problem(endpoint: Endpoint, model: str, tools: Sequence[Tool] | None) -> ModelError | None:
    from redraft.llm import failures, transport

    async with transport.HttpClient(timeout_s=TIMEOUT_S, in_flight=1) as http:
        client = transport.openai_client(endpoint, http, max_retries=1)
        try:
            if tools is None:
                await _one_vector(client, model)
            else:
                await _one_word(client, model, tools)
        except failures.CALL_ERRORS as error:
            return await _described(error, client, endpoint, model, offered=bool(tools))
    return None


async def _described(error: BaseException, client: Any, endpoint: Endpoint, model: str, *, offered: bool) -> ModelError:
    import openai

    from redraft.llm import failures

    if offered and failures.refuses_tools(error):
        said = failures.one_line(error, endpoint, timeout_s=TIMEOUT_S)
        return ModelRefused(
            f"{model} at {endpoint.address} takes no tools ({said})",
            remedy="use another model, or set answer.calculator = false",
        )
    known = failures.to_error(error, endpoint, model, timeout_s=TIMEOUT_S)
    names = await _model_names(client) if isinstance(error, openai.NotFoundError) else []
    if not names or model in names:
        return known
    return ModelRefused(f"{known.message}; it has: {', '.join(names)}", remedy="name one of these")


async def _one_word(client: Any, model: str, tools: Sequence[Tool]) -> None:
    offered = {"tools": [described(tool) for tool in tools]} if tools else {}
    reply = await client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": "Reply with the word OK."}], **offered
    )
    if not reply.choices:
        raise ValueError("a chat completion without choices")


async def _one_vector(client: Any, model: str) -> None:
    reply = await client.embeddings.create(model=model, input=["OK"])
    if not reply.data[0].embedding:
        raise ValueError("an empty vector")


async def _model_names(client: Any) -> list[str]:
    """Return what the endpoint lists; nothing if it lists nothing."""
    from redraft.llm import failures

    try:
        names = sorted(model.id for model in (await client.models.list()).data)
    except failures.CALL_ERRORS:
        return []
    return [*names[:_MOST_NAMES], "..."] if len(names) > _MOST_NAMES else names
