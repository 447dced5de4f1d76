"""Whether the models can be used, found out by using them: before a run starts, not an hour into it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from redraft.errors import ModelError, ModelRefused
from redraft.llm.endpoints import Endpoint, chat_endpoint, embedding_endpoint

TIMEOUT_S = 60.0  # a self-hosted endpoint may have to load the model first
_MOST_NAMES = 8  # models that a message lists


def check_models(environ: Mapping[str, str], *, chat_models: Sequence[str], embedding_model: str | None) -> None:
    """Ask each model for a word, and the embedding model for one vector.

    Args:
        environ: Where addresses and keys come from.
        chat_models: Names; the same name twice is asked once.
        embedding_model: None: no embeddings are needed.

    Raises:
        ModelUnavailable: An endpoint cannot be reached, or keeps failing.
        ModelRefused: It refuses the key, or has no such model.
        ModelReplyError: Something else than a model endpoint answers at the address.
    """
    from redraft.llm import transport

    uses: list[tuple[Endpoint, str, bool]] = [
        (chat_endpoint(environ), name, True) for name in dict.fromkeys(chat_models)
    ]
    if embedding_model is not None:
        uses.append((embedding_endpoint(environ), embedding_model, False))
    problem = transport.run(_first_problem(uses))
    if problem is not None:  # raised here, not where it was caught: nothing is chained to it
        raise problem


async def _first_problem(uses: Sequence[tuple[Endpoint, str, bool]]) -> ModelError | None:
    for endpoint, model, is_chat in uses:
        problem = await _problem(endpoint, model, is_chat=is_chat)
        if problem is not None:
            return problem
    return None


async def _problem(endpoint: Endpoint, model: str, *, is_chat: bool) -> ModelError | None:
    import openai

    from redraft.llm import failures, transport

    async with transport.HttpClient(timeout_s=TIMEOUT_S, in_flight=1) as http:
        client = transport.openai_client(endpoint, http, max_retries=1)
        try:
            if is_chat:
                await _one_word(client, model)
            else:
                await _one_vector(client, model)
        except openai.NotFoundError as error:
            names = await _model_names(client)
            known = failures.to_error(error, endpoint, model, timeout_s=TIMEOUT_S)
            if not names or model in names:
                return known
            return ModelRefused(f"{known.message}; it has: {', '.join(names)}", remedy="name one of these")
        except failures.CALL_ERRORS as error:
            return failures.to_error(error, endpoint, model, timeout_s=TIMEOUT_S)
    return None


async def _one_word(client: Any, model: str) -> None:
    reply = await client.chat.completions.create(
        model=model, messages=[{"role": "user", "content": "Reply with the word OK."}]
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
