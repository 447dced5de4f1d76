"""The embedding model of this machine, for steps that need no other: they import nothing of the learning."""

from __future__ import annotations

import os

from redraft.call_log import CallLog
from redraft.llm import Embedder, embedding_endpoint
from redraft.settings import AnswerSettings, IndexSettings


def make_embedder(
    model: str, answer: AnswerSettings, step: str, calls: CallLog, index: IndexSettings | None = None
) -> Embedder:
    """The embedding model of this machine's endpoint; `index` when many texts are embedded."""
    return Embedder(
        embedding_endpoint(os.environ),
        model,
        batch_size=index.batch_size if index else 128,
        max_concurrency=index.max_concurrency if index else 4,
        timeout_s=answer.timeout_s,
        max_retries=answer.max_retries,
        step=step,
        log=calls,
    )
