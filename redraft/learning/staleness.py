"""Which answers quote a passage that has changed since: what was said of them says less of the docs as they are now.

Derived whenever it is needed, never stored: the docs may change back.
"""

from __future__ import annotations

from collections.abc import Iterable

from redraft.learning.history import History
from redraft.records import Chunk


def stale_answers(history: History, chunks: Iterable[Chunk]) -> frozenset[str]:
    """Return the ids of rated answers that quote a passage which is not in the docs any more.

    A chunk's id is its content, so a chunk that is still there is unchanged. Where it is gone, the quoted words may
    have moved to another chunk: then the answer is as good as before. An answer that quotes nothing is never stale.

    Args:
        history: The rated answers with their extracts.
        chunks: Of the present index.
    """
    present = {chunk.id: chunk.text for chunk in chunks}
    gone: dict[str, set[str]] = {}  # quoted text -> answers
    for answer_id in {answer.id for _, answer in history.rated()}:
        for extract in history.answers[answer_id].extracts:
            if extract.chunk_id not in present:
                gone.setdefault(_flat(extract.text), set()).add(answer_id)
    if not gone:
        return frozenset()
    everything = "\n".join(_flat(text) for text in present.values())
    return frozenset(answer_id for text, ids in gone.items() if text not in everything for answer_id in ids)


def _flat(text: str) -> str:
    return " ".join(text.split())
