"""The LangChain chains under `ChatModel`: `ChatPromptTemplate | ChatOpenAI`, one for each set of options.

The texts are variables of the template: braces in a document mean nothing. Imported only when a call is made.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from langchain_core.messages import AIMessage, BaseMessage
from langchain_core.prompts import ChatPromptTemplate, MessagesPlaceholder
from langchain_core.runnables import Runnable
from langchain_openai import ChatOpenAI
from pydantic import SecretStr

from redraft.llm.endpoints import Endpoint
from redraft.llm.transport import NO_KEY, HttpClient


class Chains:
    """Chains of one model that share one HTTP client.

    A chain is kept: making the template anew for each call costs LangChain 2 ms of serialising it.
    """

    def __init__(self, endpoint: Endpoint, model: str, http: HttpClient, *, max_retries: int) -> None:
        self._template = ChatPromptTemplate.from_messages(
            [("system", "{system}"), ("human", "{user}"), MessagesPlaceholder("further")]
        )
        self._model = ChatOpenAI(
            model=model,
            base_url=endpoint.base_url,
            api_key=SecretStr(endpoint.api_key or NO_KEY),
            http_async_client=http,
            openai_proxy="",  # OPENAI_PROXY beside a client of our own is an error; HTTPS_PROXY is honoured
            max_retries=max_retries,  # the only retry mechanism: with `.with_retry` on top they would multiply
            use_responses_api=False,  # some model names would switch to it, and only OpenAI has it
        )
        self._kept: dict[str, Runnable[dict[str, Any], AIMessage]] = {}

    async def invoke(
        self, system: str, user: str, options: Mapping[str, Any], further: Sequence[BaseMessage] = ()
    ) -> AIMessage:
        """Make one call; `further` messages follow the user's."""
        key = json.dumps(options, sort_keys=True)
        if key not in self._kept:
            self._kept[key] = self._template | self._model.bind(**options)
        return await self._kept[key].ainvoke({"system": system, "user": user, "further": list(further)})
