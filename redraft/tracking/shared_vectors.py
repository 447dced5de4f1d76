"""The texts of an index in shards: who embeds which, and how the vectors come together: as kept replies.

It imports nothing of the learning, so that an edit of that repeats no embedding.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, TypeVar

from redraft.call_log import CallLog
from redraft.tracking.kept_replies import replies_on
from redraft.tracking.server import call
from redraft.tracking.shard import end_with_step, shard_of
from redraft.tracking.shards import Shards
from redraft.tracking.step import Step, log

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from redraft.llm import Embedder

T = TypeVar("T")


class EmbeddedTexts:
    """An embedder that has embedded some texts already.

    Args:
        embedder: Embeds the others.
        rows: Vectors by their texts.
    """

    def __init__(self, embedder: Embedder, rows: Mapping[str, NDArray[np.float32]]) -> None:
        self.identity = embedder.identity
        self._embedder, self._rows = embedder, rows

    def embed(self, texts: Sequence[str], *, progress: str | None = None) -> NDArray[np.float32]:
        """Embed texts: one row a text."""
        import numpy as np

        left = [text for text in dict.fromkeys(texts) if text not in self._rows]
        rows = dict(zip(left, self._embedder.embed(left, progress=progress), strict=True))
        return np.stack([rows[text] if text in rows else self._rows[text] for text in texts])


def embed_in_shards(step: Step, embedder: Embedder, calls: CallLog, texts: Sequence[str]) -> Embedder | EmbeddedTexts:
    """Have texts embedded with the help of other agents; what they did not embed is embedded when it is asked for.

    Args:
        step: The step `build_index`.
        embedder: Embeds.
        calls: The step's call log, which knows how many shards there are; vectors of others come as kept replies.
        texts: Each once.
    """
    count = calls.shares
    if count == 1 or len(texts) < count:
        calls.join([])
        return embedder
    rows: dict[str, NDArray[np.float32]] = {}
    with Shards(step, calls, count) as shards:
        for number in shards.own():
            own = slice_of(texts, number, count)
            rows |= dict(zip(own, embedder.embed(own), strict=True))
        calls.add_earlier(replies_on(call("tasks.get_by_id", task=shard)["task"] for shard in shards.completed))
    return EmbeddedTexts(embedder, rows)


def embed_share(step: Step, embedder: Embedder, calls: CallLog, texts: Sequence[str]) -> int:
    """Be a shard: embed this one's part of the texts; the vectors are the replies that it keeps.

    Raises:
        RunError: Nobody waits for them any more.
        ModelError: The endpoint failed.
    """
    number, count = shard_of(step)
    over = end_with_step(step, calls)
    own = slice_of(texts, number, count)
    embedder.embed(own)
    over()
    log.info("%d texts embedded", len(own))
    return 0


def slice_of(texts: Sequence[T], number: int, count: int) -> Sequence[T]:
    """The part of shard `number`, from 1, in one piece.

    >>> [slice_of("abcde", number, 2) for number in (1, 2)]
    ['abc', 'de']
    """
    size = math.ceil(len(texts) / count)
    return texts[(number - 1) * size : number * size]
