"""A document's text as its index has it, opened where an answer cites it: what the dialog shows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import streamlit as st

from redraft.corpus.chunking import SEPARATOR
from redraft.records import Chunk
from redraft.review_app.markdown_writer import ResolveLink
from redraft.review_app.safe_text import markdown, plain, quoted
from redraft.tracking.indexes import IndexedDocs

NEAR = 30  # parts of a document that are shown before and after what is cited


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a document is opened."""

    path: str  # of the document
    cited: tuple[Chunk, ...]  # passages of it, the first of which comes first
    quotes: tuple[str, ...]  # verbatim parts of them
    address: str | None  # where a person can open it elsewhere


def draw_document(docs: IndexedDocs | str, place: Place, link: ResolveLink) -> None:
    """Draw a document: what is cited on top, what follows below it, what comes before it folded above.

    Args:
        docs: The documents; or why they are not there, and then only the cited passages are drawn.
        place: Where to open it.
        link: Says where links in it lead.
    """
    with st.container(horizontal=True, vertical_alignment="center"):
        st.caption(plain(place.path))
        if place.address is not None:
            st.link_button("Web page", place.address, icon=":material/open_in_new:", type="tertiary")
    if isinstance(docs, str):
        st.warning(f"Only what the answer was given can be shown. {plain(docs)}")
    before, after = around(docs, place)
    if before:
        with st.expander(f"Before it ({_parts(len(before))})"):
            _draw_left_out(len(before) - NEAR)
            _draw(before[-NEAR:], place, link)
    _draw(after[:NEAR], place, link)
    _draw_left_out(len(after) - NEAR)


def around(docs: IndexedDocs | str, place: Place) -> tuple[Sequence[Chunk], Sequence[Chunk]]:
    """Split a document where the first cited passage begins; a document that has none of them, not at all."""
    chunks = () if isinstance(docs, str) else docs.chunks.get(place.path, ())
    starts = [number for number, chunk in enumerate(chunks) if chunk.id == place.cited[0].id]
    return (chunks[: starts[0]], chunks[starts[0] :]) if starts else ((), place.cited)


def _draw(chunks: Sequence[Chunk], place: Place, link: ResolveLink) -> None:
    cited = {chunk.id for chunk in place.cited}
    above = ""
    for chunk in chunks:
        if chunk.heading_path != above:
            st.markdown(f"**{plain(chunk.heading_path.replace(SEPARATOR, ' › '), max_chars=300)}**")
        above = chunk.heading_path
        if chunk.id not in cited:
            st.markdown(markdown(chunk.text, link=link))
            continue
        with st.container(border=True):
            st.caption(":material/format_quote: The answer was given this part")
            st.markdown(quoted(chunk.text, place.quotes, link=link))


def _draw_left_out(count: int) -> None:
    if count > 0:
        st.caption(f"… {_parts(count)} not shown")


def _parts(count: int) -> str:
    return f"{count} part{'' if count == 1 else 's'}"
