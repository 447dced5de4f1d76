"""Chat models: one call or many at once, each recorded in the call log, none of them losing the others.

A call is a LangChain chain (`redraft.llm.chains`), run by asyncio with a bounded number in flight.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from redraft.call_log import CallLog
from redraft.llm.endpoints import Endpoint
from redraft.llm.kept import chat_key, keep, message_text, read_message
from redraft.llm.prices import cost_usd
from redraft.llm.progress import progress_bar
from redraft.llm.requests import DECLINED, EMPTY, NOT_JSON, ChatReply, ChatRequest, blamed, options
from redraft.llm.structured import clean, in_words, read_json, without_thinking
from redraft.llm.tools import Exchange, calls_text
from redraft.records import LlmCall
from redraft.settings import AnswerSettings

if TYPE_CHECKING:
    from langchain_core.messages import AIMessage

    from redraft.llm.chains import Chains

T = TypeVar("T")


Ask = Callable[[ChatRequest], Awaitable[ChatReply]]
"""Make one call when a slot is free; never raises for a failed call."""


class ChatModel:
    """One model at one endpoint. Holds no connection between calls."""

    def __init__(self, endpoint: Endpoint, model: str, *, settings: AnswerSettings, step: str, log: CallLog) -> None:
        self.endpoint = endpoint
        self.model = model
        self.settings = settings
        self._step = step
        self._log = log
        self._refused: frozenset[str] = frozenset()  # optional parameters that the endpoint is known to refuse

    def ask(self, request: ChatRequest) -> ChatReply:
        """Make one call."""
        return self.ask_many([request])[0]

    def ask_many(self, requests: Sequence[ChatRequest], *, progress: str | None = None) -> list[ChatReply]:
        """Make many calls, at most `settings.max_concurrency` in flight.

        Args:
            requests: What to ask.
            progress: Title of a progress bar on stderr; None: no bar.

        Returns:
            The replies in the order of the requests; a failed call is a reply with `error` set.
        """
        if not requests:
            return []

        async def all_of_them(ask: Ask) -> list[ChatReply]:
            with progress_bar(progress, len(requests)) as bar:

                async def ask_one(request: ChatRequest) -> ChatReply:
                    reply = await ask(request)
                    bar.update()
                    return reply

                return list(await asyncio.gather(*map(ask_one, requests)))

        return self.run(all_of_them)

    def run(self, flow: Callable[[Ask], Awaitable[T]]) -> T:
        """Run a flow of dependent calls that share one pool of `settings.max_concurrency` slots; of a shard, its part.

        A free slot goes to whoever has waited longest. That keeps the slots full to the end: serving second-stage
        calls first would leave the last questions' calls to run alone.
        """
        from redraft.llm.chains import Chains
        from redraft.llm.transport import Gate, HttpClient, run

        async def main() -> T:
            in_flight = max(1, self.settings.max_concurrency // self._log.shares)
            async with HttpClient(timeout_s=self.settings.timeout_s, in_flight=in_flight) as http:
                chains = Chains(self.endpoint, self.model, http, max_retries=self.settings.max_retries)
                slots, gate = asyncio.Semaphore(in_flight), Gate()

                async def ask(request: ChatRequest) -> ChatReply:
                    async with slots, gate.passed() as on_first:
                        return await self._ask(chains, request, on_first)

                return await flow(ask)

        return run(main())

    async def _ask(self, chains: Chains, request: ChatRequest, on_first: Callable[[], None]) -> ChatReply:
        """Make a call, and another with what its tools came to as long as the model uses one."""
        exchange = Exchange(request.tools)
        while exchange.go_on(*await self._turn(chains, request, exchange, on_first)):
            pass
        return exchange.total()

    async def _turn(
        self, chains: Chains, request: ChatRequest, exchange: Exchange, on_first: Callable[[], None]
    ) -> tuple[AIMessage | None, ChatReply]:
        from redraft.llm.failures import CALL_ERRORS, one_line, refuses_tools
        from redraft.llm.transport import count_attempts

        key, kept = self._kept(request, exchange)
        if kept is not None:
            return kept
        refusal = self._log.refusal()
        if refusal is not None:  # nothing was called, so nothing is recorded
            return None, ChatReply(text=None, error=refusal)
        await asyncio.sleep(self._log.wait_s())
        attempts, created, started = count_attempts(on_first), time.time(), time.perf_counter()
        message = None
        try:
            message = await self._call(chains, request, exchange)
            reply = self._read(message, request)
        except CALL_ERRORS as error:
            said = one_line(error, self.endpoint, timeout_s=self.settings.timeout_s)
            if request.tools and refuses_tools(error):
                said = f"{said}; {self.model} takes no tools there: use another model, or set answer.calculator = false"
            reply = ChatReply(text=None, error=said)
        reply = replace(reply, latency_s=time.perf_counter() - started, retries=attempts.retries)
        self._record(request, exchange, message, reply, created)
        if message is not None and reply.error is None:
            await keep(self._log, self.endpoint, [(key, message_text(message, reply.latency_s))])
        return message, reply

    def _kept(self, request: ChatRequest, exchange: Exchange) -> tuple[str, tuple[AIMessage, ChatReply] | None]:
        """The call's name, and the reply to it that was paid for before."""
        if not self._log.keeps:
            return "", None
        tools = [exchange.options] if exchange.options else []
        key = chat_key(self.endpoint, self.model, request, tools=tools, further=exchange.said)
        found = read_message(self._log.kept(key) or "")
        if found is None:
            return key, None
        message, latency_s = found
        reply = replace(self._read(message, request), latency_s=latency_s)
        self._record(request, exchange, message, reply, time.time(), kept=True)
        return key, (message, reply)

    async def _call(self, chains: Chains, request: ChatRequest, exchange: Exchange) -> AIMessage:
        """Make the call, once more without each optional parameter that the endpoint turns out to refuse."""
        import openai

        left_out = self._refused
        while True:
            sent = options(request, left_out)
            system = request.system
            if request.schema is not None and "response_format" not in sent:
                system = f"{system}\n\n{in_words(request.schema)}"
            try:
                message = await chains.invoke(
                    clean(system), clean(request.user), sent | exchange.options, exchange.messages
                )
            except (openai.BadRequestError, openai.UnprocessableEntityError) as error:
                refused = blamed(str(error), error.code, sent)
                if refused is None:
                    raise
                left_out |= {refused}
            else:
                self._refused |= left_out  # remembered only now that leaving it out has helped
                return message

    def _read(self, message: AIMessage, request: ChatRequest) -> ChatReply:
        """Read a LangChain message."""
        text = clean(without_thinking(message.text)).strip()
        usage = message.usage_metadata
        tokens_in, tokens_out = (usage["input_tokens"], usage["output_tokens"]) if usage else (0, 0)
        parsed = read_json(text, request.schema) if request.schema is not None else None
        error = None
        if message.additional_kwargs.get("refusal"):
            error = DECLINED
        elif request.tools and (message.tool_calls or message.invalid_tool_calls):
            error = None  # it goes on once it has their results
        elif not text:
            error = f"{EMPTY} (finish reason: {message.response_metadata.get('finish_reason')})"
        elif request.schema is not None and parsed is None:
            error = NOT_JSON
        return ChatReply(
            text=text or None,
            parsed=parsed,
            tokens_in=tokens_in,
            tokens_out=tokens_out,
            cost_usd=cost_usd(self.model, tokens_in, tokens_out) if usage else None,
            error=error,
        )

    def _record(
        self,
        request: ChatRequest,
        exchange: Exchange,
        message: AIMessage | None,
        reply: ChatReply,
        created: float,
        *,
        kept: bool = False,
    ) -> None:
        scrub = self.endpoint.scrub
        messages = (("system", clean(request.system)), ("user", clean(request.user)), *exchange.said)
        said = reply.text or (calls_text(message) if message is not None and request.tools else None) or None
        self._log.add(
            LlmCall(
                step=self._step,
                kind=request.kind,
                model=self.model,
                messages=tuple((role, scrub(text)) for role, text in messages),
                reply=scrub(said) if said is not None else None,
                question_id=request.question_id,
                variant_id=request.variant_id,
                tokens_in=0 if kept else reply.tokens_in,
                tokens_out=0 if kept else reply.tokens_out,
                cost_usd=0.0 if kept else reply.cost_usd,
                latency_s=0.0 if kept else reply.latency_s,
                retries=reply.retries,
                error=reply.error,
                created=created,
                kept=kept,
            )
        )
