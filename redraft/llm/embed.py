"""Embeddings: texts to vectors, batches in flight, each batch one line of the call log."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from redraft.call_log import CallLog
from redraft.errors import BudgetSpent, ModelReplyError
from redraft.llm.endpoints import Endpoint
from redraft.llm.kept import keep, read_vector, vector_key, vector_text
from redraft.llm.prices import cost_usd
from redraft.llm.progress import progress_bar
from redraft.records import LlmCall

if TYPE_CHECKING:
    import numpy as np
    import openai
    from numpy.typing import NDArray


class Embedder:
    """One embedding model at one endpoint."""

    def __init__(  # noqa: PLR0913 - two of its settings come from the index's section, two from the answers'
        self,
        endpoint: Endpoint,
        model: str,
        *,
        batch_size: int,
        max_concurrency: int,
        timeout_s: float,
        max_retries: int,
        step: str,
        log: CallLog,
    ) -> None:
        self.endpoint = endpoint
        self.model = model
        self.identity = f"{endpoint.name} {model}"
        self._batch_size = batch_size
        self._max_concurrency = max_concurrency
        self._timeout_s = timeout_s
        self._max_retries = max_retries
        self._step = step
        self._log = log

    def embed(self, texts: Sequence[str], *, progress: str | None = None) -> NDArray[np.float32]:
        """Embed texts.

        Args:
            texts: Any number; an empty text is sent as a space, which endpoints accept.
            progress: Title of a progress bar on stderr; None: no bar.

        Returns:
            One row a text, in order.

        Raises:
            ModelUnavailable: The endpoint cannot be reached, or keeps failing.
            ModelRefused: It refuses the key or the model.
            ModelReplyError: It sent something else than one vector a text.
            BudgetSpent: The budget allows no further call.
        """
        import numpy as np

        from redraft.llm import transport

        if not texts:
            return np.zeros((0, 0), dtype=np.float32)
        rows = self._kept(texts)
        missing = [number for number in range(len(texts)) if number not in rows]
        groups = [missing[at : at + self._batch_size] for at in range(0, len(missing), self._batch_size)]
        if groups:
            outcome = transport.run(self._embed_all([[texts[n] for n in group] for group in groups], progress))
            if isinstance(outcome, BaseException):  # raised here, not where it was caught: nothing is chained to it
                raise outcome
            for group, found in zip(groups, outcome, strict=True):
                rows |= dict(zip(group, found, strict=True))
        widths = {len(row) for row in rows.values()}
        if len(widths) > 1:
            raise ModelReplyError(f"{self.identity}: vectors of different lengths: {sorted(widths)}")
        return np.stack([rows[number] for number in range(len(texts))])

    def _kept(self, texts: Sequence[str]) -> dict[int, NDArray[np.float32]]:
        """Vectors that were paid for before, by the place of their text."""
        if not self._log.keeps:
            return {}
        found = ((number, self._log.kept(vector_key(self.identity, text))) for number, text in enumerate(texts))
        rows = {number: read_vector(row) for number, row in found if row is not None}
        if rows:
            self._log.add(
                LlmCall(
                    step=self._step,
                    kind="embed",
                    model=self.model,
                    messages=(),
                    reply=None,
                    cost_usd=0.0,
                    created=time.time(),
                    kept=True,
                )
            )
        return rows

    async def _embed_all(
        self, batches: Sequence[list[str]], progress: str | None
    ) -> list[NDArray[np.float32]] | BaseException:
        from redraft.llm import failures, transport

        in_flight = max(1, self._max_concurrency // self._log.shares)
        slots = asyncio.Semaphore(in_flight)
        http = transport.HttpClient(timeout_s=self._timeout_s, in_flight=in_flight)
        async with http:
            client = transport.openai_client(self.endpoint, http, max_retries=self._max_retries)
            with progress_bar(progress, sum(map(len, batches))) as bar:

                async def one(batch: list[str]) -> NDArray[np.float32]:
                    async with slots:
                        rows = await self._embed_batch(client, batch)
                    bar.update(len(batch))
                    return rows

                tasks = [asyncio.ensure_future(one(batch)) for batch in batches]
                try:
                    return list(await asyncio.gather(*tasks))
                except (ModelReplyError, BudgetSpent) as error:
                    return error
                except failures.CALL_ERRORS as error:
                    return failures.to_error(error, self.endpoint, self.model, timeout_s=self._timeout_s)
                finally:  # the first failure ends the rest: without all vectors there is no index
                    for task in tasks:
                        task.cancel()
                    await asyncio.gather(*tasks, return_exceptions=True)

    async def _embed_batch(self, client: openai.AsyncOpenAI, batch: list[str]) -> NDArray[np.float32]:
        from redraft.llm import failures
        from redraft.llm.transport import count_attempts

        refusal = self._log.refusal()
        if refusal is not None:
            raise BudgetSpent(refusal)
        await asyncio.sleep(self._log.wait_s())
        attempts, created, started = count_attempts(), time.time(), time.perf_counter()
        tokens, problem = 0, None
        try:
            reply = await client.embeddings.create(
                model=self.model, input=[text if text.strip() else " " for text in batch]
            )
            tokens = reply.usage.prompt_tokens if reply.usage else 0
            rows = self._rows(reply, len(batch))
        except ModelReplyError as error:
            problem = error.message
            raise
        except failures.CALL_ERRORS as error:
            problem = failures.one_line(error, self.endpoint, timeout_s=self._timeout_s)
            raise
        finally:
            self._log.add(
                LlmCall(
                    step=self._step,
                    kind="embed",
                    model=self.model,
                    messages=(),  # the texts are in the chunks; vectors are no text
                    reply=None,
                    tokens_in=tokens,
                    cost_usd=cost_usd(self.model, tokens, 0) if problem is None else None,
                    latency_s=time.perf_counter() - started,
                    retries=attempts.retries,
                    error=problem,
                    created=created,
                )
            )
        if self._log.keeps:
            named = zip(batch, rows, strict=True)
            kept = [(vector_key(self.identity, text), vector_text(row)) for text, row in named]
            await keep(self._log, self.endpoint, kept, texts=False)
        return rows

    def _rows(self, reply: Any, expected: int) -> NDArray[np.float32]:
        import numpy as np

        rows = sorted(reply.data, key=lambda row: row.index)
        if [row.index for row in rows] != list(range(expected)):
            raise ModelReplyError(f"{self.identity}: {len(rows)} vectors for {expected} texts")
        matrix = np.asarray([row.embedding for row in rows], dtype=np.float32)
        if matrix.ndim != 2 or matrix.shape[1] == 0 or not np.isfinite(matrix).all():
            raise ModelReplyError(f"{self.identity}: vectors that hold something else than numbers")
        return matrix
