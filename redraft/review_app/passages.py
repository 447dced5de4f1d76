"""The passages that an answer was made from, with the parts that it quotes on a background."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from redraft.records import Answer, Chunk
from redraft.review_app.safe_text import quoted
from redraft.review_app.sources import corpus_link, show_source
from redraft.review_app.visit import Visit


def show_passages(visit: Visit, answer: Answer, passages: Sequence[Chunk], *, key: str = "") -> None:
    """Draw the quoted passages open and the others folded; each opens its document.

    Args:
        visit: Who looks.
        answer: The answer.
        passages: What it was made from, best first: an answer that cites [2] means the second.
        key: Makes widgets unique where a page shows an answer twice.
    """
    if not passages:
        st.caption("Nothing was found in the documents for this question.")
        return
    numbered = list(enumerate(passages, start=1))
    from_which = {extract.chunk_id for extract in answer.extracts}
    first = [(number, passage) for number, passage in numbered if passage.id in from_which]
    others = [(number, passage) for number, passage in numbered if passage.id not in from_which]
    for number, passage in first:
        _draw(visit, answer, passage, number, key)
    if others:
        with st.expander(_heading(len(first), len(others))):
            for number, passage in others:
                _draw(visit, answer, passage, number, key)


def _draw(visit: Visit, answer: Answer, passage: Chunk, number: int, key: str) -> None:
    quotes = [extract.text for extract in answer.extracts if extract.chunk_id == passage.id]
    with st.container(border=True, gap="xsmall"):
        show_source(visit, answer, [passage], key=f"{key}-passage-{answer.id}-{number}", number=number)
        st.markdown(quoted(passage.text, quotes, link=corpus_link(visit, answer)))


def _heading(quoted: int, others: int) -> str:
    passages = f"passage{'' if others == 1 else 's'}"
    if quoted:
        return f"{others} more {passages} that it was given and does not quote"
    return f"{others} {passages} that it was given; no part was copied out word for word"
